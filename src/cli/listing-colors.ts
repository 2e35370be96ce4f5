import type { FormatOptions, ListingPart } from '../bpf/index.js';
import { escapeControls } from '../text.js';
import { isTerminal } from './terminal.js';

// ECMA-48 SGR, for dark and light backgrounds alike.
const CODES: Readonly<Record<ListingPart, string | undefined>> = {
  place: '2',
  fields: '2',
  words: undefined,
  allow: '32',
  deny: '31',
  comment: '36',
};

/** Colours for a listing on standard output: on a terminal that has them, and never where NO_COLOR is set. */
export function listingColors(): FormatOptions['paint'] {
  const { NO_COLOR, TERM } = process.env;
  if (!isTerminal(1) || NO_COLOR || TERM === 'dumb') return undefined;
  return (part, text) => {
    const safe = escapeControls(text);
    return CODES[part] ? `\x1b[${CODES[part]}m${safe}\x1b[0m` : safe;
  };
}
