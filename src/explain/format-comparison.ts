import { formatAction } from '../action.js';
import type { NumberRange } from '../bpf/decisions/partition.js';
import { unfilteredNotes } from '../syscalls/unfiltered-calls.js';
import type { NamedDifference } from './name-comparison.js';

/** Differences as text, a line each below its architecture; the weaker ones first. Empty where there are none. */
export function formatComparison(differences: readonly NamedDifference[]): string {
  const groups = new Map<string, NamedDifference[]>();
  for (const difference of differences) {
    const place = difference.architecture ?? `any other architecture (${formatRanges(difference.auditArches)})`;
    groups.set(place, [...(groups.get(place) ?? []), difference]);
  }
  const order = ['weaker', 'stronger', 'other'];
  return [...groups]
    .flatMap(([place, group]) => {
      const sorted = [...group].sort((a, b) => order.indexOf(a.direction) - order.indexOf(b.direction));
      const notes = [...new Set(group.flatMap(unfilteredAmong))];
      return [
        `on ${place}:`,
        ...sorted.map((each) => `  ${each.direction.padEnd(8)}  ${formatDifference(each)}`),
        ...notes.map((note) => `  ${''.padEnd(8)}  ${note}`),
      ];
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** Notes on calls of a difference for which the kernel asks no filter. */
export function unfilteredAmong({ architecture, syscalls, numbers }: NamedDifference): string[] {
  return unfilteredNotes(
    architecture,
    ({ name, number }) => syscalls.includes(name) || numbers.some(({ from, to }) => from <= number && number <= to),
  );
}

/** One difference: `socket when domain == AF_VSOCK: ALLOW → ERRNO(EPERM)`. */
export function formatDifference(difference: NamedDifference): string {
  const { syscalls, numbers, when, from, to, architecture } = difference;
  const unnamed = numbers.length > 0 ? `${syscalls.length > 0 ? 'and ' : ''}the nameless ${formatRanges(numbers)}` : '';
  const subject = [syscalls.join(', '), unnamed].filter((part) => part !== '').join(' ');
  const condition =
    when === undefined
      ? ''
      : ` when ${when ?? `its arguments are one of many kinds, as in ${formatExample(difference)}`}`;
  return `${subject}${condition}: ${formatAction(from, architecture)} → ${formatAction(to, architecture)}`;
}

/** The call that shows a difference, its arguments as far as they are not 0. */
function formatExample({ example: { nr, args }, syscalls }: NamedDifference): string {
  const used = args.reduce((count, value, index) => (value === 0n ? count : index + 1), 0);
  const values = args.slice(0, used).map((value) => `0x${value.toString(16)}`);
  return `${syscalls[0] ?? nr}(${values.join(', ')})`;
}

/** Numbers as people write them: small ones decimal. */
function formatRanges(ranges: readonly NumberRange[]): string {
  const text = (value: number) => (value > 0xffff ? `0x${value.toString(16)}` : `${value}`);
  return ranges.map(({ from, to }) => (from === to ? text(from) : `${text(from)}-${text(to)}`)).join(', ');
}
