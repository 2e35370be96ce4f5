import { type FilterOperation, isRuleOperation, type RuleOperation } from './filter-operation.js';
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
  const [others, shared, alone]: [FilterOperation[], RuleOperation[], RuleOperation[]] = [[], [], []];
  for (const operation of operations) {
    if (!isRuleOperation(operation)) others.push(operation);
    else (isShared(operation) ? shared : alone).push(operation);
  }
  return [...others, ...shared, ...alone.sort((one, other) => other.syscall - one.syscall)];
}

/** Whether the rules of other system calls meet a rule, in a multiplexer's tree. */
const isShared = ({ name }: RuleOperation) => MULTIPLEXED_CALLS.has(name) || isMultiplexer(name);
