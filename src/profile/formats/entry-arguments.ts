import type { SeccompArgument } from '../model/schema.js';

/** An argument compared in all its bits. */
export const compared = (
  index: number,
  op: 'NE' | 'LT' | 'LE' | 'EQ' | 'GE' | 'GT',
  value: bigint,
): SeccompArgument => ({
  index: BigInt(index),
  op: `SCMP_CMP_${op}`,
  value,
});

/** The bits of an argument that are in a mask, compared with a value. */
export const masked = (index: number, mask: bigint, value: bigint): SeccompArgument => ({
  index: BigInt(index),
  op: 'SCMP_CMP_MASKED_EQ',
  value: mask,
  valueTwo: value,
});
