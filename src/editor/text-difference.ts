import type { TextEdit } from '../check/finding.js';

/** One edit that makes the one text of the other. */
export function textDifference(before: string, after: string): TextEdit {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { offset: start, length: before.length - end - start, text: after.slice(start, after.length - end) };
}
