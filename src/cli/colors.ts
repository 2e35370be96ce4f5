import { escapeControls } from '../text.js';
import { isTerminal } from './terminal.js';

/** ECMA-48 SGR, for dark and light backgrounds alike. */
export const Color = {
  BOLD: '1',
  DIM: '2',
  RED: '31',
  GREEN: '32',
  YELLOW: '33',
  CYAN: '36',
  BOLD_RED: '1;31',
} as const;

/** Colours a part of a line; the text is escaped first, so that foreign text cannot bring codes of its own. */
export type Paint = (code: string | undefined, text: string) => string;

/** Whether FORCE_COLOR is set to anything but 0 or false (force-color.org). */
function isForced(): boolean {
  const { FORCE_COLOR } = process.env;
  return FORCE_COLOR !== undefined && FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
}

/** Whether people look at what is written to a file descriptor: a terminal, or a log that is shown as on one. */
export function isForPeople(fd: number): boolean {
  return isForced() || (isTerminal(fd) && process.env.TERM !== 'dumb');
}

/** Whether colours are wanted: where people look, and never where NO_COLOR is set (no-color.org) or FORCE_COLOR is 0. */
export function hasColors(fd: number): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR) return false;
  return FORCE_COLOR === undefined ? isForPeople(fd) : isForced();
}

/** The colours of what is written there; where it has none the text is escaped all the same. */
export function paintFor(fd: number): Paint {
  const isColored = hasColors(fd);
  return (code, text) => {
    const safe = escapeControls(text);
    return isColored && code !== undefined && safe !== '' ? `\x1b[${code}m${safe}\x1b[0m` : safe;
  };
}
