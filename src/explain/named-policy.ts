import type { Architecture, ArchitectureName } from '../architecture.js';
import type { Decision, NumberRange, PolicyTable } from '../bpf/index.js';
import { type Libseccomp, listSyscalls } from '../libseccomp/index.js';
import { checkArgument, LIBSECCOMP, LIST, OBJECT } from '../options.js';
import type { Action } from '../policy.js';
import { describeConditions } from './condition-names.js';
import { ListingBound } from './listing-bound.js';

/** What a filter does with a call, in words where arguments decide. */
export interface NamedDecision {
  action: Action;
  /** `domain == AF_UNIX and type != 3`; absent where it is always, null where it takes too many words. */
  when?: string | null;
}

export interface NamedCall {
  name: string;
  number: number;
  /** None: the call is too complex to decide exactly, as {@link NumberRange.decisions} says. */
  decisions: readonly NamedDecision[];
}

/** A filter's policy for one architecture. */
export interface NamedArchitecture {
  architecture: ArchitectureName;
  /** Every system call with a name, by number. */
  calls: readonly NamedCall[];
  /** Numbers without a name, both ends included. */
  unnamed: readonly NamedRange[];
}

/** Numbers, both ends included, and what calls with them meet. */
export interface NamedRange {
  from: number;
  to: number;
  decisions: readonly NamedDecision[];
}

export interface NamedPolicy {
  /** Whether the program distinguishes architectures. If not, a number is decided alike whatever call it is. */
  looksAtArchitecture: boolean;
  architectures: readonly NamedArchitecture[];
  /** The same of values of `seccomp_data.arch` that are treated alike and are no architecture's of libseccomp. */
  unnamedArchitectures: readonly {
    auditArches: readonly { from: number; to: number }[];
    ranges: readonly NamedRange[];
  }[];
  /** What calls of any other architecture meet, whatever their number; several entries where the number matters. */
  otherArchitectures: readonly NamedRange[];
}

/**
 * A policy table with system calls, arguments and their values by name.
 *
 * @throws {ProgramTooComplexError} when there are too many
 * @throws {LibseccompCrashError} when the instance crashed before
 *
 * @example
 * ```js
 * import { compileProfileSync } from 'libseccomp-wasm';
 * import { policyTable } from 'libseccomp-wasm/bpf';
 * import { nameTable } from 'libseccomp-wasm/explain';
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['ptrace'], action: 'SCMP_ACT_ERRNO' }] };
 * const { program } = compileProfileSync(profile, { arch: 'x86_64' });
 * const { architectures } = nameTable(policyTable(program), loadLibseccompSync());
 * const { number, decisions } = architectures[0].calls.find(({ name }) => name === 'ptrace');
 * console.log(architectures[0].architecture, number, decisions[0].action.kind); // x86_64 101 ERRNO
 * ```
 */
export function nameTable(table: PolicyTable, libseccomp: Libseccomp): NamedPolicy {
  checkArgument('nameTable', 'table', table, OBJECT);
  checkArgument('nameTable', 'table.architectures', table.architectures, LIST);
  checkArgument('nameTable', 'libseccomp', libseccomp, LIBSECCOMP);
  const bound = new ListingBound();
  const named = (range: NumberRange): NamedRange => ({
    ...range,
    decisions: range.decisions.map((decision) => nameDecision(decision, bound)),
  });
  return {
    looksAtArchitecture: table.looksAtArchitecture,
    architectures: table.architectures.map(({ architecture, ranges }) =>
      nameRanges(architecture, ranges, libseccomp, bound),
    ),
    unnamedArchitectures: table.unnamedArchitectures.map(({ auditArches, ranges }) => ({
      auditArches,
      ranges: ranges.map(named),
    })),
    otherArchitectures: table.otherArchitectures.map(named),
  };
}

function nameRanges(
  architecture: Architecture,
  ranges: readonly NumberRange[],
  libseccomp: Libseccomp,
  bound: ListingBound,
): NamedArchitecture {
  const calls: NamedCall[] = [];
  const unnamed: NamedRange[] = [];
  const known = listSyscalls(libseccomp, architecture);
  let next = 0;
  for (const { from, to, decisions } of ranges) {
    let start = from;
    const closeGap = (end: number) => {
      if (end < start) return;
      const last = unnamed.at(-1);
      const own = decisions.map((decision) => nameDecision(decision, bound, undefined, architecture));
      // Only names lay between.
      if (last && isSame(last.decisions, own)) unnamed[unnamed.length - 1] = { ...last, to: end };
      else unnamed.push({ from: start, to: end, decisions: own });
    };
    for (; next < known.length && (known[next]?.number ?? 0) <= to; next++) {
      const { name, number } = known[next] as { name: string; number: number };
      closeGap(number - 1);
      start = number + 1;
      calls.push({ name, number, decisions: decisions.map((each) => nameDecision(each, bound, name, architecture)) });
    }
    closeGap(to);
  }
  return { architecture: architecture.name, calls, unnamed };
}

/**
 * What a filter does with one call, by name.
 *
 * @throws {ProgramTooComplexError} when it takes too many words
 */
export function nameCall(
  { name, number, decisions }: { name: string; number: number; decisions: readonly Decision[] },
  architecture: Architecture,
): NamedCall {
  const bound = new ListingBound();
  return { name, number, decisions: decisions.map((each) => nameDecision(each, bound, name, architecture)) };
}

/** Whether two lists of decisions are the same. */
export function isSame(one: readonly NamedDecision[], other: readonly NamedDecision[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function nameDecision(
  { action, when }: Decision,
  bound: ListingBound,
  name?: string,
  architecture?: Architecture,
): NamedDecision {
  bound.count(when);
  if (when === undefined) return { action, when: null };
  if (when.length === 1 && when[0]?.length === 0) return { action };
  return { action, when: describeConditions(when, name, architecture) };
}
