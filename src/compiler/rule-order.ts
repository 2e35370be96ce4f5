import { encodeAction } from '../action.js';
import type { FilterOperation, RuleOperation } from './filter-operation.js';
import { isMultiplexer, MULTIPLEXED_CALLS } from './multiplexed-calls.js';

/**
 * The same calls in the order in which libseccomp is fastest: by descending system call number. It keeps system calls
 * in a list sorted by ascending number, and searches the place from the head (db.c, `db_rule_add`). What it builds is
 * then in memory in the order in which it is walked.
 *
 * The program is the same: rules of different system calls are independent, and rules of one call keep their order.
 * System calls that share a multiplexer (`socketcall`, `ipc`) do meet in its rules, so they stay in their order, in
 * front.
 */
export function fastestOrder(operations: readonly FilterOperation[]): FilterOperation[] {
  return operations
    .map((operation) => ({ operation, rank: rank(operation) }))
    .sort((a, b) => (a.rank === b.rank ? 0 : b.rank - a.rank))
    .map(({ operation }) => operation);
}

/**
 * The same calls without repeated ones that let libseccomp decide a system call whatever its arguments: it takes them and
 * changes nothing. But each addition compares all rules that there are (db.c, `db_col_transaction_start`), which takes long
 * for thousands. Repeated rules with conditions stay: they can change the tree.
 */
export function withoutRepeats(operations: readonly FilterOperation[]): FilterOperation[] {
  const seen = new Set<string>();
  return operations.filter((operation) => {
    if (operation.kind !== 'addRule' || operation.conditions.length > 0 || isShared(operation)) return true;
    const on = operation.on?.map(({ name }) => name);
    const key = `${operation.syscall} ${on} ${encodeAction(operation.action)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function rank(operation: FilterOperation): number {
  if (operation.kind !== 'addRule') return Number.POSITIVE_INFINITY;
  return isShared(operation) ? Number.MAX_SAFE_INTEGER : operation.syscall;
}

/** Whether the rules of other system calls meet a rule, in a multiplexer's tree. */
const isShared = ({ name }: RuleOperation) => MULTIPLEXED_CALLS.has(name) || isMultiplexer(name);
