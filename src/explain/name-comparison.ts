import type { Direction } from '../action.js';
import { type Architecture, type ArchitectureName, parseArchitecture } from '../architecture.js';
import type {
  ArchitectureDifference,
  CallDifference,
  DecisionChange,
  ProgramComparison,
} from '../bpf/decisions/compare.js';
import type { DnfTerms } from '../bpf/decisions/condition.js';
import type { NumberRange } from '../bpf/decisions/partition.js';
import type { SeccompData } from '../bpf/execution/simulate.js';
import { type Libseccomp, listSyscalls } from '../libseccomp/index.js';
import type { Action } from '../policy.js';
import { describeConditions } from './condition-names.js';
import { ListingBound } from './listing-bound.js';

/** One change of a decision, for one or several system calls. */
export interface NamedDifference {
  /** Undefined: every architecture that neither program knows. */
  architecture: ArchitectureName | undefined;
  /** The values of `seccomp_data.arch`. */
  auditArches: readonly NumberRange[];
  /** The calls by name… */
  syscalls: readonly string[];
  /** …and the numbers that have none. */
  numbers: readonly NumberRange[];
  from: Action;
  to: Action;
  direction: Direction;
  /** In words; absent where it always holds, null where it takes more words than anybody reads. */
  when?: string | null;
  example: SeccompData;
}

/**
 * A comparison with system calls, arguments and values by name. Calls that change alike for all arguments are listed
 * together. Calls that change on a condition are listed one by one, since each names its arguments.
 *
 * @throws {ProgramTooComplexError} when there are too many
 */
export function nameComparison(comparison: ProgramComparison, libseccomp: Libseccomp): NamedDifference[] {
  const bound = new ListingBound();
  return comparison.architectures.flatMap((each) => {
    const architecture = each.architecture && parseArchitecture(each.architecture);
    const known = new Map(
      architecture ? listSyscalls(libseccomp, architecture).map(({ number, name }) => [number, name]) : [],
    );
    return each.calls.flatMap((call) => nameCall(each, call, known, architecture, bound));
  });
}

function nameCall(
  { architecture: name, auditArches }: ArchitectureDifference,
  { numbers, changes }: CallDifference,
  known: ReadonlyMap<number, string>,
  architecture: Architecture | undefined,
  bound: ListingBound,
): NamedDifference[] {
  const named = [...known].filter(([number]) => numbers.some(({ from, to }) => from <= number && number <= to));
  const rest = without(numbers, new Set(known.keys()));
  const about = ({ from, to, direction }: DecisionChange) => ({ architecture: name, auditArches, from, to, direction });
  return changes.flatMap((change) => {
    const { conditions, example } = change;
    bound.count(conditions);
    if (isAlways(conditions)) {
      return [{ ...about(change), syscalls: named.map(([, syscall]) => syscall), numbers: rest, example }];
    }
    const when = (syscall?: string) => {
      bound.count(conditions);
      return conditions ? describeConditions(conditions, syscall, architecture) : null;
    };
    const each = named.map(([nr, syscall]) => ({
      ...about(change),
      syscalls: [syscall],
      numbers: [],
      when: when(syscall),
      example: { ...example, nr },
    }));
    const [first] = rest;
    if (!first) return each;
    return [
      ...each,
      { ...about(change), syscalls: [], numbers: rest, when: when(), example: { ...example, nr: first.from } },
    ];
  });
}

function isAlways(conditions: DnfTerms | undefined): boolean {
  return conditions?.length === 1 && conditions[0]?.length === 0;
}

/** Ranges with some numbers taken out. */
function without(ranges: readonly NumberRange[], taken: ReadonlySet<number>): NumberRange[] {
  const inside = [...taken].sort((a, b) => a - b);
  return ranges.flatMap(({ from, to }) => {
    const parts: NumberRange[] = [];
    let start = from;
    for (const number of inside) {
      if (number < start || number > to) continue;
      if (number > start) parts.push({ from: start, to: number - 1 });
      start = number + 1;
    }
    return start <= to ? [...parts, { from: start, to }] : parts;
  });
}
