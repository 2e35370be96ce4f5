import { type ActionKind, returnValueOf, STRICTEST_FIRST } from '../../src/action.js';

/** Numbers of `linux/seccomp.h`; they are the same on every architecture. */

export const SECCOMP_SET_MODE_STRICT = 0;
export const SECCOMP_SET_MODE_FILTER = 1;
export const SECCOMP_GET_ACTION_AVAIL = 2;
export const SECCOMP_GET_NOTIF_SIZES = 3;

/** `SECCOMP_FILTER_FLAG_…`, the second argument of seccomp(2) with SECCOMP_SET_MODE_FILTER. */
export const INSTALL_FLAGS = {
  SECCOMP_FILTER_FLAG_TSYNC: 1 << 0,
  SECCOMP_FILTER_FLAG_LOG: 1 << 1,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 1 << 2,
  SECCOMP_FILTER_FLAG_NEW_LISTENER: 1 << 3,
  SECCOMP_FILTER_FLAG_TSYNC_ESRCH: 1 << 4,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 1 << 5,
} as const;

export type InstallFlag = keyof typeof INSTALL_FLAGS;

/** An action by the kernel's name, `SECCOMP_RET_…`. */
export type KernelAction = Exclude<ActionKind, 'NOTIFY'> | 'USER_NOTIF';

/** `SECCOMP_RET_…`, strictest first, without the 16 bits of data. */
export const ACTIONS = Object.fromEntries(
  STRICTEST_FIRST.map((kind) => [kind === 'NOTIFY' ? 'USER_NOTIF' : kind, returnValueOf(kind)]),
) as Readonly<Record<KernelAction, number>>;
