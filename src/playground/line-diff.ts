/** A row of two texts side by side: lines by their index, from 0. Both: the line is in both, or one became the other. */
export interface DiffRow {
  before?: number | undefined;
  after?: number | undefined;
  isSame: boolean;
}

/** Past so many comparisons the part that differs is shown as replaced as a whole. */
const MOST_COMPARISONS = 4_000_000;

/** The lines of two texts, each beside what it became: the longest common subsequence, as diff(1) has it. */
export function lineDiff(before: readonly string[], after: readonly string[]): DiffRow[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let tail = 0;
  const most = Math.min(before.length, after.length) - start;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const rows: DiffRow[] = [];
  for (let line = 0; line < start; line++) rows.push({ before: line, after: line, isSame: true });
  rows.push(...middle(before, after, start, tail));
  for (let left = tail; left > 0; left--) {
    rows.push({ before: before.length - left, after: after.length - left, isSame: true });
  }
  return rows;
}

function middle(before: readonly string[], after: readonly string[], start: number, tail: number): DiffRow[] {
  const height = before.length - tail - start;
  const width = after.length - tail - start;
  const rows: DiffRow[] = [];
  let [gone, come]: [number[], number[]] = [[], []];
  const flush = () => {
    for (let at = 0; at < Math.max(gone.length, come.length); at++) {
      rows.push({ before: gone[at], after: come[at], isSame: false });
    }
    [gone, come] = [[], []];
  };
  if (height * width > MOST_COMPARISONS) {
    gone = Array.from({ length: height }, (_, line) => start + line);
    come = Array.from({ length: width }, (_, line) => start + line);
    flush();
    return rows;
  }
  // The length of the longest common rest from each pair of lines on.
  const step = width + 1;
  const common = new Uint32Array((height + 1) * step);
  for (let i = height - 1; i >= 0; i--) {
    for (let j = width - 1; j >= 0; j--) {
      const isSame = before[start + i] === after[start + j];
      const [down = 0, right = 0, both = 0] = [
        common[(i + 1) * step + j],
        common[i * step + j + 1],
        common[(i + 1) * step + j + 1],
      ];
      common[i * step + j] = isSame ? both + 1 : Math.max(down, right);
    }
  }
  let [i, j] = [0, 0];
  while (i < height || j < width) {
    if (i < height && j < width && before[start + i] === after[start + j]) {
      flush();
      rows.push({ before: start + i++, after: start + j++, isSame: true });
    } else if (j >= width || (i < height && (common[(i + 1) * step + j] ?? 0) >= (common[i * step + j + 1] ?? 0))) {
      gone.push(start + i++);
    } else {
      come.push(start + j++);
    }
  }
  flush();
  return rows;
}
