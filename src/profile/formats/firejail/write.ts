import { findArchitecture, parseArchitecture } from '../../../architecture.js';
import { errnoName } from '../../../errno.js';
import { MULTIPLEXED_CALLS } from '../../../syscalls/multiplexed-calls.js';
import { architectureSyscalls, syscallNumber } from '../../../syscalls/syscall-name.js';
import { quote } from '../../../text.js';
import type { DockerSeccomp, DockerSyscall } from '../../model/schema.js';
import type { Draft } from '../handler.js';
import { cannotExtend, isConditional, plainErrno, type Unrepresentable } from '../plain-section.js';
import { commentLines } from '../written-text.js';
import { type Abi, FIREJAIL_VERSION, laterLinux } from './groups.js';

const CHOOSE = 'choose the target (--arch x86_64, --cap, --kernel) to have it decided';
const NATIVE = 'SCMP_ARCH_X86_64';
const SECONDARY = 'SCMP_ARCH_X86';
/** firejail reads lines of this many bytes (MAX_READ in src/firejail/profile.c). */
const MAX_LINE = 8190;
/** The calls that every list of what is allowed has (@default-keep). */
const ALWAYS_KEPT = ['execve', 'execveat', 'prctl'];

/** What is done with a call, and where the profile says so. */
interface Written {
  readonly action: string;
  readonly cannot: Unrepresentable;
}

/**
 * A profile as lists of firejail: what is denied of calls that are allowed, in `seccomp.drop` and `seccomp.32.drop`; or
 * what is allowed of x86_64's, in `seccomp.keep`. The action of a call is as a list has it: "" for the list's own.
 */
export function writeFirejail({ profile, resolved, cannot }: Draft): string {
  const seccomp: DockerSeccomp = resolved ?? profile.seccomp;
  if (seccomp.extends) cannotExtend(cannot);
  for (const key of ['listenerPath', 'listenerMetadata', 'flags'] as const) {
    if (seccomp[key]?.length) cannot(quote(key), undefined, key);
  }
  const isBlocked = checkArchitectures(seccomp, cannot);
  const usual = actionText(seccomp.defaultAction, seccomp.defaultErrno, seccomp.defaultErrnoRet);
  if (usual === undefined)
    cannot(
      `the default ${seccomp.defaultAction}`,
      'firejail allows, or answers an errno, kill or log',
      'defaultAction',
    );
  const native = actionsOn('x86_64', seccomp, usual, cannot);
  const secondary = isBlocked ? new Map<string, Written>() : actionsOn('x86', seccomp, usual, cannot);
  const isOwn = profile.format === 'firejail';
  const body =
    usual === 'allow'
      ? dropLines(native, secondary, { isOwn, isBlocked, cannot })
      : keepLines(native, secondary, { usual: usual ?? '', isBlocked, cannot });
  const notes = (seccomp.syscalls ?? []).map(({ comment }) => comment).filter(Boolean);
  const comments = notes.filter((each, at) => each !== notes[at - 1]).flatMap((each) => commentLines(each));
  // They stand right above the list of the calls.
  const list = Math.max(
    body.findIndex((line) => line.startsWith('seccomp.') || line.startsWith('seccomp ')),
    0,
  );
  const written = [...body.slice(0, list), ...comments, ...body.slice(list)];
  const lines = [...written, ...(isBlocked ? ['seccomp.block-secondary'] : [])];
  if (lines.some((line) => line.length > MAX_LINE)) cannot(`a list of more than ${MAX_LINE} bytes`, undefined);
  return `${lines.join('\n')}\n`;
}

/** Whether x86_64's calls alone are in the filter. */
function checkArchitectures({ architectures, archMap }: DockerSeccomp, cannot: Unrepresentable): boolean {
  const names = new Set((architectures ?? []).map((name) => findArchitecture(name)?.ociName ?? name));
  const isBlocked = names.size === 1;
  if (archMap?.length || !names.has(NATIVE) || (!isBlocked && !(names.size === 2 && names.has(SECONDARY)))) {
    const hint =
      'choose --arch x86_64, of a profile with "architectures" of SCMP_ARCH_X86_64, alone or with SCMP_ARCH_X86';
    cannot(
      "other architectures than x86_64's own and its 32-bit one",
      hint,
      archMap?.length ? 'archMap' : 'architectures',
    );
  }
  return isBlocked;
}

/** As a list has it behind a colon: allow, kill, log, or an errno's name. */
function actionText(
  action: DockerSyscall['action'],
  errno?: string | null,
  errnoRet?: bigint | null,
): string | undefined {
  if (action === 'SCMP_ACT_ALLOW') return 'allow';
  if (action === 'SCMP_ACT_LOG') return 'log';
  if (action === 'SCMP_ACT_KILL' || action === 'SCMP_ACT_KILL_THREAD') return 'kill';
  if (action !== 'SCMP_ACT_ERRNO') return undefined;
  const number = plainErrno(action, errno, errnoRet) ?? 1n;
  return number === 'differs' ? (errno ?? undefined) : errnoName(Number(number), 'x86_64');
}

/** What the profile does with calls of an ABI, but for those that have the default's action. */
function actionsOn(
  abi: Abi,
  { syscalls }: DockerSeccomp,
  usual: string | undefined,
  cannot: Unrepresentable,
): Map<string, Written> {
  const { ociName } = parseArchitecture(abi);
  const known = new Set(architectureSyscalls(abi));
  const actions = new Map<string, Written>();
  (syscalls ?? []).forEach((entry, index) => {
    if (entry.abis && !entry.abis.includes(ociName)) return;
    const report: Unrepresentable = (message, hint, ...path) => cannot(message, hint, 'syscalls', index, ...path);
    const action = actionText(entry.action, entry.errno, entry.errnoRet);
    if (action === usual && action !== undefined) return;
    if (isConditional(entry)) report('a conditional entry', CHOOSE);
    if (action === undefined)
      report(`the action ${entry.action}`, 'firejail allows, or answers an errno, kill or log', 'action');
    if (entry.args?.length) report('a condition on arguments', 'its lists are of whole calls', 'args');
    const names = entry.name ? [entry.name] : (entry.names ?? []);
    names.forEach((name, position) => {
      if (!known.has(name)) return;
      const before = actions.get(name);
      if (before && before.action !== action) report(`two answers to ${quote(name)}`, undefined, 'names', position);
      actions.set(name, { action: action ?? '', cannot: report });
    });
  });
  return actions;
}

interface ListContext {
  readonly isBlocked: boolean;
  readonly cannot: Unrepresentable;
}

/** Whether seccomp.block-secondary, which answers EPERM to personalities but Linux's own, changes what is said of them. */
function checkPersonality(action: string | undefined, { isBlocked, cannot }: ListContext): void {
  if (!isBlocked || action === 'EPERM' || action === 'kill') return;
  const message = 'x86_64 alone: seccomp.block-secondary also answers EPERM to personality(2)';
  cannot(message, 'answer it with EPERM too, or have SCMP_ARCH_X86 in "architectures"', 'architectures');
}

function dropLines(
  native: ReadonlyMap<string, Written>,
  secondary: ReadonlyMap<string, Written>,
  context: ListContext & { isOwn: boolean },
): string[] {
  const all = [...native.values(), ...secondary.values()];
  const isLog = all.length > 0 && all.every(({ action }) => action === 'log');
  const own = isLog ? 'log' : 'EPERM';
  checkPersonality(native.get('personality')?.action, context);
  for (const [name, { action, cannot }] of isLog ? [] : [...native, ...secondary]) {
    if (action === 'log') cannot(`LOG for ${quote(name)} beside other actions`, undefined, 'action');
  }
  for (const [name, { action, cannot }] of context.isOwn ? [] : secondary) {
    const multiplexer = MULTIPLEXED_CALLS.get(name)?.multiplexer;
    if (multiplexer && secondary.get(multiplexer)?.action !== action) {
      cannot(`${quote(name)} on x86, where programs reach it through ${multiplexer} too`, `name ${multiplexer} too`);
    }
  }
  if (secondary.size > 0 && native.size === 0) {
    context.cannot('denials of 32-bit calls alone', 'firejail ignores seccomp.32.drop without a seccomp.drop');
  }
  if (native.size === 0) context.cannot('a profile that denies nothing', 'firejail needs no line for it');
  const word =
    (abi: Abi) =>
    ([name, { action, cannot }]: readonly [string, Written]) => {
      const first = laterLinux(name, abi);
      if (first)
        cannot(
          `${quote(name)}, of Linux ${first}`,
          `firejail ${FIREJAIL_VERSION} ignores the names of calls that it does not know`,
        );
      return action === own ? name : `${name}:${action}`;
    };
  return [
    ...(isLog ? ['seccomp-error-action log'] : []),
    `seccomp.drop ${[...native].map(word('x86_64')).join(',')}`,
    ...(secondary.size > 0 ? [`seccomp.32.drop ${[...secondary].map(word('x86')).join(',')}`] : []),
  ];
}

function keepLines(
  native: ReadonlyMap<string, Written>,
  secondary: ReadonlyMap<string, Written>,
  { usual, ...context }: ListContext & { usual: string },
): string[] {
  checkPersonality(native.get('personality')?.action ?? usual, context);
  const isOpen = [...architectureSyscalls('x86')].every((name) => secondary.get(name)?.action === 'allow');
  if (!context.isBlocked && !isOpen) {
    const hint = 'make it for "architectures" of SCMP_ARCH_X86_64 alone: seccomp.block-secondary refuses the others';
    context.cannot('a list of what is allowed for 32-bit calls', hint, 'architectures');
  }
  const words = [...native].map(([name, { action, cannot }]) => {
    if (action === 'log') cannot(`LOG for ${quote(name)}`, undefined, 'action');
    // By its name firejail would ignore it.
    const text = laterLinux(name, 'x86_64') ? `$${syscallNumber(name, 'x86_64')}` : name;
    return action === 'allow' ? text : `${text}:${action}`;
  });
  const refused = ALWAYS_KEPT.filter((name) => !native.has(name)).map((name) => `!${name}`);
  if (native.size === 0) context.cannot('a profile that allows nothing', undefined);
  return [
    ...(usual === 'EPERM' ? [] : [`seccomp-error-action ${usual}`]),
    `seccomp.keep ${[...words, ...refused].join(',')}`,
  ];
}
