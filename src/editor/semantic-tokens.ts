import { findArchitecture } from '../architecture.js';
import { isErrnoName } from '../errno.js';
import type { LinesFormatName } from '../profile/formats/index.js';
import { constantValue } from '../syscalls/constants.js';
import type { EditorFormat } from './editor-format.js';
import { ACTION_WORDS_OF } from './format-words.js';
import type { Span } from './profile-view.js';
import { CALL_NAMES } from './vocabulary.js';

/** What a token is, by LSP's names of token types. */
export const TOKEN_TYPES = [
  'comment',
  'string',
  'number',
  'keyword',
  'function',
  'enumMember',
  'macro',
  'type',
  'parameter',
  'operator',
  'namespace',
  'property',
] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

export interface SemanticToken extends Span {
  readonly type: TokenType;
}

const KEYWORDS: Readonly<Record<LinesFormatName, readonly string[]>> = {
  systemd: [],
  nspawn: [],
  list: [
    'default',
    'when',
    'arch',
    'flags',
    'extends',
    'remove',
    'enosys-newer-than',
    'listener',
    'listener-metadata',
    'cap',
    'kernel',
    'not',
  ],
  minijail: ['return', 'in', 'default'],
  'minijail-py': ['return', 'in', 'default'],
  kafel: ['POLICY', 'USE', 'DEFAULT', 'SYSCALL', 'ON', 'define', 'include'],
  nsjail: ['POLICY', 'USE', 'DEFAULT', 'SYSCALL', 'ON', 'define', 'include'],
  lxc: ['allowlist', 'denylist', 'whitelist', 'blacklist', 'reject_force_umount'],
  snapd: [],
  firejail: [
    'include',
    'ignore',
    'protocol',
    'restrict-namespaces',
    'memory-deny-write-execute',
    'seccomp-error-action',
  ],
};

const ACTIONS: Readonly<Partial<Record<LinesFormatName, Readonly<Record<string, string>>>>> = {
  ...ACTION_WORDS_OF,
  'minijail-py': ACTION_WORDS_OF.minijail,
  nsjail: ACTION_WORDS_OF.kafel,
};

/** Comments, strings, names and signs, in the order in which they are tried. */
const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/|#[^\n]*)|(?<section>^\[[\w-]+\])|(?<string>"(?:[^"\\\n]|\\.)*")|(?<group>@[\w-]+)|(?<number>(?<![\w-])-?(?:0[xX][\da-fA-F]+|\d+)\b)|(?<word>[A-Za-z_][\w]*(?:[-.][A-Za-z0-9_]+)*)|(?<sign>->|==|!=|<=|>=|&&|\|\||[<>&|~!=])/gm;

/** The words of a text of lines, by what they are. JSON and YAML are left to the editor's own highlighting. */
export function semanticTokens(text: string, { syntax }: EditorFormat): SemanticToken[] {
  if (syntax === 'json' || syntax === 'yaml') return [];
  const tokens: SemanticToken[] = [];
  const isKafel = syntax === 'kafel';
  for (const found of text.matchAll(TOKEN)) {
    const groups = found.groups as Record<string, string | undefined>;
    const [from, to] = [found.index, found.index + found[0].length];
    if (groups.comment !== undefined) {
      const directive = /^#(?:define|include)\b/.exec(groups.comment)?.[0];
      if (isKafel && directive) {
        tokens.push({ from, to: from + directive.length, type: 'macro' });
        tokens.push(...inner(text, from + directive.length, to, syntax));
      } else if (isKafel === groups.comment.startsWith('/')) pushLines(tokens, text, { from, to, type: 'comment' });
      continue;
    }
    if (groups.string !== undefined) {
      // The policy in a string of nsjail is words as elsewhere.
      if (syntax === 'nsjail' && /seccomp_string\s*:\s*$/.test(text.slice(Math.max(0, from - 64), from)))
        tokens.push(...inner(text, from + 1, to - 1, syntax));
      else tokens.push({ from, to, type: 'string' });
      continue;
    }
    const type = typeOf(found, text, syntax);
    if (type) tokens.push({ from, to, type });
  }
  return tokens.sort((a, b) => a.from - b.from);
}

/** The words of a part of the text. */
function inner(text: string, from: number, to: number, syntax: LinesFormatName): SemanticToken[] {
  const tokens: SemanticToken[] = [];
  for (const found of text.slice(from, to).matchAll(TOKEN)) {
    const type = typeOf(found, text, syntax, from);
    if (type) tokens.push({ from: from + found.index, to: from + found.index + found[0].length, type });
  }
  return tokens;
}

function typeOf(found: RegExpExecArray, text: string, syntax: LinesFormatName, base = 0): TokenType | undefined {
  const { section, group, number, word, sign } = found.groups as Record<string, string | undefined>;
  if (section !== undefined) return 'namespace';
  if (group !== undefined) return 'macro';
  if (number !== undefined) return 'number';
  if (sign !== undefined) return 'operator';
  if (word === undefined) return undefined;
  const end = base + found.index + word.length;
  const after = text.slice(end, end + 16);
  if ((syntax === 'systemd' || syntax === 'nspawn') && /^\s*=/.test(after)) return 'property';
  if (syntax === 'nsjail' && base === 0 && /^\s*[:{]/.test(after)) return 'property';
  if (KEYWORDS[syntax].includes(word) || (syntax === 'firejail' && /^seccomp[.\w-]*$/.test(word))) return 'keyword';
  const isAction = Object.hasOwn(ACTIONS[syntax] ?? {}, word);
  if (isAction && !(CALL_NAMES.has(word) && isCallPlace(text, base + found.index, after, syntax))) return 'keyword';
  if (CALL_NAMES.has(word)) return 'function';
  if (/^arg\d$/.test(word)) return 'parameter';
  if (/^CAP_/.test(word) || isErrnoName(word) || constantValue(word) !== undefined) return 'enumMember';
  if (findArchitecture(word) && /64|86|arm|mips|ppc|s390|x32/.test(word)) return 'type';
  return undefined;
}

/** Whether `kill` or `trap` is a call there: before what is done with it, at the beginning of a line of a policy. */
function isCallPlace(text: string, from: number, after: string, syntax: LinesFormatName): boolean {
  const before = text.slice(text.lastIndexOf('\n', from - 1) + 1, from);
  if (syntax === 'minijail' || syntax === 'minijail-py' || syntax === 'lxc') return before.trim() === '';
  return syntax === 'list' && (/^\s*(?:->|\()/.test(after) || /,\s*$/.test(before) || /^\s*\w[\w-]*\s+$/.test(before));
}

/** LSP has tokens within a line alone. */
function pushLines(tokens: SemanticToken[], text: string, { from, to, type }: SemanticToken): void {
  for (let at = from; at < to; ) {
    const end = text.indexOf('\n', at);
    const stop = end < 0 || end > to ? to : end;
    if (stop > at) tokens.push({ from: at, to: stop, type });
    at = stop + 1;
  }
}
