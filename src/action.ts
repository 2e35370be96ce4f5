import { InvalidArgumentError } from './errors.js';
import type { Action } from './policy.js';

/** SECCOMP_RET_* of linux/seccomp.h, which are libseccomp's SCMP_ACT_* too: the action in the upper 16 bits. */
const ACTION_VALUES: Readonly<Record<Action['kind'], number>> = {
  KILL_PROCESS: 0x80000000,
  KILL_THREAD: 0x00000000,
  TRAP: 0x00030000,
  ERRNO: 0x00050000,
  NOTIFY: 0x7fc00000,
  TRACE: 0x7ff00000,
  LOG: 0x7ffc0000,
  ALLOW: 0x7fff0000,
};

const KINDS = new Map(Object.entries(ACTION_VALUES).map(([kind, value]) => [value, kind as Action['kind']]));

const ACTION_MASK = 0xffff0000;
const DATA_MASK = 0xffff;

/** The filter's return value (unsigned 32 bits) that stands for an action. Data beyond 16 bits is an error, not cut. */
export function encodeAction(action: Action): number {
  const value = ACTION_VALUES[action.kind];
  if (value === undefined) throw new InvalidArgumentError(`unknown action ${JSON.stringify(action)}`);
  const data = 'data' in action ? action.data : 0;
  if (!Number.isInteger(data) || data < 0 || data > DATA_MASK) {
    throw new InvalidArgumentError(`${action.kind} takes a value of 0..65535, not ${data}`);
  }
  return (value | data) >>> 0;
}

/**
 * The action a return value stands for. The kernel treats values it does not know as KILL_PROCESS (kernel/seccomp.c,
 * `__seccomp_filter`), and so does this; data of actions that have none is dropped.
 */
export function decodeAction(value: number): Action {
  const kind = KINDS.get((value & ACTION_MASK) >>> 0) ?? 'KILL_PROCESS';
  return kind === 'ERRNO' || kind === 'TRACE' ? { kind, data: value & DATA_MASK } : { kind };
}
