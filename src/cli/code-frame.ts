import { printable } from '../text.js';
import { Color, type Paint } from './colors.js';

/** How many lines are shown before and after the one that is meant. */
const CONTEXT = 1;
/** Columns of the text that are left of the place where a line is too long to be shown whole. */
const LEAD = 24;
const TAB = '  ';

/** What a place begins with: a string, a word or number, or one character, such as a brace. */
const TOKEN = /"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|[\w$@.+~-]+|\S/uy;

/** Wide characters take two columns (Unicode's East Asian width, roughly). */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

/**
 * The lines of a text around a place, with carets under it, as compilers show them. Lines that are too long are cut to
 * what is around the place. `line` and `column` count from 1, columns in UTF-16 code units.
 */
export function codeFrame(
  text: string,
  { line, column = 1 }: { line: number; column?: number },
  { width, paint }: { width: number; paint: Paint },
): string[] {
  const lines = text.split(/\r\n?|\n/);
  const marked = lines[line - 1];
  if (marked === undefined) return [];
  const first = Math.max(1, line - CONTEXT);
  const last = Math.min(lines.length, line + CONTEXT);
  const digits = String(last).length;
  const room = Math.max(20, width - digits - 3);
  const start = Math.min(column - 1, marked.length);
  const cut = cutAt(marked, start, room);
  const gutter = (number: string) => paint(Color.DIM, `${number.padStart(digits)} |`);
  const shown = (number: number): string[] => {
    const content = lines[number - 1] ?? '';
    if (number !== line) {
      const whole = shownText(content);
      // Around a line that is cut, others have nothing to do with what is seen of it.
      if (cut > 0 || (number === lines.length && content === '')) return [];
      return [`${gutter(String(number))} ${paint(Color.DIM, clip(whole, room))}`];
    }
    TOKEN.lastIndex = start;
    const token = TOKEN.exec(marked)?.[0] ?? '';
    const before = shownText(marked.slice(cut, start));
    const lead = cut > 0 ? '…' : '';
    const carets = Math.max(1, Math.min(columns(shownText(token)), room - columns(lead + before)));
    return [
      `${gutter(String(number))} ${paint(undefined, clip(lead + shownText(marked.slice(cut)), room))}`,
      `${gutter('')} ${' '.repeat(columns(lead + before))}${paint(Color.BOLD_RED, '^'.repeat(carets))}`,
    ];
  };
  return Array.from({ length: last - first + 1 }, (_, index) => first + index).flatMap(shown);
}

/** Where what is shown of a line begins. */
function cutAt(line: string, start: number, room: number): number {
  if (columns(shownText(line.slice(0, start))) < room - 12) return 0;
  return Math.max(0, start - LEAD);
}

/** Foreign text as it may be seen: tabs have a fixed width, so that carets stand below what they mean. */
const shownText = (text: string): string => printable(text.slice(0, 4096).replaceAll('\t', TAB), 4096);

function columns(text: string): number {
  let count = 0;
  for (const character of text) count += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return count;
}

function clip(text: string, room: number): string {
  if (columns(text) <= room) return text;
  let [kept, used] = ['', 0];
  for (const character of text) {
    used += columns(character);
    if (used > room - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
