/** Lines of one text that others take the place of. Lines count from 0. */
export interface LineChange {
  readonly from: number;
  readonly count: number;
  /** Where they are in the other text. */
  readonly at: number;
  readonly added: number;
}

/** How many lines may differ before all between the first and the last one are one change. */
const MAX_DIFFERENT = 1000;

/** The fewest changes that make the second text of the first (E. Myers, An O(ND) Difference Algorithm, 1986). */
export function diffLines(before: readonly string[], after: readonly string[]): LineChange[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let [oldEnd, newEnd] = [before.length, after.length];
  while (oldEnd > start && newEnd > start && before[oldEnd - 1] === after[newEnd - 1]) {
    oldEnd--;
    newEnd--;
  }
  if (oldEnd === start && newEnd === start) return [];
  const steps = path(before.slice(start, oldEnd), after.slice(start, newEnd));
  if (!steps) return [{ from: start, count: oldEnd - start, at: start, added: newEnd - start }];
  const changes: { from: number; count: number; at: number; added: number }[] = [];
  let [x, y] = [start, start];
  for (const step of steps) {
    const last = changes.at(-1);
    const isMore = last && last.from + last.count === x && last.at + last.added === y;
    const change = isMore ? last : { from: x, count: 0, at: y, added: 0 };
    if (step === 'same') {
      x++;
      y++;
      continue;
    }
    if (!isMore) changes.push(change);
    if (step === 'old') {
      change.count++;
      x++;
    } else {
      change.added++;
      y++;
    }
  }
  return changes;
}

type Step = 'same' | 'old' | 'new';

/** The shortest way from one text to the other; undefined where it has too many steps. */
function path(before: readonly string[], after: readonly string[]): Step[] | undefined {
  const [width, height] = [before.length, after.length];
  /** Of each number of steps, how far each diagonal was reached. */
  const reached: Map<number, number>[] = [];
  let furthest = new Map<number, number>([[1, 0]]);
  for (let steps = 0; steps <= Math.min(width + height, MAX_DIFFERENT); steps++) {
    reached.push(furthest);
    const next = new Map<number, number>();
    for (let diagonal = -steps; diagonal <= steps; diagonal += 2) {
      let x = goesDown(furthest, diagonal, steps) ? furthest.get(diagonal + 1)! : furthest.get(diagonal - 1)! + 1;
      while (x < width && x - diagonal < height && before[x] === after[x - diagonal]) x++;
      next.set(diagonal, x);
      if (x >= width && x - diagonal >= height) return stepsBack(reached, width, height);
    }
    furthest = next;
  }
  return undefined;
}

const goesDown = (furthest: ReadonlyMap<number, number>, diagonal: number, steps: number): boolean =>
  diagonal === -steps || (diagonal !== steps && furthest.get(diagonal - 1)! < furthest.get(diagonal + 1)!);

function stepsBack(reached: readonly ReadonlyMap<number, number>[], width: number, height: number): Step[] {
  const steps: Step[] = [];
  let [x, y] = [width, height];
  for (let count = reached.length - 1; count > 0; count--) {
    const furthest = reached[count]!;
    const isDown = goesDown(furthest, x - y, count);
    const diagonal = isDown ? x - y + 1 : x - y - 1;
    const from = furthest.get(diagonal)!;
    for (; x > from && y > from - diagonal; x--, y--) steps.push('same');
    steps.push(isDown ? 'new' : 'old');
    [x, y] = [from, from - diagonal];
  }
  for (; x > 0 && y > 0; x--, y--) steps.push('same');
  return steps.reverse();
}
