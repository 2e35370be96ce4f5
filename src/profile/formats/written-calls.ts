import { ARCHITECTURES, type Architecture, findArchitecture } from '../../architecture.js';
import { MULTIPLEXED_CALLS } from '../../syscalls/multiplexed-calls.js';
import { syscallNumber } from '../../syscalls/syscall-name.js';
import { quote } from '../../text.js';
import { DOCKER_ARCHITECTURES } from '../model/conditional-entry.js';
import type { DockerSeccomp, DockerSyscall, SeccompArgument } from '../model/schema.js';
import { isSameDecision } from './call-entries.js';
import { type BitComparison, exactRules } from './exact-conditions.js';
import type { Draft } from './handler.js';
import { cannotExtend, type Unrepresentable } from './plain-section.js';

/** An entry's conditions, of which all must hold, and its action. */
export interface WrittenCase {
  readonly entry: DockerSyscall;
  readonly args: readonly SeccompArgument[];
  /** Docker's names of architectures, where it is for these alone. */
  readonly arches: readonly string[] | undefined;
  readonly cannot: Unrepresentable;
}

/** What a profile says of one call: cases whose order does not count. */
export interface WrittenCall {
  readonly name: string;
  readonly comment: string | undefined;
  readonly cases: readonly WrittenCase[];
}

const CHOOSE = 'choose the target (--arch, --cap, --kernel) to have it decided';

/**
 * The calls of a profile, for a language whose first case that holds decides, and whose program is for one architecture.
 * Cases of different actions must not overlap: which of them libseccomp takes depends on its tree. Of a name that the target has not
 * no rule is made, and such a language refuses it: it is left out.
 */
export function writtenCalls({ profile, resolved, target, cannot }: Draft): WrittenCall[] {
  const seccomp: DockerSeccomp = resolved ?? profile.seccomp;
  if (seccomp.extends) cannotExtend(cannot);
  for (const key of ['listenerPath', 'listenerMetadata'] as const) if (seccomp[key]) cannot(quote(key), undefined, key);
  if (seccomp.flags?.length) cannot('flags', 'the program that loads the filter has them', 'flags');
  checkArchitectures(seccomp, cannot);
  const calls = new Map<string, { comment: string | undefined; cases: WrittenCase[] }>();
  (seccomp.syscalls ?? []).forEach((entry, index) => {
    const report: Unrepresentable = (message, hint, ...path) => cannot(message, hint, 'syscalls', index, ...path);
    const arches = archesOf(entry, report);
    // libseccomp makes no rule of an entry with the default's action.
    if (isDefault(entry, seccomp)) return;
    for (const name of entry.name ? [entry.name] : (entry.names ?? [])) {
      if (target && isNowhereOn(name, target)) continue;
      const comment = typeof entry.comment === 'string' ? entry.comment : undefined;
      const call = calls.get(name) ?? { comment, cases: [] };
      calls.set(name, call);
      for (const args of alternatives(entry.args ?? [])) call.cases.push({ entry, args, arches, cannot: report });
    }
  });
  return [...calls].map(([name, { comment, cases }]) => ({ name, comment, cases: settled(name, cases) }));
}

/** Whether a name is another machine's; not one that the target has behind a multiplexer, where libseccomp puts its rule. */
function isNowhereOn(name: string, { name: target }: Architecture): boolean {
  const isKnown = ARCHITECTURES.some((each) => syscallNumber(name, each.name) !== undefined);
  return isKnown && syscallNumber(name, target) === undefined && !MULTIPLEXED_CALLS.has(name);
}

function isDefault(
  entry: DockerSyscall,
  { defaultAction, defaultErrno, defaultErrnoRet, defaultTrapData }: DockerSeccomp,
): boolean {
  const data = (name: string | null | undefined, number: bigint | null | undefined) => name || String(number ?? 1n);
  if (entry.action !== defaultAction || entry.trapData !== defaultTrapData) return false;
  const hasData = defaultAction === 'SCMP_ACT_ERRNO' || defaultAction === 'SCMP_ACT_TRACE';
  return !hasData || data(entry.errno, entry.errnoRet) === data(defaultErrno, defaultErrnoRet);
}

/** Without what a case for all arguments makes needless; cases of different actions that overlap are reported. */
function settled(name: string, cases: readonly WrittenCase[]): WrittenCase[] {
  const kept = cases.filter(
    (each, at) =>
      !cases.some(
        (other, place) =>
          place !== at &&
          other.args.length === 0 &&
          other.arches === undefined &&
          isSameDecision(other.entry, each.entry) &&
          other.entry.errno === each.entry.errno &&
          (each.args.length > 0 || each.arches !== undefined || place < at),
      ),
  );
  const limit = 64;
  kept.slice(0, limit).forEach((each, at) => {
    const other = kept
      .slice(0, at)
      .find(
        (before) =>
          !(isSameDecision(before.entry, each.entry) && before.entry.errno === each.entry.errno) &&
          overlap(before, each),
      );
    if (other) each.cannot(`${quote(name)} has entries of different actions for the same arguments`, undefined);
  });
  const [first] = kept;
  const isMixed = kept.some((each) => first && !isSameDecision(each.entry, first.entry));
  if (isMixed && kept.length > limit)
    first!.cannot(`${quote(name)} has more than ${limit} entries of different actions`, undefined);
  return kept;
}

function overlap(a: WrittenCase, b: WrittenCase): boolean {
  if (a.arches && b.arches && !a.arches.some((name) => b.arches!.includes(name))) return false;
  const rules = exactRules([...a.args, ...b.args].map(comparisonOf));
  return rules === undefined || rules.length > 0;
}

/** A condition of an entry as a comparison of all 64 bits. */
export function comparisonOf({ index, op, value, valueTwo }: SeccompArgument): BitComparison {
  const base = { index: Number(index), bits: 64 };
  if (op === 'SCMP_CMP_MASKED_EQ') return { ...base, op: 'EQ', mask: value, value: (valueTwo ?? 0n) & value };
  return { ...base, op: op.slice('SCMP_CMP_'.length) as BitComparison['op'], value };
}

/** Several conditions on one argument are alternatives (see splitRepeatedArguments in the compiler). */
function alternatives(args: readonly SeccompArgument[]): (readonly SeccompArgument[])[] {
  const isRepeated = new Set(args.map(({ index }) => index)).size < args.length;
  return isRepeated ? args.map((argument) => [argument]) : [args];
}

function archesOf({ includes, excludes }: DockerSyscall, cannot: Unrepresentable): readonly string[] | undefined {
  if (includes?.caps?.length || includes?.minKernel || excludes?.caps?.length || excludes?.minKernel) {
    cannot('a condition on capabilities or the kernel', CHOOSE);
  }
  const excluded = excludes?.arches ?? [];
  if (!includes?.arches?.length && excluded.length === 0) return undefined;
  const all = includes?.arches?.length ? includes.arches : [...DOCKER_ARCHITECTURES];
  return all.filter((name) => !excluded.includes(name));
}

/** The program is for one architecture, and kills calls of any other. */
function checkArchitectures({ architectures, archMap }: DockerSeccomp, cannot: Unrepresentable): void {
  if (archMap?.length) cannot('architectures that depend on the target', CHOOSE, 'archMap');
  const names = new Set((architectures ?? []).filter((name) => findArchitecture(name)));
  if (names.size > 1) {
    const message = `${names.size} architectures in one filter`;
    cannot(
      message,
      'the policy of each kills the calls of the others: write one of a profile for it alone',
      'architectures',
    );
  }
}
