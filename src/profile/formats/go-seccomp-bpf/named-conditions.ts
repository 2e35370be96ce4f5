import type { SeccompArgument } from '../../model/schema.js';

const OPERATIONS = {
  EQ: 'Equal',
  NE: 'NotEqual',
  GT: 'GreaterThan',
  LT: 'LessThan',
  GE: 'GreaterOrEqual',
  LE: 'LessOrEqual',
} as const;
const ALL_64_BITS = 2n ** 64n - 1n;

export interface NamedCondition {
  argument: bigint;
  operation: string;
  value: bigint;
}

/** A mask of any bits is each bit that must be set, and those that must not: all conditions hold together. */
export function namedConditions({ index: argument, op, value, valueTwo }: SeccompArgument): NamedCondition[] {
  if (op !== 'SCMP_CMP_MASKED_EQ') {
    return [{ argument, operation: OPERATIONS[op.slice('SCMP_CMP_'.length) as keyof typeof OPERATIONS], value }];
  }
  const datum = (valueTwo ?? 0n) & value;
  if (value === ALL_64_BITS) return [{ argument, operation: 'Equal', value: datum }];
  const conditions: NamedCondition[] = [];
  for (let bit = 1n; bit <= datum; bit <<= 1n) {
    if (datum & bit) conditions.push({ argument, operation: 'BitsSet', value: bit });
  }
  const unset = value & ~datum;
  if (unset !== 0n || conditions.length === 0) conditions.push({ argument, operation: 'BitsNotSet', value: unset });
  return conditions;
}
