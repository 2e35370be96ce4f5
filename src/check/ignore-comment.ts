import type { CheckedEntry } from './context.js';

const DIRECTIVE = /\bscmp-ignore:?\s+([a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)/g;

/**
 * The findings that the author of an entry accepts: its `comment` has `scmp-ignore ID` or `scmp-ignore ID, ID`
 * anywhere, beside the reason. They are ignored for this entry alone, and counted.
 */
export function ignoredIds({ written: { comment } }: CheckedEntry): string[] {
  if (typeof comment !== 'string') return [];
  return [...comment.matchAll(DIRECTIVE)].flatMap(([, ids = '']) => ids.split(/\s*,\s*/));
}
