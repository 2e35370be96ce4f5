import { isSameAction } from '../../action.js';
import type { Action } from '../../policy.js';

/**
 * How one decision replaced by another is to be judged. `stronger`: the call is let do less. `weaker`: it may do more, or
 * that cannot be told. `other`: it is let do the same and told otherwise.
 */
export type Direction = 'weaker' | 'stronger' | 'other';

// From the most permissive down. Seen from the system call: ALLOW and LOG execute it; with TRACE and NOTIFY another process
// decides whether it is executed; with the others it never is. Among those the order is that of how little is left of the
// caller: it goes on (ERRNO), it may handle a signal (TRAP), the thread ends, the process ends. It is the kernel's own
// precedence (seccomp(2)), but that NOTIFY and TRACE share a place, since neither bounds the other.
const RANKS: Readonly<Record<Action['kind'], number>> = {
  ALLOW: 6,
  LOG: 5,
  TRACE: 4,
  NOTIFY: 4,
  ERRNO: 3,
  TRAP: 2,
  KILL_THREAD: 1,
  KILL_PROCESS: 0,
};

/**
 * Judge a change from one action to another. It fails closed, as a gate needs it to: what is not known to let the call do at
 * most as much is `weaker`. So is a change of TRACE's message, or between TRACE and NOTIFY, where another process decides by
 * rules of its own. One errno for another, or one TRAP's data for another, is `other`: the call is not executed either way.
 */
export function judgeChange(from: Action, to: Action): Direction {
  const change = RANKS[to.kind] - RANKS[from.kind];
  if (change !== 0) return change > 0 ? 'weaker' : 'stronger';
  const isDecidedElsewhere = to.kind === 'TRACE' || to.kind === 'NOTIFY';
  return isDecidedElsewhere && !isSameAction(from, to) ? 'weaker' : 'other';
}
