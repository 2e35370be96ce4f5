import { ScmpError } from '../errors.js';
import { nameOf } from '../profile/document/select-document.js';
import { SourceText } from '../profile/document/source-text.js';
import { listProfiles } from '../profile/formats/list-profiles.js';
import { type EditorFormat, isOperators } from './editor-format.js';
import type { Span } from './profile-view.js';

/** Another text that a profile names: a base, or a part of it. */
export interface FileReference extends Span {
  /** As it is written, without quotes. */
  readonly target: string;
  /** `name`: of another object's metadata (baseProfileName). */
  readonly kind: 'extends' | 'include' | 'name';
}

const VALUE = /(?:"([^"\n]*)"|'([^'\n]*)'|([^\s,}#"']+))/.source;
const KEYS = new RegExp(`(?<=^|[{,\\s])"?(extends|baseProfileName)"?[ \\t]*:[ \\t]*${VALUE}`, 'gm');
const BY_SYNTAX: Readonly<Partial<Record<EditorFormat['syntax'], RegExp>>> = {
  list: new RegExp(`^[ \\t]*(extends)[ \\t]+${VALUE}`, 'gm'),
  'minijail-py': /^[ \t]*@(include|frequency)[ \t]+()()(\S+)/gm,
  minijail: /^[ \t]*@(include|frequency)[ \t]+()()(\S+)/gm,
  kafel: /^[ \t]*#(include)[ \t]+"([^"\n]+)"/gm,
  nsjail: /\b(seccomp_policy_file)[ \t]*:[ \t]*"([^"\n]+)"/gm,
  firejail: /^[ \t]*(include)[ \t]+()()(\S+)/gm,
};

/** The other texts that a text names, also where it does not parse. */
export function fileReferences(text: string, { syntax, format }: EditorFormat): FileReference[] {
  const pattern = syntax === 'json' || syntax === 'yaml' ? KEYS : BY_SYNTAX[syntax];
  if (!pattern) return [];
  return [...text.matchAll(pattern)].flatMap((found): FileReference[] => {
    const target = found[2] || found[3] || found[4] || '';
    if (target === '') return [];
    const from = found.index + found[0].lastIndexOf(target);
    const isName = found[1] === 'baseProfileName' || (found[1] === 'extends' && isOperators({ format }));
    const kind = isName ? 'name' : found[1] === 'extends' ? 'extends' : 'include';
    return [{ target, from, to: from + target.length, kind }];
  });
}

/** The name that a SeccompProfile gives itself, which others extend it by. */
export interface ObjectName extends Span {
  readonly name: string;
}

/** Where the SeccompProfiles of a text give themselves a name; none where the text cannot be parsed. */
export function objectNames(text: string): ObjectName[] {
  if (!text.includes('SeccompProfile')) return [];
  try {
    return listProfiles(SourceText.decode(text, undefined), {}).profiles.flatMap(({ document }) => {
      const name = document && isOperators(document) ? nameOf(document.parsed) : undefined;
      const at = name === undefined ? undefined : document?.parsed.positionOf(['metadata', 'name']);
      if (name === undefined || !at) return [];
      const from = at.offset + (/["']/.test(text[at.offset] ?? '') ? 1 : 0);
      return text.startsWith(name, from) ? [{ name, from, to: from + name.length }] : [];
    });
  } catch (error) {
    if (error instanceof ScmpError) return [];
    throw error;
  }
}

/** A name that a text defines and uses itself: a policy or a constant of kafel. */
export interface LocalName extends Span {
  readonly name: string;
  readonly isDefinition: boolean;
}

/** All places of the name at an offset, the definition first; none where the word is no such name. */
export function localNames(text: string, { syntax }: EditorFormat, offset: number): LocalName[] {
  if (syntax !== 'kafel' && syntax !== 'nsjail') return [];
  const words = kafelWords(text);
  const at = words.find(({ from, to }) => from <= offset && offset <= to);
  if (!at) return [];
  const alike = words.filter(({ name }) => name === at.name);
  return alike.some(({ isDefinition }) => isDefinition)
    ? alike.sort((a, b) => Number(b.isDefinition) - Number(a.isDefinition))
    : [];
}

/** The words of a policy that are in no comment. */
function kafelWords(text: string): LocalName[] {
  const words: LocalName[] = [];
  let before = '';
  for (const { 0: word, index } of text.matchAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|[A-Za-z_]\w*/g)) {
    if (word.startsWith('/')) continue;
    const isDefinition =
      before === 'POLICY' || (before === 'define' && /#\s*define\s+$/.test(text.slice(Math.max(0, index - 32), index)));
    words.push({ name: word, from: index, to: index + word.length, isDefinition });
    before = word;
  }
  return words;
}
