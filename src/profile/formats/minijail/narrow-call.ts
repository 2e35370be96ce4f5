import type { CallNarrowing } from '../narrow-call.js';
import { valueText } from '../written-text.js';
import { bitsOf, conditionText } from './written-lines.js';

/** That some bits of an argument are those of a value. */
export function equalText(index: number, mask: bigint, datum: bigint): string {
  const masked = { index: BigInt(index), op: 'SCMP_CMP_MASKED_EQ', value: mask, valueTwo: datum } as const;
  return conditionText([{ args: [masked] }]);
}

/** That they are not: one is set that the value has not, or one that it has is clear. */
export const differingText = (index: number, mask: bigint, datum: bigint) =>
  differences(index, mask, datum).join(' || ');

function differences(index: number, mask: bigint, datum: bigint): string[] {
  const others = mask & ~datum;
  const lacking = [...bitsOf(datum & mask)].map((bit) => `arg${index} in ~${valueText(bit)}`);
  return [...(others === 0n ? [] : [`arg${index} & ${valueText(others)}`]), ...lacking];
}

const SIGNS = { EQ: '==', NE: '!=' } as const;

export const minijailNarrowing: CallNarrowing = {
  call: /(?:\\\r?\n|[^\r\n])*/,
  narrowed(call, { index, op, mask, datum }) {
    if (op !== 'EQ' && op !== 'NE') return undefined;
    const atom = new RegExp(`arg${index}\\s+${SIGNS[op]}\\s+[^\\s;,}]+`);
    const alternatives = op === 'EQ' ? [equalText(index, mask, datum)] : differences(index, mask, datum);
    // What is joined by "&&" is repeated with each alternative: minijail has no parentheses around comparisons.
    const repeated = (part: string) => {
      const inner = part.trim();
      return part.replace(inner, alternatives.map((each) => inner.replace(atom, each)).join(' || '));
    };
    const parts = call.split(/(\|\||[;{}]|:|#[\s\S]*$|\\\r?\n)/);
    return parts.map((part) => (atom.test(part) ? repeated(part) : part)).join('');
  },
};
