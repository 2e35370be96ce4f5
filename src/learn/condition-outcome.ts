import type { ArgumentCondition } from '../policy.js';
import type { ObservedArgument } from './observations.js';

const ALL_64_BITS = (1n << 64n) - 1n;
const LOW_BITS = (1n << 32n) - 1n;

/** The bits of an argument that a condition looks at. */
export function conditionMask({ op, value }: ArgumentCondition): bigint {
  return op === 'MASKED_EQ' ? value : ALL_64_BITS;
}

/**
 * Whether conditions (all of them) hold for a call of which some bits are known; 'unknown' where the other bits decide.
 * On architectures with 32-bit arguments libseccomp compares the low halves.
 */
export function conditionsHold(
  conditions: readonly ArgumentCondition[],
  args: readonly ObservedArgument[],
  wordSize: 32 | 64,
): boolean | 'unknown' {
  let all: boolean | 'unknown' = true;
  for (const condition of conditions) {
    const holds = conditionHolds(condition, args, wordSize === 32 ? LOW_BITS : ALL_64_BITS);
    if (holds === false) return false;
    if (holds === 'unknown') all = 'unknown';
  }
  return all;
}

function conditionHolds(
  condition: ArgumentCondition,
  args: readonly ObservedArgument[],
  register: bigint,
): boolean | 'unknown' {
  const { index, op } = condition;
  const mask = conditionMask(condition) & register;
  const observed = args.find((each) => each.index === index);
  if (!observed || (mask & ~observed.mask) !== 0n) return mask === 0n ? condition.valueTwo === 0n : 'unknown';
  const argument = observed.value & mask;
  const value = condition.value & register;
  switch (op) {
    case 'NE':
      return argument !== value;
    case 'LT':
      return argument < value;
    case 'LE':
      return argument <= value;
    case 'EQ':
      return argument === value;
    case 'GE':
      return argument >= value;
    case 'GT':
      return argument > value;
    case 'MASKED_EQ':
      // libseccomp masks the datum too
      return argument === (condition.valueTwo & mask);
  }
}
