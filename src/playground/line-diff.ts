import { diffLines } from '../line-changes.js';

/** A row of two texts side by side: lines by their index, from 0. Both: the line is in both, or one became the other. */
export interface DiffRow {
  before?: number | undefined;
  after?: number | undefined;
  isSame: boolean;
}

/** The lines of two texts, each beside what it became. */
export function lineDiff(before: readonly string[], after: readonly string[]): DiffRow[] {
  const rows: DiffRow[] = [];
  let [line, other] = [0, 0];
  const same = (end: number) => {
    while (line < end) rows.push({ before: line++, after: other++, isSame: true });
  };
  for (const { from, count, added } of diffLines(before, after)) {
    same(from);
    for (let at = 0; at < Math.max(count, added); at++) {
      rows.push({
        before: at < count ? line + at : undefined,
        after: at < added ? other + at : undefined,
        isSame: false,
      });
    }
    line += count;
    other += added;
  }
  same(before.length);
  return rows;
}
