import type { ArchitectureName } from '../architecture.js';
import { ARCHITECTURES } from '../architecture.js';
import { firejailGroups } from '../profile/formats/firejail/groups.js';
import type { LinesFormatName } from '../profile/formats/index.js';
import { SECTIONS as LXC_SECTIONS } from '../profile/formats/lxc/architectures.js';
import { SNAPD_CONSTANTS } from '../profile/formats/snapd/constants.js';
import { systemdArchitecture } from '../profile/formats/systemd/architectures.js';
import { FILTER_OPTIONS } from '../profile/formats/systemd/options.js';
import { systemdGroups } from '../profile/formats/systemd/read.js';
import { NAMESPACES } from '../profile/formats/systemd/restrictions.js';
import { familyConstants } from '../syscalls/constants.js';
import { syscallSignature } from '../syscalls/signature.js';
import { MAX_LINE } from './editor-format.js';
import { ACTION_WORDS_OF } from './format-words.js';
import {
  ARCHITECTURE_WORDS,
  actionWords,
  BUILTIN_WORDS,
  CALL_NAMES,
  CAPABILITY_WORDS,
  type Completions,
  callVocabulary,
  constantWords,
  errnoWords,
  groupWords,
  keywords,
  type Word,
} from './vocabulary.js';

export interface LinesOptions {
  format: LinesFormatName;
  architecture: ArchitectureName;
}

/** A line up to the place, without the word that is being written. */
interface LineStart {
  /** What is before the word. */
  readonly before: string;
  readonly word: string;
  /** The text up to the line. */
  readonly above: string;
  readonly architecture: ArchitectureName;
}

type Speaker = (start: LineStart) => readonly Word[];

/** The words that may stand at a place of a format of lines. */
export function completeLines(
  text: string,
  offset: number,
  { format, architecture }: LinesOptions,
): Completions | undefined {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(Math.max(lineStart, offset - MAX_LINE), offset);
  if (isComment(line, format)) return undefined;
  const word = /[@~!#]?[\w.-]*$/.exec(line)?.[0] ?? '';
  const before = line.slice(0, line.length - word.length);
  const start = { before, word, above: text.slice(0, lineStart), architecture };
  const sign = /^[~!]/.exec(word)?.[0] ?? '';
  const options = SPEAKERS[format](start);
  const rest = /^[\w.-]*/.exec(text.slice(offset, offset + 256))?.[0] ?? '';
  const from = offset - word.length + sign.length;
  return options.length > 0 ? { from, to: offset + rest.length, options } : undefined;
}

/** A `#` of kafel is no comment. */
const isComment = (line: string, format: LinesFormatName): boolean =>
  format === 'kafel' ? /^\s*\/\//.test(line) : format !== 'nsjail' && /^\s*#/.test(line);

const yesNo = keywords(['yes', 'no']);
const families = () => [...familyConstants('AF').keys()].map((label): Word => ({ label, kind: 'constant' }));

const UNIT_OPTIONS = keywords([
  'SystemCallFilter=',
  'SystemCallErrorNumber=',
  'SystemCallArchitectures=',
  'SystemCallLog=',
  ...FILTER_OPTIONS.map((name) => `${name}=`),
]);

const calls = ({ architecture }: LineStart) => callVocabulary(architecture);

const unit: Speaker = (start) => {
  const { before, word, architecture } = start;
  if (word.startsWith('[') || before.endsWith('[')) return keywords(['Service', 'Socket', 'Mount', 'Swap']);
  const key = /^\s*(\w+)\s*=/.exec(before)?.[1];
  if (key === undefined) return UNIT_OPTIONS;
  switch (key) {
    case 'SystemCallFilter':
    case 'SystemCallLog':
      return /:$/.test(before) ? errnoWords(architecture) : [...groupWords(systemdGroups()), ...calls(start)];
    case 'SystemCallErrorNumber':
      return [...keywords(['kill']), ...errnoWords(architecture)];
    case 'SystemCallArchitectures':
      return [
        ...keywords(['native']),
        ...ARCHITECTURES.map(
          ({ name }): Word => ({ label: systemdArchitecture(name), kind: 'architecture', detail: name }),
        ),
      ];
    case 'RestrictNamespaces':
      return keywords(['yes', 'no', ...NAMESPACES.keys()]);
    case 'RestrictAddressFamilies':
      return [...keywords(['none']), ...families()];
    case 'Capability':
    case 'DropCapability':
      return CAPABILITY_WORDS;
    default:
      return FILTER_OPTIONS.includes(key) ? yesNo : [];
  }
};

const nspawn: Speaker = (start) => {
  if (/^\s*\w+\s*=/.test(start.before)) return unit(start);
  return keywords(['SystemCallFilter=', 'Capability=', 'DropCapability=', 'NoNewPrivileges=']);
};

/** The call and the argument of a comparison that is being written: `domain ==`, `arg0 &`. */
function comparedConstants(
  call: string | undefined,
  argument: string,
  architecture: ArchitectureName,
): readonly Word[] {
  const parameters = call === undefined ? undefined : syscallSignature(call, architecture);
  const index = /^arg\d$/.test(argument)
    ? Number(argument.slice(3))
    : parameters?.findIndex(({ name }) => name === argument);
  return constantWords(parameters?.[index ?? -1], architecture);
}

const COMPARED = /(\w+)(?::\d+)?\s*(?:==|!=|<=?|>=?|&|in)\s*(?:[\w|&(~\s]*[|(&~=]\s*)?$/;

const list: Speaker = (start) => {
  const { before, architecture } = start;
  const statement = /^\s*(\S+)\s/.exec(before)?.[1];
  if (statement === undefined) {
    const statements = ['default', 'when', 'arch', 'flags', 'extends', 'remove', 'enosys-newer-than', 'listener'];
    return [...keywords(statements), ...actionWords(ACTION_WORDS_OF.list), ...calls(start)];
  }
  if (/errno\s+$/.test(before)) return errnoWords(architecture);
  if (/(?:->|^\s*default)\s*$/.test(before)) return actionWords(ACTION_WORDS_OF.list);
  const open = /(\w+)\s*\(([^()]|\([^()]*\)?)*$/.exec(before);
  if (open && CALL_NAMES.has(open[1] as string)) {
    const constants = comparedConstants(open[1], COMPARED.exec(before)?.[1] ?? '', architecture);
    if (constants.length > 0) return constants;
    return keywords((syscallSignature(open[1] as string, architecture) ?? []).map(({ name }) => name));
  }
  if (statement === 'extends') return BUILTIN_WORDS;
  if (statement === 'arch') return [...keywords(['native']), ...ARCHITECTURE_WORDS];
  if (statement === 'flags') return keywords(['tsync', 'log', 'spec-allow', 'wait-killable-recv', 'none']);
  if (statement === 'when' && !before.includes(':')) {
    if (/\bcap\s+[\w\s]*$/.test(before)) return CAPABILITY_WORDS;
    if (/\barch\s+[\w\s]*$/.test(before)) return ARCHITECTURE_WORDS;
    return keywords(['cap', 'arch', 'kernel', 'not']);
  }
  if (/:\s*$/.test(before)) return [...actionWords(ACTION_WORDS_OF.list), ...calls(start)];
  return calls(start);
};

const minijail: Speaker = (start) => {
  const { before, architecture, word } = start;
  if (/^\s*$/.test(before)) {
    return [
      ...(word.startsWith('@') || word === '' ? keywords(['@include', '@default', '@frequency', '@denylist']) : []),
      ...calls(start),
    ];
  }
  if (/^\s*@default\s+$/.test(before)) return actionWords(ACTION_WORDS_OF.minijail);
  if (/return\s+$/.test(before)) return errnoWords(architecture);
  const call = /^\s*\{?\s*(\w+)/.exec(before)?.[1];
  const constants = comparedConstants(call, COMPARED.exec(before)?.[1] ?? '', architecture);
  if (constants.length > 0) return constants;
  if (/^\s*\{[^}:]*$/.test(before)) return calls(start);
  if (!before.includes(':')) return [];
  const names = (call === undefined ? undefined : syscallSignature(call, architecture)) ?? [];
  return [
    ...names.map(({ name }, index): Word => ({ label: `arg${index}`, kind: 'keyword', detail: name })),
    ...keywords(['return', '1']),
    ...actionWords(ACTION_WORDS_OF.minijail),
  ];
};

const namesIn = (text: string, pattern: RegExp): readonly string[] => [
  ...new Set([...text.matchAll(pattern)].map((found) => found[1] as string)),
];

const kafel: Speaker = (start) => {
  const { before, above, architecture, word } = start;
  const whole = `${above}${before}`;
  if (/\bUSE\s+(?:\w+\s*,\s*)*$/.test(whole))
    return keywords(namesIn(whole, /\bPOLICY\s+(\w+)/g), 'a policy of this file');
  if (/^\s*#$/.test(before) || word.startsWith('#')) return keywords(['#define', '#include']);
  if (/\bDEFAULT\s+$/.test(whole)) return actionWords(ACTION_WORDS_OF.kafel);
  const condition = /(\w+)\s*(?:\(([^()]*)\))?\s*\{[^{}]*$/.exec(whole);
  const isCall = condition && CALL_NAMES.has(condition[1] as string);
  if (isCall) {
    const defined = keywords(namesIn(whole, /^[ \t]*#define[ \t]+(\w+)/gm), 'defined in this file');
    const names =
      condition[2]?.split(/\s*,\s*/).filter(Boolean) ??
      (syscallSignature(condition[1] as string, architecture) ?? []).map(({ name }) => name);
    return [...keywords(names), ...defined];
  }
  if (/(?:ALLOW|LOG|DENY|KILL|KILL_THREAD|KILL_PROCESS|USER_NOTIF|\))\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)*$/.test(whole)) {
    return calls(start);
  }
  return [...actionWords(ACTION_WORDS_OF.kafel), ...keywords(['POLICY', 'USE', 'DEFAULT', '#define', '#include'])];
};

/** The text of a string of an nsjail configuration that is open at its end. */
const nsjail: Speaker = (start) => {
  const whole = `${start.above}${start.before}`;
  const quotes = [...start.before.matchAll(/(?<!\\)"/g)].length;
  if (quotes % 2 === 0) {
    return /^\s*$/.test(start.before) ? keywords(['seccomp_string', 'seccomp_policy_file', 'seccomp_log']) : [];
  }
  const policy = [...whole.matchAll(/seccomp_string\s*:\s*"((?:[^"\\\n]|\\.)*)(?:"|$)/g)].map((found) => found[1]);
  if (!/seccomp_string\s*:\s*"[^"]*$/.test(start.before)) return [];
  const lines = policy.join('\n');
  const last = lines.lastIndexOf('\n') + 1;
  return kafel({ ...start, above: lines.slice(0, last), before: lines.slice(last) });
};

const lxc: Speaker = (start) => {
  const { above, before } = start;
  if (above.trim() === '' && before.trim() === '') return keywords(['1', '2']);
  if (/^\s*[12]\s*$/.test(above)) {
    return /^\w+\s+$/.test(before) ? actionWords(ACTION_WORDS_OF.lxc) : keywords(['allowlist', 'denylist']);
  }
  if (/^\s*\[$/.test(before))
    return [...keywords(['all'])].concat(
      [...LXC_SECTIONS.keys()].map((label): Word => ({ label, kind: 'architecture' })),
    );
  if (/^\s*$/.test(before)) return [...keywords(['reject_force_umount']), ...calls(start)];
  if (/\[\d+,[^,\]]*,$/.test(before)) {
    return keywords(
      'SCMP_CMP_NE SCMP_CMP_LT SCMP_CMP_LE SCMP_CMP_EQ SCMP_CMP_GE SCMP_CMP_GT SCMP_CMP_MASKED_EQ'.split(' '),
    );
  }
  const inBrackets = /^(\w+).*\[(\d),$/.exec(before);
  if (inBrackets) {
    const parameter = syscallSignature(inBrackets[1] as string, start.architecture)?.[Number(inBrackets[2])];
    return constantWords(parameter, start.architecture).map((word) => ({ ...word, apply: word.detail ?? word.label }));
  }
  return before.includes('[') ? [] : actionWords(ACTION_WORDS_OF.lxc);
};

const snapd: Speaker = (start) => {
  const { before, architecture } = start;
  if (/^\s*$/.test(before)) return [...keywords(['@unrestricted', '@complain']), ...calls(start)];
  const [call = '', ...given] = before.trim().split(/\s+/);
  const parameter = syscallSignature(call.replace(/^~/, ''), architecture)?.[given.length];
  const known = constantWords(parameter, architecture).filter(({ label }) => SNAPD_CONSTANTS.has(label));
  return [...keywords(['-'], 'any value'), ...known];
};

const FIREJAIL_KEYWORDS = [
  'seccomp',
  'seccomp.drop',
  'seccomp.keep',
  'seccomp.32',
  'seccomp.32.drop',
  'seccomp.32.keep',
  'seccomp.block-secondary',
  'seccomp-error-action',
  'memory-deny-write-execute',
  'restrict-namespaces',
  'protocol',
  'include',
];

const firejail: Speaker = (start) => {
  const keyword = /^\s*([\w.-]+)\s/.exec(start.before)?.[1];
  switch (keyword) {
    case undefined:
      return keywords(FIREJAIL_KEYWORDS);
    case 'seccomp-error-action':
      return [...keywords(['kill', 'log']), ...errnoWords(start.architecture)];
    case 'protocol':
      return keywords(['unix', 'inet', 'inet6', 'netlink', 'packet', 'bluetooth']);
    case 'restrict-namespaces':
      return keywords(['cgroup', 'ipc', 'net', 'mnt', 'pid', 'time', 'user', 'uts']);
    default:
      if (!keyword.startsWith('seccomp')) return [];
      return /:$/.test(start.before)
        ? errnoWords(start.architecture)
        : [...groupWords(firejailGroups()), ...calls(start)];
  }
};

const SPEAKERS: Readonly<Record<LinesFormatName, Speaker>> = {
  systemd: unit,
  nspawn,
  list,
  minijail,
  'minijail-py': minijail,
  kafel,
  nsjail,
  lxc,
  snapd,
  firejail,
};
