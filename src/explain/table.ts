import type { Paint } from './paint.js';

/** A line of a table of counts. */
export interface TableRow {
  label: string;
  counts: readonly number[];
}

/** Counts as text: a column for each head, the labels to the left. */
export function formatTable(heads: readonly string[], rows: readonly TableRow[], paint: Paint): string {
  const labels = Math.max(...rows.map(({ label }) => label.length), 0);
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map(({ counts }) => `${counts[at]}`.length)));
  const line = (label: string, cells: readonly string[]) =>
    [label.padEnd(labels), ...cells.map((cell, at) => cell.padStart(widths[at] as number))].join('  ');
  return [
    paint('heading', line('', heads)),
    ...rows.map(({ label, counts }) =>
      line(
        label,
        counts.map((count) => (count === 0 ? '-' : `${count}`)),
      ),
    ),
    '',
  ].join('\n');
}
