import type { Architecture } from '../architecture.js';
import type { ArgumentCondition } from '../policy.js';

const LOW_HALF = 2n ** 32n - 1n;
/** From here on a value is a negative int with its sign extended, and means its low half. */
const FIRST_NEGATIVE = 2n ** 64n - 2n ** 31n;

/** What a condition means on registers of 32 bits, where libseccomp compares the value's low half. */
export type NarrowMeaning = 'never' | 'always' | 'low-half';

/** What a condition on bits past 32 means where an argument has none. */
export function narrowMeaning({ op, value, valueTwo }: ArgumentCondition): NarrowMeaning {
  const datum = op === 'MASKED_EQ' ? valueTwo & value : value;
  if (datum <= LOW_HALF || datum >= FIRST_NEGATIVE) return 'low-half';
  return op === 'NE' || op === 'LT' || op === 'LE' ? 'always' : 'never';
}

/** The conditions on registers of 32 bits, without those that always hold; undefined where one never does. */
export function narrowConditions(conditions: readonly ArgumentCondition[]): readonly ArgumentCondition[] | undefined {
  const meanings = conditions.map(narrowMeaning);
  if (meanings.includes('never')) return undefined;
  return conditions.filter((_, index) => meanings[index] === 'low-half');
}

/** Whether libseccomp, which compares low halves, decides otherwise than the conditions there. */
export const isCutShort = (conditions: readonly ArgumentCondition[]): boolean =>
  conditions.some((condition) => narrowMeaning(condition) !== 'low-half');

export const isNarrow = ({ wordSize }: Architecture): boolean => wordSize === 32;
