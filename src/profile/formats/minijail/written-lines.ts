import type { SeccompArgument } from '../../model/schema.js';
import type { WrittenCase } from '../written-calls.js';
import { commentLines, valueText } from '../written-text.js';

const OPERATORS = { EQ: '==', NE: '!=', LT: '<', LE: '<=', GT: '>', GE: '>=' } as const;

/** Cases of which one must hold, as both compilers read it. */
export function conditionText(cases: readonly Pick<WrittenCase, 'args'>[]): string {
  return cases.map(({ args }) => args.map(atomText).join(' && ')).join(' || ');
}

/** A comment as lines of a policy. */
export function noteLines(comment: string | undefined): string[] {
  const lines = commentLines(comment);
  // A backslash at its end would take the next line for more of the comment.
  return lines.map((line) => (line.endsWith('\\') ? `${line}.` : line));
}

function atomText({ index, op, value, valueTwo }: SeccompArgument): string {
  const name = `arg${index}`;
  if (op !== 'SCMP_CMP_MASKED_EQ') {
    return `${name} ${OPERATORS[op.slice('SCMP_CMP_'.length) as keyof typeof OPERATORS]} ${valueText(value)}`;
  }
  const set = (valueTwo ?? 0n) & value;
  const clear = value & ~set;
  if (value === 2n ** 64n - 1n) return `${name} == ${valueText(set)}`;
  // "&" is any of the bits: each that must be set is asked for by itself.
  const atoms = [...bitsOf(set)].map((bit) => `${name} & ${valueText(bit)}`);
  if (clear !== 0n || atoms.length === 0) atoms.push(`${name} in ~${valueText(clear)}`);
  return atoms.join(' && ');
}

export function* bitsOf(value: bigint): Generator<bigint> {
  for (let bit = 1n; bit <= value; bit <<= 1n) if (value & bit) yield bit;
}
