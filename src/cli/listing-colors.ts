import type { ListingPart } from '../bpf/index.js';
import type { ExplanationPart } from '../explain/paint.js';
import { escapeControls } from '../text.js';
import { isTerminal } from './terminal.js';

// ECMA-48 SGR, for dark and light backgrounds alike.
const CODES: Readonly<Record<ListingPart | ExplanationPart, string | undefined>> = {
  place: '2',
  fields: '2',
  words: undefined,
  allow: '32',
  deny: '31',
  comment: '36',
  heading: '1',
  allowed: '32',
  asked: '33',
  denied: '31',
  weaker: '31',
  stronger: '32',
  other: '33',
  note: '36',
};

/** Colours for what is written to a file descriptor; each part is escaped first. Undefined: none are wanted. */
export function listingColors(fd = 1): ((part: ListingPart | ExplanationPart, text: string) => string) | undefined {
  if (!hasColors(fd)) return undefined;
  return (part, text) => {
    const safe = escapeControls(text);
    return CODES[part] ? `\x1b[${CODES[part]}m${safe}\x1b[0m` : safe;
  };
}

/**
 * Whether colours are wanted: on a terminal that has them, or where FORCE_COLOR is set to anything but 0 or false, and
 * never where NO_COLOR is (no-color.org, force-color.org).
 */
export function hasColors(fd: number): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isTerminal(fd) && TERM !== 'dumb';
}
