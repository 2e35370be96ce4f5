import type { ActionKind } from '../action.js';
import { ARCHITECTURES, type ArchitectureName, findArchitecture } from '../architecture.js';
import { BUILTIN_PREFIX, BUILTIN_PURPOSES, type BuiltinName } from '../profile/builtin/names.js';
import { firejailGroups } from '../profile/formats/firejail/groups.js';
import { systemdGroups } from '../profile/formats/systemd/read.js';
import { CAPABILITIES, CAPABILITY_SETS } from '../profile/model/capability.js';
import { constantValue } from '../syscalls/constants.js';
import { syscallPurpose } from '../syscalls/purposes.js';
import { syscallSignature } from '../syscalls/signature.js';
import { syscallNumber } from '../syscalls/syscall-name.js';
import { keyPurpose } from './complete-keys.js';
import { decodedValues } from './decoded-values.js';
import { ACTION_WORDS_OF } from './format-words.js';
import { locateJson, locateYaml } from './locate-key.js';
import { namePlaces, type ProfileView, type Span, wordAt } from './profile-view.js';
import type { RuleNote } from './rule-notes.js';
import { actionPurpose, CALL_NAMES, sinceText } from './vocabulary.js';

/** What is shown beside a place, in Markdown. */
export interface Hover extends Span {
  readonly markdown: string;
}

/** What is known of a profile's target, for the words about a call. */
export interface HoverTarget {
  readonly architecture: ArchitectureName;
  /** The rules and dropped entries about a call on this target. */
  readonly notes: Readonly<Record<string, readonly RuleNote[]>>;
  /** The filter's decision for a call on each of its architectures, in words; none where there is no filter. */
  readonly decisions: readonly { readonly architecture: ArchitectureName; readonly text: string }[];
}

/** The system call that is named at an offset: what has to be known for its hover. */
export function callAt(view: ProfileView, offset: number): (Span & { name: string }) | undefined {
  const named = namePlaces(view).find(({ from, to }) => from <= offset && offset <= to);
  if (named) return named;
  const found = wordAt(view.text, offset);
  if (!found) return undefined;
  // In `ptrace:EPERM` of a unit the call is a part of the word.
  const part = found.word.split(':')[0] as string;
  const isIn = offset <= found.from + part.length;
  const isCall = isIn && CALL_NAMES.has(part) && !isActionWord(part, view) && !isKey(view, offset);
  return isCall ? { from: found.from, to: found.from + part.length, name: part } : undefined;
}

const isActionWord = (word: string, view: ProfileView): boolean => actionOfWord(word, view) !== undefined;

function isKey({ text, format: { syntax } }: ProfileView, offset: number): boolean {
  if (syntax === 'json') return locateJson(text, offset)?.isKey === true;
  if (syntax === 'yaml') return locateYaml(text, offset)?.hasColon === true;
  return false;
}

/** What there is to say about a place; `targets` are for a system call. */
export function hoverAt(view: ProfileView, offset: number, targets: readonly HoverTarget[]): Hover | undefined {
  const call = callAt(view, offset);
  if (call) return { from: call.from, to: call.to, markdown: callMarkdown(call.name, call.from, targets) };
  const value = decodedValues(view).find(({ from, to }) => from <= offset && offset <= to);
  if (value) return { ...value, markdown: `\`${value.text}\`: ${value.meaning}` };
  const found = wordAt(view.text, offset);
  if (!found) return undefined;
  const markdown = wordMarkdown(found.word, view, offset, targets[0]?.architecture ?? 'x86_64');
  return markdown === undefined ? undefined : { from: found.from, to: found.to, markdown };
}

function callMarkdown(name: string, from: number, targets: readonly HoverTarget[]): string {
  const first = targets[0]?.architecture ?? 'x86_64';
  const parameters = syscallSignature(name, first) ?? syscallSignature(name);
  const signature = parameters?.map((each) => `${each.type} ${each.name}`).join(', ') ?? '…';
  const lines = ['```c', `${name}(${signature})`, '```', `${syscallPurpose(name) ?? 'a system call'}`, ''];
  const names = targets.length > 0 ? targets.map(({ architecture }) => architecture) : (['x86_64', 'aarch64'] as const);
  for (const architecture of names) {
    const number = syscallNumber(name, architecture);
    lines.push(
      number === undefined
        ? `- ${architecture} does not have it`
        : `- ${architecture}: number ${number}, ${sinceText(name, architecture)}`,
    );
  }
  const entry = targets.flatMap(({ architecture, notes }) =>
    (notes[name] ?? [])
      .filter(({ offset }) => offset !== undefined && Math.abs(offset - from) <= 1)
      .map((note) => ({ architecture, note })),
  );
  const said = new Map<string, ArchitectureName[]>();
  for (const { architecture, note } of entry) {
    const text = noteText(note);
    said.set(text, [...(said.get(text) ?? []), architecture]);
  }
  if (said.size > 0) lines.push('', '**This entry**');
  for (const [text, on] of said) lines.push(`- ${on.join(', ')}: ${text}`);
  const decided = targets.flatMap(({ decisions }) => decisions);
  if (decided.length > 0) lines.push('', '**The whole filter**');
  const alike = new Map<string, ArchitectureName[]>();
  for (const { architecture, text } of decided) {
    const on = alike.get(text) ?? [];
    if (!on.includes(architecture)) alike.set(text, [...on, architecture]);
  }
  for (const [text, on] of alike) lines.push(`- ${on.join(', ')}: ${text}`);
  return lines.join('\n');
}

/** `ALLOW when domain == AF_UNIX`, or why the entry does not count. */
const noteText = ({ action, condition, dropped }: RuleNote): string =>
  dropped !== undefined
    ? `${action.text}, but not here: ${dropped}`
    : `${action.text}${condition === '' ? '' : ` when ${condition}`}`;

/** Which words are actions, by format. */
function actionOfWord(word: string, { format: { syntax, format } }: ProfileView): ActionKind | undefined {
  const oci = /^SCMP_ACT_(\w+)$/.exec(word)?.[1];
  if (oci) return oci === 'KILL' ? 'KILL_THREAD' : (oci as ActionKind);
  const own: Readonly<Record<string, Readonly<Record<string, ActionKind>>>> = {
    ...ACTION_WORDS_OF,
    'minijail-py': ACTION_WORDS_OF.minijail,
    nsjail: ACTION_WORDS_OF.kafel,
  };
  const known = own[syntax] ?? (format === undefined ? undefined : own[format]);
  return known && Object.hasOwn(known, word) ? known[word] : undefined;
}

function wordMarkdown(word: string, view: ProfileView, offset: number, architecture: ArchitectureName) {
  const { text, format } = view;
  if (word.startsWith('@')) {
    const groups = format.syntax === 'firejail' ? firejailGroups() : systemdGroups();
    const members = groups.get(word);
    return members && `**${word}**: ${members.length} members\n\n${members.map((each) => `\`${each}\``).join(' ')}`;
  }
  const action = actionOfWord(word, view);
  if (action) return `**${word}**: ${actionPurpose(action) ?? 'no action that is known'}`;
  if (word.startsWith(BUILTIN_PREFIX)) {
    const name = word.slice(BUILTIN_PREFIX.length);
    return Object.hasOwn(BUILTIN_PURPOSES, name) ? `**${word}**: ${BUILTIN_PURPOSES[name as BuiltinName]}` : undefined;
  }
  if (CAPABILITIES.includes(word)) {
    const sets = Object.entries(CAPABILITY_SETS).filter(([, names]) => (names as readonly string[]).includes(word));
    const by = sets.map(([name]) => name).join(', ');
    return `**${word}**: ${by === '' ? 'no engine gives it by default' : `given by default by ${by}`}; see capabilities(7)`;
  }
  const machine = /^SCMP_ARCH_/.test(word) || format.syntax !== 'json' ? findArchitecture(word) : undefined;
  if (machine && (word.startsWith('SCMP_ARCH_') || word.includes('64') || /^x\d/.test(word))) {
    const { name, ociName, goName, wordSize, endianness, auditArch } = machine;
    return `**${ociName}**: ${name}${goName ? ` (Go: ${goName})` : ''}, ${wordSize} bits, ${endianness} endian, AUDIT_ARCH 0x${auditArch.toString(16)}`;
  }
  const value = /^[A-Z][A-Z0-9_]+$/.test(word) ? constantMarkdown(word, architecture) : undefined;
  if (value) return value;
  if (format.syntax !== 'json' && format.syntax !== 'yaml') return undefined;
  const location = format.syntax === 'json' ? locateJson(text, offset) : locateYaml(text, offset);
  const isTheKey = location && (location.isKey === true || location.hasColon);
  if (!location || !isTheKey) return undefined;
  const path = location.isKey === true ? location.path : [...location.path, word];
  const purpose = keyPurpose(path, { syntax: format.syntax, format: format.format, architecture });
  return purpose && `**${word}**: ${purpose}`;
}

/** A constant's value, and the architectures that have another. */
function constantMarkdown(name: string, architecture: ArchitectureName): string | undefined {
  const value = constantValue(name, architecture);
  if (value === undefined) return undefined;
  const others = ARCHITECTURES.flatMap((each) => {
    const there = constantValue(name, each.name);
    return there === value ? [] : [`${each.name}: ${there === undefined ? 'none' : `0x${there.toString(16)}`}`];
  });
  const own = `**${name}** = ${value} (0x${value.toString(16)}) on ${architecture}`;
  return others.length > 0 ? `${own}\n\nElsewhere: ${others.join(', ')}` : own;
}
