import { formatAction } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import { inOrder } from './format-comparison.js';
import type { NamedDifference } from './name-comparison.js';
import type { Paint } from './paint.js';
import { formatTable } from './table.js';

const DIRECTIONS = ['weaker', 'stronger', 'other'] as const;

/** Differences in one line: `2 calls weaker, 45 stronger`. A call counts once, whatever its ABIs and conditions. */
export function summarizeComparison(differences: readonly NamedDifference[], paint: Paint): string {
  const of = (direction: (typeof DIRECTIONS)[number]) => differences.filter((each) => each.direction === direction);
  const calls = DIRECTIONS.flatMap((direction) => {
    const { size } = new Set(of(direction).flatMap(({ syscalls }) => syscalls));
    return size > 0 ? [{ direction, size }] : [];
  });
  const counted = calls.map(
    ({ direction, size }, index) =>
      `${size}${index > 0 ? '' : size === 1 ? ' call' : ' calls'} ${paint(direction, direction)}`,
  );
  const among = (what: string, some: (difference: NamedDifference) => boolean) => {
    const directions = DIRECTIONS.filter((direction) => of(direction).some(some));
    return directions.length > 0 ? [`${what} ${directions.map((each) => paint(each, each)).join(', ')}`] : [];
  };
  return [
    ...(counted.length > 0 ? [counted.join(', ')] : []),
    ...among('numbers without a name', ({ architecture, numbers }) => architecture !== undefined && numbers.length > 0),
    ...among('other architectures', ({ architecture }) => architecture === undefined),
  ].join('; ');
}

/** How many calls change from one action to another on an ABI. */
export interface CountedChange {
  architecture: ArchitectureName;
  direction: NamedDifference['direction'];
  from: string;
  to: string;
  calls: number;
}

/** How many calls change how; a call that changes on several conditions counts once. */
export function countChanges(differences: readonly NamedDifference[]): CountedChange[] {
  const counts = new Map<string, { change: Omit<CountedChange, 'calls'>; names: Set<string> }>();
  for (const { architecture, direction, from, to, syscalls } of differences) {
    if (architecture === undefined || syscalls.length === 0) continue;
    const change = {
      architecture,
      direction,
      from: formatAction(from, architecture),
      to: formatAction(to, architecture),
    };
    const key = JSON.stringify(change);
    const counted = counts.get(key) ?? { change, names: new Set() };
    for (const name of syscalls) counted.names.add(name);
    counts.set(key, counted);
  }
  return [...counts.values()].map(({ change, names }) => ({ ...change, calls: names.size }));
}

/** {@link countChanges} as a table with a column for each ABI; empty where no call changes. */
export function formatChangeCounts(
  differences: readonly NamedDifference[],
  first: ArchitectureName,
  paint: Paint,
): string {
  const counted = countChanges(inOrder(differences, first));
  if (counted.length === 0) return '';
  const heads = [...new Set(counted.map(({ architecture }) => architecture))];
  const labelOf = ({ direction, from, to }: CountedChange) => `${direction.padEnd(8)}  ${from} → ${to}`;
  const sorted = DIRECTIONS.flatMap((direction) => counted.filter((each) => each.direction === direction));
  const rows = [...new Set(sorted.map(labelOf))].map((label) => ({
    label,
    counts: heads.map(
      (head) => counted.find((each) => each.architecture === head && labelOf(each) === label)?.calls ?? 0,
    ),
  }));
  return formatTable(heads, rows, paint);
}
