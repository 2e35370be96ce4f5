import type { FilterOperation } from './filter-operation.js';
import { isMultiplexer, MULTIPLEXED_CALLS } from './multiplexed-calls.js';

/**
 * The same calls in the order that libseccomp is fastest with: by descending system call number. It keeps a system
 * call's rules in a list sorted by ascending number and looks for the place from its head (db.c, `db_rule_add`), and what
 * it builds then lies in memory as it is walked.
 *
 * The program is the same, since rules of different system calls know nothing of each other, and those of one keep their
 * order. System calls that share a multiplexer (`socketcall`, `ipc`) do meet, in its rules: all of them stay as they are,
 * in front.
 */
export function fastestOrder(operations: readonly FilterOperation[]): FilterOperation[] {
  return operations
    .map((operation) => ({ operation, rank: rank(operation) }))
    .sort((a, b) => (a.rank === b.rank ? 0 : b.rank - a.rank))
    .map(({ operation }) => operation);
}

function rank(operation: FilterOperation): number {
  if (operation.kind !== 'addRule') return Number.POSITIVE_INFINITY;
  const { name, syscall } = operation;
  return MULTIPLEXED_CALLS.has(name) || isMultiplexer(name) ? Number.MAX_SAFE_INTEGER : syscall;
}
