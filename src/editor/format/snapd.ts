import { joined, linesOf } from './lines.js';

/** A snap's template: one blank between a call and its arguments. */
export function formatSnapd(text: string): string {
  return joined(
    linesOf(text).map((line) => (line.trim().startsWith('#') ? line.trim() : line.trim().replace(/\s+/g, ' '))),
  );
}
