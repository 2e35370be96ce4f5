import { actionData, hasData, isDecidedElsewhere, isSameAction, MAX_ERRNO, STRICTEST_FIRST } from '../../action.js';
import type { ArchitectureName } from '../../architecture.js';
import { errnoNumber } from '../../errno.js';
import { InvalidArgumentError } from '../../errors.js';
import type { Action } from '../../policy.js';
import { quote } from '../../text.js';
import { parseWrittenAction, type WrittenAction } from './action-text.js';

/**
 * Which of two actions is the stricter one, so that there is always a strictest of several, and a weakest. Between kinds
 * it is the kernel's order (seccomp(2)). Within a kind the kernel has none, and this is ours:
 *
 * - TRAP: data 0 first, which profiles can say, then ascending
 * - ERRNO: ENOSYS first, since programs that meet it take an older call; then 0, then descending. EPERM, which most
 *   profiles have as their default, is last. Where two differ, an intersection takes the one that somebody chose
 * - TRACE and NOTIFY: neither is stricter, nor one TRACE than another, since other processes decide (`judgeChange`).
 *   The strictest of two is the last ERRNO, and the weakest LOG.
 *
 * A list of actions puts its own first, within their kind. With TRACE or NOTIFY in it, these are in an order too.
 *
 * Both operations are commutative, associative and idempotent, and absorb each other: the actions are a lattice.
 */
export class ActionOrder {
  readonly #listed: readonly WrittenAction[];
  readonly #hasOrderElsewhere: boolean;
  readonly #lastErrno: Action;

  /**
   * @throws {InvalidArgumentError} when something listed is not an action with data, TRACE or NOTIFY
   */
  constructor(listed: readonly string[], architecture: ArchitectureName) {
    const enosys = { kind: 'ERRNO', data: errnoNumber('ENOSYS', architecture) } as const;
    this.#listed = [...listed.map((text) => listedAction(text, architecture)), enosys];
    this.#hasOrderElsewhere = this.#listed.some((each) => isDecidedElsewhere(each));
    this.#lastErrno = { kind: 'ERRNO', data: this.#last() };
  }

  /** The one that lets a call do less: what both permit. */
  strictest(one: Action, other: Action): Action {
    if (this.#isIncomparable(one, other)) return this.#lastErrno;
    return this.compare(one, other) <= 0 ? one : other;
  }

  /** The one that lets a call do more: what either permits. */
  weakest(one: Action, other: Action): Action {
    if (this.#isIncomparable(one, other)) return { kind: 'LOG' };
    return this.compare(one, other) <= 0 ? other : one;
  }

  /** Negative where the first is the stricter one; of TRACE and NOTIFY only with an order of theirs. */
  compare(one: Action, other: Action): number {
    return rank(one) - rank(other) || this.#place(one) - this.#place(other) || this.#number(one) - this.#number(other);
  }

  #isIncomparable(one: Action, other: Action): boolean {
    const areElsewhere = isDecidedElsewhere(one) && isDecidedElsewhere(other);
    return areElsewhere && !this.#hasOrderElsewhere && !isSameAction(one, other);
  }

  /** Its place in the list, past which are all others. */
  #place(action: Action): number {
    const at = this.#listed.findIndex(
      ({ kind, data }) => kind === action.kind && (data === undefined || data === actionData(action)),
    );
    return at < 0 ? this.#listed.length : at;
  }

  #number(action: Action): number {
    if (action.kind === 'NOTIFY') return -1;
    const data = actionData(action) ?? 0;
    return action.kind === 'ERRNO' && data > 0 ? MAX_ERRNO + 1 - data : data;
  }

  #last(): number {
    for (let data = 1; ; data++) {
      if (this.#place({ kind: 'ERRNO', data }) === this.#listed.length) return data;
    }
  }
}

function rank(action: Action): number {
  return STRICTEST_FIRST.indexOf(isDecidedElsewhere(action) ? 'NOTIFY' : action.kind);
}

/**
 * @throws {InvalidArgumentError} when it is no action, or one of a kind in which all are alike
 */
function listedAction(text: string, architecture: ArchitectureName): WrittenAction {
  const action = parseWrittenAction(text, architecture);
  const isOrdered = isDecidedElsewhere(action) || (hasData(action.kind) && action.data !== undefined);
  if (isOrdered) return action;
  const hint = "between kinds the order is the kernel's; give actions like ENOSYS, TRAP(5), NOTIFY, TRACE, TRACE(7)";
  throw new InvalidArgumentError(`the order of actions cannot have ${quote(text)}: ${hint}`);
}
