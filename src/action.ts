import type { ArchitectureName } from './architecture.js';
import { errnoName } from './errno.js';
import { InvalidArgumentError } from './errors.js';
import type { Action } from './policy.js';
import { quote } from './text.js';

// SECCOMP_RET_… of linux/seccomp.h.
const RETURN_VALUES: Readonly<Record<Action['kind'], number>> = {
  KILL_PROCESS: 0x80000000,
  KILL_THREAD: 0x00000000,
  TRAP: 0x00030000,
  ERRNO: 0x00050000,
  NOTIFY: 0x7fc00000,
  TRACE: 0x7ff00000,
  LOG: 0x7ffc0000,
  ALLOW: 0x7fff0000,
};
const ACTION_MASK = 0xffff0000;
const DATA_MASK = 0xffff;
/** The kinds whose data somebody sees. */
const WITH_DATA: ReadonlySet<Action['kind']> = new Set(['ERRNO', 'TRACE', 'TRAP']);
/** The largest errno a system call can return (linux/err.h); kernel/seccomp.c turns a larger ERRNO into it. */
export const MAX_ERRNO = 4095;

/** A filter's return value that names no action the kernel knows. */
export interface UnknownAction {
  kind: 'UNKNOWN';
  /** The whole value, 32 bits unsigned. */
  returnValue: number;
}

const kinds = new Map(Object.entries(RETURN_VALUES).map(([kind, value]) => [value, kind as Action['kind']]));

/**
 * What a filter's return value (32 bits, SECCOMP_RET_… | data; linux/seccomp.h) asks for. Data that has no effect on the
 * decision is left out, and an ERRNO past 4095 is 4095, as in the kernel.
 */
export function decodeReturnValue(returnValue: number): Action | UnknownAction {
  const kind = kinds.get((returnValue & ACTION_MASK) >>> 0);
  const data = returnValue & DATA_MASK;
  if (kind === undefined) return { kind: 'UNKNOWN', returnValue: returnValue >>> 0 };
  if (kind === 'ERRNO') return { kind, data: Math.min(data, MAX_ERRNO) };
  if (kind === 'TRACE') return { kind, data };
  // A handler sees it as si_errno (kernel/signal.c, force_sig_seccomp), and browsers choose what to emulate by it.
  if (kind === 'TRAP' && data !== 0) return { kind, data };
  return { kind };
}

/** Whether the data of such an action is part of what it does: for ERRNO, TRACE and TRAP. */
export function hasData(kind: (Action | UnknownAction)['kind']): boolean {
  return WITH_DATA.has(kind as Action['kind']);
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

/** Whether nobody can tell two actions apart: neither the caller nor a tracer nor a handler of the signal. */
export function isSameAction(one: Action, other: Action): boolean {
  return one.kind === other.kind && actionData(one) === actionData(other);
}

/** Whether an action lets the call run. TRACE and NOTIFY leave it to somebody else, who may refuse. */
export function permits({ kind }: Action): boolean {
  return kind === 'ALLOW' || kind === 'LOG';
}

/** What the kernel does on a return value: as {@link decodeReturnValue}, an unknown action being KILL_PROCESS (seccomp(2)). */
export function kernelAction(returnValue: number): Action {
  const action = decodeReturnValue(returnValue);
  return action.kind === 'UNKNOWN' ? { kind: 'KILL_PROCESS' } : action;
}

/**
 * The return value for an action, which is libseccomp's SCMP_ACT_… too. Data beyond 16 bits raises
 * {@link InvalidArgumentError} (the C macros would cut it); libseccomp itself refuses an errno past 4094.
 */
export function encodeAction(action: Action): number {
  const value = RETURN_VALUES[action.kind];
  if (value === undefined) throw new InvalidArgumentError(`unknown action ${quote(String(action))}`);
  if (!hasData(action.kind)) return value;
  const data = actionData(action);
  if (data === undefined || !Number.isInteger(data) || data < 0 || data > DATA_MASK) {
    throw new InvalidArgumentError(`${action.kind} takes an integer from 0 to ${DATA_MASK}, not ${data}`);
  }
  return (value | data) >>> 0;
}

/**
 * Rank of a return value among those of several filters on one system call: the lowest wins (seccomp(2); kernel/seccomp.c
 * compares the action as a signed number, data aside).
 */
export function precedence(returnValue: number): number {
  return returnValue & ACTION_MASK;
}

/** An action as text: `ALLOW`, `TRACE(7)`, `TRAP`, `TRAP(23)`, `ERRNO(EPERM)`; the errno by number where the architecture numbers differently. */
export function formatAction(action: Action, architecture?: ArchitectureName): string {
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
