import type { CallNarrowing } from '../narrow-call.js';
import { namedConditions } from './named-conditions.js';

const KEYS_OF_OTHERS = 'names|names_with_args|action|syscalls|default_action';

/** An argument's comparison becomes one for each bit that must be set, and one for those that must not. */
export const goSeccompBpfNarrowing: CallNarrowing = {
  // A name and the lines below it, up to the next name or the next key of a group.
  call: new RegExp(String.raw`[^\n]*(?:\n(?!\s*-\s+(?:name|action)\s*:|\s*(?:${KEYS_OF_OTHERS})\s*:)[^\n]*)*`),
  narrowed(call, { index, groups }) {
    const [first, another] = groups;
    if (first === undefined || another !== undefined) return undefined;
    const lines = String.raw`argument:[^\S\n]*${index}[^\S\n]*(\r?\n[^\S\n]+)operation:[^\S\n]*\w+[^\S\n]*\r?\n[^\S\n]+value:[^\S\n]*\w+`;
    const flow = String.raw`\{[^\S\n]*argument:[^\S\n]*${index}[^\S\n]*,[^{}\n]*\}`;
    const found = new RegExp(String.raw`^([^\n]*?)-([^\S\n]+)(?:${lines}|${flow})`, 'm').exec(call);
    if (!found) return undefined;
    const [whole, indent = '', gap = ' ', between] = found;
    const item = (pairs: readonly string[]) =>
      `${indent}-${gap}${between === undefined ? `{ ${pairs.join(', ')} }` : pairs.join(between)}`;
    const made = namedConditions({
      index: BigInt(index),
      op: 'SCMP_CMP_MASKED_EQ',
      value: first.mask,
      valueTwo: first.datum,
    }).map(({ argument, operation, value }) =>
      item([`argument: ${argument}`, `operation: ${operation}`, `value: ${value}`]),
    );
    return call.replace(whole, made.join(call.includes('\r\n') ? '\r\n' : '\n'));
  },
};
