import type { Architecture } from '../architecture.js';
import type { ArgumentCondition } from '../policy.js';
import type { Multiplexer } from '../syscalls/multiplexed-calls.js';

export {
  callsBehind,
  isMultiplexer,
  MULTIPLEXED_CALLS,
  MULTIPLEXERS,
  type Multiplexer,
} from '../syscalls/multiplexed-calls.js';

/** The condition that selects a call of a multiplexer, as libseccomp compares it: with the whole register. */
export const isCall = ({ call }: { call: bigint }): ArgumentCondition => ({
  index: 0,
  op: 'EQ',
  value: call,
  valueTwo: 0n,
});

/** A rule's conditions behind a multiplexer: the call's number replaces any condition on argument 0. */
export const conditionsBehind = (
  multiplexed: { call: bigint },
  conditions: readonly ArgumentCondition[],
): readonly ArgumentCondition[] => [isCall(multiplexed), ...conditions.filter(({ index }) => index !== 0)];

/**
 * How many bits of argument 0 the kernel takes for the number of the call. net/socket.c takes all 32 of an int.
 * ipc/syscall.c takes 16, with a version above them, which arch/s390/kernel/syscall.c refuses.
 */
export const bitsOfCall = (multiplexer: Multiplexer, { name }: Architecture): number =>
  multiplexer === 'ipc' && !name.startsWith('s390') ? 16 : 32;
