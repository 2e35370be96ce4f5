/** Columns that lines may take, where nobody says. */
export const DEFAULT_WIDTH = 100;

const COLOR = new RegExp(`${String.fromCharCode(0x1b)}\\[[\\d;]*m`, 'g');
/** Columns that a text takes: the escape sequences of colours take none. */
export const columns = (text: string) => text.replace(COLOR, '').length;

/** How lines are broken: the columns they may take, and the indents of the first line and of those that continue it. */
export interface Layout {
  width: number;
  first: string;
  next?: string;
}

/** Words as lines that take no more columns than they may, where that can be: a word is never broken. */
export function wrapWords(words: readonly string[], { width, first, next = first }: Layout): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of words) {
    if (!isEmpty && columns(line) + 1 + columns(word) > width) {
      lines.push(line);
      line = next + word;
    } else line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

/** A sentence of conditions: a line ends before "and", "or" and the like, and elsewhere only where it must. */
export function wrapConditions(text: string, layout: Layout): string[] {
  const { width, next = layout.first } = layout;
  const room = width - next.length;
  const clauses = text.split(/ (?=(?:and|or|when|else|without|with|no) )/);
  return wrapWords(
    clauses.flatMap((clause) => (columns(clause) > room ? clause.split(' ') : [clause])),
    layout,
  );
}
