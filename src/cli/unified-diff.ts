import { diffLines, type LineChange } from '../line-changes.js';

/** Lines around a change that are shown with it, as of diff(1) and git. */
const CONTEXT = 3;

/** A line of a diff, and what it is: of the head, the place of a hunk, taken out, put in, or the same in both. */
export interface DiffLine {
  readonly kind: 'head' | 'place' | 'old' | 'new' | 'same';
  readonly text: string;
}

/** The lines of a unified diff, as diff(1) and git write it and patch(1) reads it; none where the texts are the same. */
export function unifiedDiff(before: string, after: string, name: string): DiffLine[] {
  const [olds, news] = [linesOf(before), linesOf(after)];
  const changes = diffLines(olds, news);
  if (changes.length === 0) return [];
  const lines: DiffLine[] = [
    { kind: 'head', text: `--- ${name}.orig\n` },
    { kind: 'head', text: `+++ ${name}\n` },
  ];
  const add = (kind: DiffLine['kind'], sign: string, line: string) => {
    const isWhole = line.endsWith('\n');
    lines.push({ kind, text: `${sign}${line}${isWhole ? '' : '\n\\ No newline at end of file\n'}` });
  };
  for (const hunk of hunksOf(changes)) {
    const first = hunk[0]!;
    const last = hunk.at(-1)!;
    const start = Math.max(0, first.from - CONTEXT);
    const end = Math.min(olds.length, last.from + last.count + CONTEXT);
    const shift = first.at - first.from;
    const newEnd = end + (last.at + last.added - (last.from + last.count));
    const place = `@@ -${range(start, end)} +${range(start + shift, newEnd)} @@\n`;
    lines.push({ kind: 'place', text: place });
    let line = start;
    for (const { from, count, at, added } of hunk) {
      for (; line < from; line++) add('same', ' ', olds[line]!);
      for (; line < from + count; line++) add('old', '-', olds[line]!);
      for (let index = at; index < at + added; index++) add('new', '+', news[index]!);
    }
    for (; line < end; line++) add('same', ' ', olds[line]!);
  }
  return lines;
}

/** Lines with what ends them; the last one may have nothing. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** `first,count`, counted from 1; of no lines the one above them. */
const range = (start: number, end: number): string => {
  const count = end - start;
  if (count === 1) return `${start + 1}`;
  return `${count === 0 ? start : start + 1},${count}`;
};

/** Changes that are so near to each other that what is around them meets. */
function hunksOf(changes: readonly LineChange[]): LineChange[][] {
  const hunks: LineChange[][] = [];
  for (const change of changes) {
    const above = hunks.at(-1)?.at(-1);
    if (above && change.from - (above.from + above.count) <= 2 * CONTEXT) hunks.at(-1)!.push(change);
    else hunks.push([change]);
  }
  return hunks;
}
