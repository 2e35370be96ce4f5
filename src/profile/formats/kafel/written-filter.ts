import type { SeccompArgument } from '../../model/schema.js';
import { valueText } from '../written-text.js';

const OPERATORS = { EQ: '==', NE: '!=', LT: '<', LE: '<=', GT: '>', GE: '>=' } as const;
/** Names for arguments: what is declared is compared in 64 bits. */
const ARGUMENTS = ['a', 'b', 'c', 'd', 'e', 'f'];

/** A call of a block, by kafel's name of it: one of the lists of conditions must hold. */
export function filterText(word: string, alternatives: readonly (readonly SeccompArgument[])[]): string {
  if (alternatives.some((args) => args.length === 0)) return word;
  const most = Math.max(...alternatives.flatMap((args) => args.map(({ index }) => Number(index))));
  const declared = ARGUMENTS.slice(0, most + 1).join(', ');
  const conditions = alternatives.map((args) => args.map(comparisonText).join(' && '));
  return `${word}(${declared}) { ${conditions.join(' || ')} }`;
}

function comparisonText({ index, op, value, valueTwo }: SeccompArgument): string {
  const name = ARGUMENTS[Number(index)]!;
  if (op === 'SCMP_CMP_MASKED_EQ') return `(${name} & ${valueText(value)}) == ${valueText((valueTwo ?? 0n) & value)}`;
  return `${name} ${OPERATORS[op.slice('SCMP_CMP_'.length) as keyof typeof OPERATORS]} ${valueText(value)}`;
}
