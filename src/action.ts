import type { ArchitectureName } from './architecture.js';
import { errnoName } from './errno.js';
import { InvalidArgumentError } from './errors.js';
import { checkArgument, OBJECT } from './options.js';
import type { Action } from './policy.js';
import { quote } from './text.js';

/** What the kernel does with an action. */
interface Meaning {
  /** `SECCOMP_RET_…` of linux/seccomp.h. Compared as signed numbers, the lower one has precedence (seccomp(2)). */
  readonly returnValue: number;
  /** Whether the call is executed; `asked`: another process decides, a tracer or a listener. */
  readonly executes: 'yes' | 'asked' | 'no';
  /** Ends the thread or the process, as TRAP's signal does where nobody handles it. */
  readonly kills?: true;
  /** The 16 bits of data are part of what it does: somebody sees them. */
  readonly hasData?: true;
  /** The largest data that a profile may give (`errnoRet`). The OCI runtime spec has none for TRAP. */
  readonly maxErrnoRet?: number;
}

/** The largest errno a system call can return (linux/err.h); kernel/seccomp.c turns a larger ERRNO into it. */
export const MAX_ERRNO = 4095;
const ACTION_MASK = 0xffff0000;
/** SECCOMP_RET_DATA: the bits of a return value that are the action's data. */
export const ACTION_DATA_MASK = 0xffff;

/** Everything about actions is worked out from this. In the order of the OCI runtime spec (config-linux.md). */
const MEANINGS: Readonly<Record<ActionKind, Meaning>> = {
  KILL_PROCESS: { returnValue: 0x80000000, executes: 'no', kills: true },
  KILL_THREAD: { returnValue: 0x00000000, executes: 'no', kills: true },
  TRAP: { returnValue: 0x00030000, executes: 'no', kills: true, hasData: true },
  // libseccomp refuses an errno of MAX_ERRNO too (seccomp_rule_add).
  ERRNO: { returnValue: 0x00050000, executes: 'no', hasData: true, maxErrnoRet: MAX_ERRNO - 1 },
  TRACE: { returnValue: 0x7ff00000, executes: 'asked', hasData: true, maxErrnoRet: ACTION_DATA_MASK },
  ALLOW: { returnValue: 0x7fff0000, executes: 'yes' },
  LOG: { returnValue: 0x7ffc0000, executes: 'yes' },
  NOTIFY: { returnValue: 0x7fc00000, executes: 'asked' },
};

export type ActionKind = Action['kind'];

/** An action as profiles write it: OCI's name of a kind, or libseccomp's older name of KILL_THREAD. */
export type ActionName = `SCMP_ACT_${ActionKind}` | 'SCMP_ACT_KILL';

/** What does not depend on an action's data is asked of either: an action, or a profile's name of one. */
type AnyAction = { kind: ActionKind } | ActionName;

function meaningOf(action: AnyAction): Meaning {
  const kind = typeof action === 'string' ? kindOfName(action) : action?.kind;
  if (!Object.hasOwn(MEANINGS, kind)) throw new InvalidArgumentError(`unknown action ${quote(String(kind))}`);
  return MEANINGS[kind];
}

const KINDS = Object.keys(MEANINGS) as ActionKind[];

/** All kinds in the kernel's order of precedence (seccomp(2)): the strictest first. */
export const STRICTEST_FIRST: readonly ActionKind[] = [...KINDS].sort(
  (a, b) => precedence(MEANINGS[a].returnValue) - precedence(MEANINGS[b].returnValue),
);

/** A filter's return value that names no action the kernel knows. */
export interface UnknownAction {
  kind: 'UNKNOWN';
  /** The whole value, 32 bits unsigned. */
  returnValue: number;
}

const byReturnValue = new Map(KINDS.map((kind) => [MEANINGS[kind].returnValue, kind]));

/**
 * What a filter's return value (32 bits, SECCOMP_RET_… | data; linux/seccomp.h) asks for. Data that has no effect on the
 * decision is left out, and an ERRNO past 4095 is 4095, as in the kernel.
 *
 * @throws nothing: any other value is UNKNOWN
 *
 * @example
 * ```js
 * import { decodeReturnValue } from 'libseccomp-wasm/bpf';
 *
 * console.log(decodeReturnValue(0x00050001)); // { kind: 'ERRNO', data: 1 }
 * console.log(decodeReturnValue(0x12340000)); // { kind: 'UNKNOWN', returnValue: 305397760 }
 * ```
 */
export function decodeReturnValue(returnValue: number): Action | UnknownAction {
  const kind = byReturnValue.get((returnValue & ACTION_MASK) >>> 0);
  const data = returnValue & ACTION_DATA_MASK;
  if (kind === undefined) return { kind: 'UNKNOWN', returnValue: returnValue >>> 0 };
  if (kind === 'ERRNO') return { kind, data: Math.min(data, MAX_ERRNO) };
  if (kind === 'TRACE') return { kind, data };
  // A handler sees it as si_errno (kernel/signal.c, force_sig_seccomp), and browsers choose what to emulate by it.
  if (kind === 'TRAP' && data !== 0) return { kind, data };
  return { kind };
}

/** `SECCOMP_RET_…` of a kind of action, its data 0. */
export function returnValueOf(kind: ActionKind): number {
  return MEANINGS[kind].returnValue;
}

/** Whether the data of such an action is part of what it does: for ERRNO, TRACE and TRAP. */
export function hasData(kind: (Action | UnknownAction)['kind']): boolean {
  return kind !== 'UNKNOWN' && MEANINGS[kind].hasData === true;
}

/** The data of an action that has some: 0 for a TRAP without, undefined for the kinds without. */
export function actionData(action: Action): number | undefined {
  switch (action.kind) {
    case 'ERRNO':
    case 'TRACE':
      return action.data;
    case 'TRAP':
      return action.data ?? 0;
    default:
      return undefined;
  }
}

/**
 * Whether nobody can distinguish two actions: neither the caller nor a tracer nor a handler of the signal.
 *
 * @throws nothing: it only compares
 *
 * @example
 * ```js
 * import { isSameAction } from 'libseccomp-wasm/bpf';
 *
 * console.log(isSameAction({ kind: 'TRAP' }, { kind: 'TRAP', data: 0 })); // true
 * console.log(isSameAction({ kind: 'ERRNO', data: 1 }, { kind: 'ERRNO', data: 13 })); // false
 * ```
 */
export function isSameAction(one: Action, other: Action): boolean {
  return one.kind === other.kind && actionData(one) === actionData(other);
}

/** Whether the kernel executes the call, whatever anybody else says: ALLOW and LOG. */
export function permits(action: AnyAction): boolean {
  return meaningOf(action).executes === 'yes';
}

/** Whether another process decides if the call is executed: the tracer of TRACE, the listener of NOTIFY. */
export function isDecidedElsewhere(action: AnyAction): boolean {
  return meaningOf(action).executes === 'asked';
}

/** Whether the call may be executed: the kernel does it, or asks somebody who may say so. */
export function mayRun(action: AnyAction): boolean {
  return meaningOf(action).executes !== 'no';
}

/** Whether the action ends the thread or the process, as TRAP's signal does where nobody handles it. */
export function kills(action: AnyAction): boolean {
  return meaningOf(action).kills === true;
}

/**
 * Whether runc puts its ENOSYS stub in front of a filter with this default (libcontainer/seccomp/patchbpf). It is
 * {@link mayRun}'s opposite, but that runc does not count NOTIFY among what may run: it refuses NOTIFY as a default.
 */
export function takesEnosysStub(defaultAction: Action): boolean {
  return defaultAction.kind === 'NOTIFY' || !mayRun(defaultAction);
}

/**
 * Which of two actions the kernel prefers where two filters disagree (seccomp(2)): negative where it is the first, 0 where
 * only their data can differ, which do not count.
 */
export function compareStrictness(one: AnyAction, other: AnyAction): number {
  return precedence(meaningOf(one).returnValue) - precedence(meaningOf(other).returnValue);
}

/** Whether the kernel prefers one action to another, as {@link compareStrictness} says. */
export function isStricter(one: AnyAction, other: AnyAction): boolean {
  return compareStrictness(one, other) < 0;
}

/**
 * How one decision replaced by another is to be judged. `stronger`: the call is let do less. `weaker`: it may do more,
 * or that is not known. `other`: it is let do the same, and the caller sees something else.
 */
export type Direction = 'weaker' | 'stronger' | 'other';

/**
 * Judge a change from one action to another, seen from the system call. The order is the kernel's
 * ({@link compareStrictness}), but TRACE and NOTIFY share a place: neither bounds the other. It fails closed, as a gate needs
 * it to. A change of TRACE's message, or between TRACE and NOTIFY, is `weaker`: another process decides, by rules of its own.
 * One errno for another, or one TRAP's data for another, is `other`: the call is not executed either way.
 *
 * @throws {InvalidArgumentError} when the kind of an action is unknown
 *
 * @example
 * ```js
 * import { judgeChange } from 'libseccomp-wasm/bpf';
 *
 * console.log(judgeChange({ kind: 'ERRNO', data: 1 }, { kind: 'ALLOW' })); // weaker
 * console.log(judgeChange({ kind: 'ERRNO', data: 1 }, { kind: 'ERRNO', data: 13 })); // other
 * ```
 */
export function judgeChange(from: Action, to: Action): Direction {
  if (isDecidedElsewhere(from) && isDecidedElsewhere(to)) return isSameAction(from, to) ? 'other' : 'weaker';
  if (from.kind === to.kind) return 'other';
  return isStricter(to, from) ? 'stronger' : 'weaker';
}

/**
 * What the kernel does on a return value: as {@link decodeReturnValue}, an unknown action being KILL_PROCESS (seccomp(2)).
 *
 * @throws nothing: the kernel does something on every value
 *
 * @example
 * ```js
 * import { kernelAction } from 'libseccomp-wasm/bpf';
 *
 * console.log(kernelAction(0x7fff0000), kernelAction(0x12340000)); // { kind: 'ALLOW' } { kind: 'KILL_PROCESS' }
 * ```
 */
export function kernelAction(returnValue: number): Action {
  const action = decodeReturnValue(returnValue);
  return action.kind === 'UNKNOWN' ? { kind: 'KILL_PROCESS' } : action;
}

/**
 * The return value for an action, which is libseccomp's SCMP_ACT_… too. libseccomp itself refuses an errno past 4094.
 *
 * @throws {InvalidArgumentError} when the data has more than 16 bits: the C macros would cut it
 * @throws {InvalidArgumentError} when there is no such action
 *
 * @example
 * ```js
 * import { encodeAction } from 'libseccomp-wasm/bpf';
 *
 * console.log(encodeAction({ kind: 'ERRNO', data: 1 }) === 0x00050001); // true
 * ```
 */
export function encodeAction(action: Action): number {
  if (typeof action !== 'object' || action === null) {
    throw new InvalidArgumentError(`unknown action ${quote(String(action))}; an action is { kind: 'ALLOW' }`);
  }
  const value = meaningOf(action).returnValue;
  if (!hasData(action.kind)) return value;
  const data = actionData(action);
  if (data === undefined || !Number.isInteger(data) || data < 0 || data > ACTION_DATA_MASK) {
    throw new InvalidArgumentError(`${action.kind} takes an integer from 0 to ${ACTION_DATA_MASK}, not ${data}`);
  }
  return (value | data) >>> 0;
}

/**
 * Rank of a return value among those of several filters on one system call: the lowest wins (seccomp(2); kernel/seccomp.c
 * compares the action as a signed number, data aside).
 *
 * @throws nothing: every value has a rank
 *
 * @example
 * ```js
 * import { precedence } from 'libseccomp-wasm/bpf';
 *
 * const [kill, errno, allow] = [0x80000000, 0x00050001, 0x7fff0000].map(precedence);
 * console.log(kill < errno, errno < allow); // true true
 * ```
 */
export function precedence(returnValue: number): number {
  return returnValue & ACTION_MASK;
}

/** Actions of the OCI runtime spec, config-linux.md, `syscalls[].action`. KILL is libseccomp's older name of KILL_THREAD. */
export const ACTION_NAMES: readonly ActionName[] = ['SCMP_ACT_KILL', ...KINDS.map((kind) => nameOfKind(kind))];

/** The kind that a profile names. */
export function kindOfName(name: ActionName): ActionKind {
  return name === 'SCMP_ACT_KILL' ? 'KILL_THREAD' : (name.slice('SCMP_ACT_'.length) as ActionKind);
}

/** A kind as profiles name it. */
export function nameOfKind<Kind extends ActionKind>(kind: Kind): `SCMP_ACT_${Kind}` {
  return `SCMP_ACT_${kind}`;
}

/** The largest data that a profile may give with an action (`errnoRet`, from 0 on); undefined where it takes none. */
export function maxErrnoRet(action: AnyAction): number | undefined {
  return meaningOf(action).maxErrnoRet;
}

/** Whether a profile may give data with an action (`errnoRet`): with ERRNO and TRACE. */
export function takesErrnoRet(action: AnyAction): boolean {
  return maxErrnoRet(action) !== undefined;
}

/** The data that a profile gives with an action; undefined where it gives none, as with TRAP. */
export function errnoRetOf(action: Action): number | undefined {
  return takesErrnoRet(action) ? actionData(action) : undefined;
}

/**
 * An action as text: `ALLOW`, `TRACE(7)`, `TRAP`, `TRAP(23)`, `ERRNO(EPERM)`; the errno by number where the
 * architecture numbers differently.
 *
 * @throws nothing: every action has a text
 *
 * @example
 * ```js
 * import { formatAction } from 'libseccomp-wasm/bpf';
 *
 * console.log(formatAction({ kind: 'ERRNO', data: 1 }), formatAction({ kind: 'TRACE', data: 7 })); // ERRNO(EPERM) TRACE(7)
 * ```
 */
export function formatAction(action: Action, architecture?: ArchitectureName): string {
  checkArgument('formatAction', 'action', action, OBJECT);
  switch (action.kind) {
    case 'ERRNO':
      return `ERRNO(${errnoName(action.data, architecture) ?? action.data})`;
    case 'TRACE':
      return `TRACE(${action.data})`;
    case 'TRAP':
      return action.data ? `TRAP(${action.data})` : 'TRAP';
    default:
      return action.kind;
  }
}
