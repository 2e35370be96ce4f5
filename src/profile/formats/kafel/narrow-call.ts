import { type CallNarrowing, replaceWords } from '../narrow-call.js';
import { valueText } from '../written-text.js';

/** An argument that a policy gives a name of its own is compared in 64 bits: a mask takes those that the kernel reads. */
export const kafelNarrowing: CallNarrowing = {
  call: /[\w[\]]+\s*\([\w\s,]*\)\s*\{[^{}]*\}/,
  narrowed(call, { index, op, mask }) {
    const [, head = '', names = '', conditions = ''] = /^([^(]*\(([^)]*)\)\s*)([\s\S]*)$/.exec(call) ?? [];
    const name = names.split(',')[index]?.trim();
    // A mask that is there already has bits to be taken out of it, which its author should see.
    if (!name || op === 'MASKED_EQ') return undefined;
    return head + replaceWords(conditions, String.raw`${name}(?!\s*&(?!&)|\w)`, `(${name} & ${valueText(mask)})`);
  },
};
