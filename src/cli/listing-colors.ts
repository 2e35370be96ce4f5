import type { ListingPart } from '../bpf/index.js';
import type { ExplanationPart } from '../explain/paint.js';
import { Color, hasColors, paintFor } from './colors.js';

const CODES: Readonly<Record<ListingPart | ExplanationPart, string | undefined>> = {
  place: Color.DIM,
  fields: Color.DIM,
  words: undefined,
  allow: Color.GREEN,
  deny: Color.RED,
  comment: Color.CYAN,
  heading: Color.BOLD,
  allowed: Color.GREEN,
  asked: Color.YELLOW,
  denied: Color.RED,
  weaker: Color.RED,
  stronger: Color.GREEN,
  other: Color.YELLOW,
  note: Color.CYAN,
};

/** Colours for what is written to a file descriptor; each part is escaped first. Undefined: none are wanted. */
export function listingColors(fd = 1): ((part: ListingPart | ExplanationPart, text: string) => string) | undefined {
  if (!hasColors(fd)) return undefined;
  const paint = paintFor(fd);
  return (part, text) => paint(CODES[part], text);
}
