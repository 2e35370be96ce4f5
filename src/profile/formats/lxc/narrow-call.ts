import { number } from '../../../phrases.js';
import type { CallNarrowing } from '../narrow-call.js';

/** Only "&=" compares under a mask; for another comparison a line is written for each group of values. */
export const lxcNarrowing: CallNarrowing = {
  call: /[^\r\n]*/,
  narrowed(call, { index, groups }) {
    const condition = new RegExp(`\\[ *${index} *,[^\\]]*\\]`).exec(call)?.[0];
    if (condition === undefined || groups.length === 0) return undefined;
    return groups
      .map(({ mask, datum }) => call.replace(condition, `[${index},${number(datum)},&=,${number(mask)}]`))
      .join('\n');
  },
};
