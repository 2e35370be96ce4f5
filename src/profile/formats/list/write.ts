import type { ActionName } from '../../../action.js';
import { ARCHITECTURES, findArchitecture } from '../../../architecture.js';
import { errnoName } from '../../../errno.js';
import { describeMask, describeValue } from '../../../syscalls/constants.js';
import { syscallSignature } from '../../../syscalls/signature.js';
import { isPrintable, quote } from '../../../text.js';
import { SourceText } from '../../document/source-text.js';
import { CAPABILITIES } from '../../model/capability.js';
import { dockerNames } from '../../model/conditional-entry.js';
import {
  type DockerCondition,
  type DockerSeccomp,
  type DockerSyscall,
  NATIVE_ARCHITECTURE,
  type SeccompArgument,
} from '../../model/schema.js';
import { exactRules } from '../exact-conditions.js';
import type { Draft } from '../handler.js';
import { plainErrno, type Unrepresentable } from '../plain-section.js';
import { commentLines, valueText } from '../written-text.js';
import { groupConditions } from './conditions.js';
import { parseList } from './parser.js';
import { FLAG_WORDS } from './read.js';

const ACTION_WORDS: Readonly<Record<ActionName, string>> = {
  SCMP_ACT_ALLOW: 'allow',
  SCMP_ACT_LOG: 'log',
  SCMP_ACT_TRAP: 'trap',
  SCMP_ACT_NOTIFY: 'notify',
  SCMP_ACT_KILL: 'kill-thread',
  SCMP_ACT_KILL_THREAD: 'kill-thread',
  SCMP_ACT_KILL_PROCESS: 'kill',
  SCMP_ACT_ERRNO: 'errno',
  SCMP_ACT_TRACE: 'trace',
};
const OPERATOR_WORDS = { EQ: '==', NE: '!=', LT: '<', LE: '<=', GT: '>', GE: '>=' } as const;
/** Words that begin a statement, where a call's name may be too. */
const RESERVED = new Set([
  'default',
  'when',
  'arch',
  'flags',
  'remove',
  'extends',
  'listener',
  'listener-metadata',
  'enosys-newer-than',
]);
const MAX_LINE_WIDTH = 110;
const LOW_HALF = 0xffffffffn;

/** A profile as a plain list. Its conditions on targets (`when`) and its base stay open. */
export function writeList({ profile, resolved, cannot }: Draft): string {
  const { enosysNewerThan } = profile.seccomp;
  const seccomp: DockerSeccomp = resolved ? { ...resolved, enosysNewerThan } : profile.seccomp;
  const inheritsDefault = !resolved && profile.inheritsDefault;
  const lines: string[] = [];
  if (seccomp.extends) lines.push(`extends ${string(seccomp.extends)}`);
  if (!inheritsDefault) {
    const { defaultAction, defaultErrno, defaultErrnoRet, defaultTrapData } = seccomp;
    lines.push(`default ${actionText(defaultAction, defaultErrno, defaultErrnoRet, defaultTrapData)}`);
  }
  if (seccomp.archMap?.length) {
    cannot('architectures that depend on the target', 'choose the target (--arch) to have them decided', 'archMap');
  }
  if (seccomp.architectures?.length) {
    const words = seccomp.architectures.map((name) =>
      name === NATIVE_ARCHITECTURE ? 'native' : findArchitecture(name)!.name,
    );
    lines.push(`arch ${words.join(', ')}`);
  }
  if (seccomp.flags) {
    const wordOf = new Map([...FLAG_WORDS].map(([word, name]) => [name, word]));
    const words = seccomp.flags.map((name) => wordOf.get(name) as string);
    lines.push(`flags ${words.length > 0 ? words.join(', ') : 'none'}`);
  }
  if (seccomp.enosysNewerThan) lines.push(`enosys-newer-than ${seccomp.enosysNewerThan}`);
  if (seccomp.listenerPath) lines.push(`listener ${string(seccomp.listenerPath)}`);
  for (const key of ['extends', 'listenerPath', 'listenerMetadata'] as const) {
    const text = seccomp[key]?.replaceAll('\n', '');
    if (text && !isPrintable(text)) cannot('a control character', undefined, key);
  }
  if (seccomp.listenerMetadata) {
    lines.push(`listener-metadata ${string(seccomp.listenerMetadata)}`);
  }
  if (seccomp.remove?.length) lines.push(...wrap('remove ', seccomp.remove, ''));
  const isWide = wideArgument(seccomp);
  (seccomp.syscalls ?? []).forEach((entry, index) => {
    if (isWide(entry)) {
      const message = 'a value of more than 32 bits beside an architecture whose arguments have 32';
      cannot(message, 'choose one whose arguments have 64 (--arch), or take the entry out', 'syscalls', index, 'args');
    }
    lines.push('', ...entryLines(entry, (message, hint, ...path) => cannot(message, hint, 'syscalls', index, ...path)));
  });
  return `${lines.join('\n')}\n`;
}

function string(text: string): string {
  return /^[A-Za-z_./@][\w./@+-]*$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** Whether an entry compares bits that one of the profile's architectures lacks: the list's reader refuses that. */
function wideArgument({ architectures }: DockerSeccomp): (entry: DockerSyscall) => boolean {
  const isNarrow = (architectures ?? []).some((name) => findArchitecture(name)?.wordSize === 32);
  return ({ args }) =>
    isNarrow &&
    (args ?? []).some(
      ({ op, value, valueTwo }) => (op === 'SCMP_CMP_MASKED_EQ' ? (valueTwo ?? 0n) & value : value) > LOW_HALF,
    );
}

function entryLines(entry: DockerSyscall, cannot: Unrepresentable): string[] {
  const names = entry.name ? [entry.name] : (entry.names ?? []);
  names.forEach((name, position) => {
    const isName = /^[A-Za-z_]\w*$/.test(name) && !RESERVED.has(name);
    if (!isName) cannot(`the name ${quote(name)}`, undefined, 'names', position);
  });
  const action = actionText(entry.action, entry.errno, entry.errnoRet, entry.trapData);
  const isArrow = action.includes(' ');
  const head = `${whenText(entry, cannot)}${isArrow ? '' : `${action} `}`;
  const tail = isArrow ? ` -> ${action}` : '';
  const lines = alternatives(entry.args ?? []).flatMap((args) =>
    wrap(
      head,
      names.map((name) => `${name}${conditionText(name, args)}`),
      tail,
    ),
  );
  return [...commentLines(entry.comment), ...lines];
}

/**
 * Where an argument has several conditions, runtimes make one rule of each, which means "or". In a list each gets a
 * line (see splitRepeatedArguments in the compiler).
 */
function alternatives(args: readonly SeccompArgument[]): (readonly SeccompArgument[])[] {
  const isRepeated = new Set(args.map(({ index }) => index)).size < args.length;
  return isRepeated ? args.map((argument) => [argument]) : [args];
}

/** Items with commas, on as many lines as needed. */
function wrap(head: string, items: readonly string[], tail: string): string[] {
  const lines = [head];
  items.forEach((item, index) => {
    const text = `${item}${index < items.length - 1 ? ',' : tail}`;
    const line = lines.at(-1)!;
    const isFirst = index === 0;
    if (!isFirst && line.length + text.length + 1 > MAX_LINE_WIDTH) lines.push(`  ${text}`);
    else lines[lines.length - 1] = isFirst ? `${line}${text}` : `${line} ${text}`;
  });
  return lines;
}

function actionText(
  action: ActionName,
  name: string | null | undefined,
  number: bigint | null | undefined,
  trapData: bigint | undefined,
): string {
  const word = ACTION_WORDS[action];
  if (word === 'trap' && trapData) return `trap ${trapData}`;
  if (word === 'errno') return `errno ${name || everywhereName(number ?? 1n)}`;
  if (word !== 'trace') return word;
  return `trace ${name && /^\d+$/.test(name) ? name : (number ?? 1)}`;
}

/** The name of an errno that has this number on every architecture, else the number. */
function everywhereName(number: bigint): string {
  const name = errnoName(Number(number));
  return name !== undefined && plainErrno('SCMP_ACT_ERRNO', name, undefined) === number ? name : String(number);
}

function whenText({ includes, excludes }: DockerSyscall, cannot: Unrepresentable): string {
  const tests = [
    ...testTexts('', includes ?? {}, 'includes', cannot),
    ...testTexts('not ', excludes ?? {}, 'excludes', cannot),
  ];
  return tests.length > 0 ? `when ${tests.join(', ')}: ` : '';
}

function testTexts(
  not: string,
  { arches, caps, minKernel }: DockerCondition,
  clause: string,
  cannot: Unrepresentable,
): string[] {
  const tests: string[] = [];
  if (caps?.length) {
    caps.forEach((name, index) => {
      if (!CAPABILITIES.includes(name)) cannot(`the capability ${quote(name)}`, undefined, clause, 'caps', index);
    });
    tests.push(`${not}cap ${caps.join(' ')}`);
  }
  if (arches?.length) {
    const names = arches.map((name, index) => {
      const architecture = ARCHITECTURES.find((each) => dockerNames(each).includes(name));
      if (!architecture) cannot(`the architecture ${quote(name)}`, undefined, clause, 'arches', index);
      return architecture?.name ?? name;
    });
    tests.push(`${not}arch ${[...new Set(names)].join(' ')}`);
  }
  if (minKernel) tests.push(`${not}kernel ${minKernel}`);
  return tests;
}

function conditionText(syscall: string, args: readonly SeccompArgument[]): string {
  return args.length === 0 ? '' : `(${args.map((argument) => comparisonText(syscall, argument)).join(' && ')})`;
}

/** By name, where reading it back gives the same argument everywhere; else by index, with all 64 bits. */
function comparisonText(syscall: string, argument: SeccompArgument): string {
  for (const withConstants of [true, false]) {
    const named = namedText(syscall, argument, withConstants);
    if (named !== undefined && meansJust(syscall, named, argument)) return named;
  }
  const { index, op, value, valueTwo } = argument;
  if (op === 'SCMP_CMP_MASKED_EQ')
    return `arg${index}:64 & ${valueText(value)} == ${valueText((valueTwo ?? 0n) & value)}`;
  return `arg${index}:64 ${OPERATOR_WORDS[op.slice('SCMP_CMP_'.length) as keyof typeof OPERATOR_WORDS]} ${valueText(value)}`;
}

function namedText(
  syscall: string,
  { index, op, value, valueTwo }: SeccompArgument,
  withConstants: boolean,
): string | undefined {
  const parameter = syscallSignature(syscall)?.[Number(index)];
  if (!parameter) return undefined;
  const { name, bits, constants } = parameter;
  const text = (datum: bigint) =>
    withConstants && constants && datum !== 0n ? describeValue(constants, datum).replace(/\s+/g, '') : valueText(datum);
  if (op !== 'SCMP_CMP_MASKED_EQ') {
    return bits === 64
      ? `${name} ${OPERATOR_WORDS[op.slice('SCMP_CMP_'.length) as keyof typeof OPERATOR_WORDS]} ${text(value)}`
      : undefined;
  }
  const datum = (valueTwo ?? 0n) & value;
  if (value === 2n ** BigInt(bits) - 1n) return `${name} == ${text(datum)}`;
  const mask = withConstants && constants ? describeMask(constants, value) : valueText(value);
  return `${name} & ${mask.includes('|') ? `(${mask})` : mask} == ${text(datum)}`;
}

function meansJust(syscall: string, condition: string, { index, op, value, valueTwo }: SeccompArgument): boolean {
  try {
    const [, statement] = parseList(new SourceText(`default allow\nallow ${syscall}(${condition})\n`, undefined));
    if (statement?.kind !== 'rule') return false;
    const groups = groupConditions(statement.calls[0]!);
    if (!Array.isArray(groups) || groups.length !== 1 || !groups[0]!.comparisons) return false;
    const rules = exactRules(groups[0]!.comparisons);
    const [rule] = rules ?? [];
    const [read] = rule?.args ?? [];
    const datum = op === 'SCMP_CMP_MASKED_EQ' ? (valueTwo ?? 0n) & value : 0n;
    return (
      rules?.length === 1 &&
      rule?.args.length === 1 &&
      read?.index === index &&
      read.op === op &&
      read.value === value &&
      (read.valueTwo ?? 0n) === datum
    );
  } catch {
    return false;
  }
}
