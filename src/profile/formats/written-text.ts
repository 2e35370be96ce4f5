import { escapeControls } from '../../text.js';

/** A comment as lines of a policy, each behind the mark; none where a profile has something else than a text there. */
export function commentLines(comment: unknown, mark = '#'): string[] {
  if (typeof comment !== 'string') return [];
  return comment.split(/\r\n?|\n/).map((line) => `${mark} ${escapeControls(line)}`.trimEnd());
}

/** A value as people write it in policies: below 1024 in decimal, others in hexadecimal. */
export function valueText(value: bigint): string {
  return value < 1024n ? String(value) : `0x${value.toString(16)}`;
}
