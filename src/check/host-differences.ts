import { type ActionKind, formatAction, permits } from '../action.js';
import type { Architecture } from '../architecture.js';
import { DiagramStore, type Node, orTooComplex } from '../bpf/decisions/diagram-store.js';
import { Level } from '../bpf/decisions/input-variables.js';
import { type Part, partition } from '../bpf/decisions/partition.js';
import { CompileError } from '../compiler/compile-error.js';
import { MULTIPLEXED_CALLS } from '../compiler/multiplexed-calls.js';
import { behaviourOf, hasEnosysStub } from '../compiler/runtime.js';
import { isAtLeast, type KernelVersion, parseRelease } from '../kernel-version.js';
import { type Libseccomp, listSyscalls } from '../libseccomp/index.js';
import { numberFinder } from '../libseccomp/syscall-table.js';
import { count, list } from '../phrases.js';
import type { Action, FilterFlag, SeccompPolicy } from '../policy.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { firstLinux } from '../syscalls/first-linux.js';
import { LINUX_VERSION } from '../version.js';
import type { HostDifference } from './finding.js';
import { type CheckedTarget, type TargetOptions, targetOf } from './target.js';

/** Whether the options name a host by at least two of its kernel, its libseccomp and its runtime. */
export function namesHost({ kernel, libseccompVersion, runtime = 'libseccomp' }: TargetOptions): boolean {
  return [kernel !== undefined, libseccompVersion !== undefined, runtime !== 'libseccomp'].filter(Boolean).length > 1;
}

/** The Linux that first took an action or a flag: seccomp(2), and for WAIT_KILLABLE_RECV commit c2aa2dfef243. */
const FIRST_WITH_ACTION: Partial<Record<ActionKind, string>> = { KILL_PROCESS: '4.14', LOG: '4.14', NOTIFY: '5.0' };
const FIRST_WITH_FLAG: Readonly<Record<FilterFlag, string>> = {
  SECCOMP_FILTER_FLAG_TSYNC: '3.17',
  SECCOMP_FILTER_FLAG_LOG: '4.14',
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: '4.17',
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: '5.19',
};

/** What a profile does on the host of the options otherwise than here: all calls of all architectures. */
export function hostDifferences(
  profile: ParsedProfile,
  targets: readonly CheckedTarget[],
  options: TargetOptions,
): readonly HostDifference[] {
  const kernel = options.kernel === undefined ? undefined : parseRelease(options.kernel);
  const { kernel: _kernel, libseccompVersion: _version, runtime: _runtime, ...here } = options;
  const names = new Set(
    (profile.seccomp.syscalls ?? []).flatMap((entry) => [entry.name || [], entry.names ?? []].flat()),
  );
  const found = targets.flatMap((there): HostDifference[] => {
    const refused = there.refusals.map(({ message }) => message);
    const failure = there.filter instanceof CompileError ? [there.filter.message] : [];
    const unknown = kernel === undefined ? [] : unknownToKernel(there.policy, kernel, options);
    const none = [...refused, ...failure, ...unknown];
    if (none.length > 0) {
      const { name: architecture } = there.architecture;
      return none.map((because) => ({ architecture, here: 'the filter', there: 'none', because }));
    }
    const own = targetOf(profile, there.architecture, here);
    const difference = differenceBetween(own, there, kernel, options);
    return there.architectures.flatMap((on) => [
      ...namedDifferences(names, on, difference),
      ...otherDifferences(names, on, difference, options.libseccomp),
    ]);
  });
  // An architecture may be in the filters of several machines.
  return [...new Map(found.map((each) => [JSON.stringify(each), each])).values()];
}

type DifferenceOf = (call: string, on: Architecture) => Difference | undefined;

function namedDifferences(names: ReadonlySet<string>, on: Architecture, difference: DifferenceOf): HostDifference[] {
  return [...names].flatMap((call) => {
    const found = difference(call, on);
    return found ? [{ ...found, architecture: on.name, call, because: found.because(call) }] : [];
  });
}

/** The calls that no entry names, those together that meet the same for the same reason. */
function otherDifferences(
  names: ReadonlySet<string>,
  on: Architecture,
  difference: DifferenceOf,
  libseccomp: Libseccomp,
): HostDifference[] {
  const alike = new Map<string, HostDifference & { others: string[] }>();
  for (const { name } of listSyscalls(libseccomp, on)) {
    const found = names.has(name) ? undefined : difference(name, on);
    if (!found) continue;
    const because = found.because();
    const key = JSON.stringify([found.here, found.there, because]);
    const known = alike.get(key) ?? { ...found, architecture: on.name, others: [], because };
    known.others.push(name);
    alike.set(key, known);
  }
  return [...alike.values()];
}

/** Why a Linux loads no filter of a policy. */
function unknownToKernel(policy: SeccompPolicy, kernel: KernelVersion, options: TargetOptions): string[] {
  const { defaultAction, rules, flags = [] } = policy;
  const lacks = (first: string | undefined) => first !== undefined && !isAtLeast(kernel, parseRelease(first)!);
  const actions = new Set([defaultAction, ...rules.map(({ action }) => action)].map(({ kind }) => kind));
  // crun goes on without any flags where the kernel refuses one, and there is no listener.
  const isLenient = options.runtime === 'crun' && !actions.has('NOTIFY');
  const all = [
    ...[...actions].map((kind) => [`SCMP_ACT_${kind}`, FIRST_WITH_ACTION[kind]] as const),
    ...(isLenient ? [] : flags).map((flag) => [flag, FIRST_WITH_FLAG[flag]] as const),
  ];
  return all
    .filter(([, first]) => lacks(first))
    .map(([what, first]) => `${text(kernel)} does not have ${what}, ${first} does`);
}

const text = ({ version, revision }: KernelVersion) => `Linux ${version}.${revision}`;

interface Difference {
  here: string;
  there: string;
  /** Of a call, or of several. */
  because: (call?: string) => string;
}

/** Not a difference, but not the same either: nothing is said to be alike that was not compared. */
const TOO_COMPLEX: Difference = {
  here: 'not compared',
  there: 'not compared',
  because: () => 'the conditions of entries are too complex for it',
};

/** What tells how a call is decided otherwise, if it is. */
function differenceBetween(
  own: CheckedTarget,
  there: CheckedTarget,
  kernel: KernelVersion | undefined,
  options: TargetOptions,
): DifferenceOf {
  const unknown = new Set(there.newer.map(({ listed }) => listed.name));
  const hasStub = hasEnosysStub(there.policy, behaviourOf(options));
  const differByArguments = argumentComparison(own, there, options);
  return (call, on) => {
    const [before, after] = [own, there].map((target) => target.actions(call, on, []));
    if (before === undefined || after === undefined) return TOO_COMPLEX;
    if (before.length === 0 || after.length === 0) return undefined;
    const first = kernel && lackedBy(kernel, call, on, own);
    const named = (actions: readonly Action[], isLacking: boolean) =>
      [...new Set(actions.map((each) => (isLacking && permits(each) ? 'ENOSYS' : formatAction(each, on.name))))]
        .sort()
        .join(' or ');
    const [here, onHost] = [named(before, false), named(after, first !== undefined)];
    const byArguments = here === onHost && before.length > 1 ? differByArguments(call, on) : false;
    if (byArguments === undefined) return TOO_COMPLEX;
    if (here === onHost && !byArguments) return undefined;
    const isStub = hasStub && after.length === 1 && onHost === 'ERRNO(ENOSYS)' && here !== onHost;
    return {
      here,
      there: byArguments ? 'by other arguments' : onHost,
      because: (name) => {
        const reasons = [
          unknown.has(call) ? `libseccomp ${options.libseccompVersion} does not know it` : [],
          kernel && first
            ? `${text(kernel)} does not have ${name ? `it, ${first.version}.${first.revision} does` : 'them'}`
            : [],
          isStub ? `the ENOSYS stub of ${options.runtime ?? 'the options'}` : [],
        ].flat();
        return reasons.join('; ') || 'the conditions of entries, or the runtime';
      },
    };
  };
}

/** The Linux that brought a call, where the kernel is older and there was no other way to make the call. */
function lackedBy(
  kernel: KernelVersion,
  call: string,
  on: Architecture,
  target: CheckedTarget,
): KernelVersion | undefined {
  const multiplexed = MULTIPLEXED_CALLS.get(call);
  if (multiplexed && target.exists(multiplexed.multiplexer, on)) return undefined;
  const first = firstLinux(call, on);
  return isAtLeast(kernel, first) ? undefined : first;
}

/** What tells whether calls get the same actions by other arguments; undefined where that is too complex to say. */
function argumentComparison(own: CheckedTarget, there: CheckedTarget, { libseccomp }: TargetOptions) {
  const store = new DiagramStore();
  const numberOf = numberFinder(libseccomp);
  const ofArchitecture = new Map<number, readonly Part[][]>();
  let roots: readonly (Node | undefined)[] | undefined;
  const nodeAt = (parts: readonly Part[], at: number) => parts.find(({ from, to }) => from <= at && at <= to)!.node;
  return (call: string, on: Architecture): boolean | undefined => {
    const number = numberOf(call, on);
    if (number === undefined) return false;
    return orTooComplex(() => {
      roots ??= [own, there].map((target) => target.decisions(store));
      const [one, other] = roots;
      if (one === other || one === undefined || other === undefined) return false;
      const parts =
        ofArchitecture.get(on.auditArch) ??
        [one, other].map((root) =>
          partition(store, nodeAt(partition(store, root, Level.ARCH), on.auditArch), Level.NR),
        );
      ofArchitecture.set(on.auditArch, parts);
      return nodeAt(parts[0]!, number) !== nodeAt(parts[1]!, number);
    });
  };
}

/** As a table, one line for all architectures that have a difference alike. */
export function hostTable(differences: readonly HostDifference[]): string[] {
  if (differences.length === 0) return [`on that host: every call of Linux ${LINUX_VERSION} is decided as here`];
  const alike = new Map<string, { row: string[]; on: string[] }>();
  for (const { architecture, call, others, here, there, because } of differences) {
    const what = others
      ? others.length > 3
        ? count(others.length, 'call that no entry names', 'calls that no entry names')
        : list(others)
      : (call ?? '');
    const row = [what, here, there, because];
    const known = alike.get(row.join('\0')) ?? { row, on: [] };
    known.on.push(architecture);
    alike.set(row.join('\0'), known);
  }
  const rows = [
    ['call', 'here', 'there', 'because', 'on'],
    ...[...alike.values()].map(({ row, on }) => [...row, [...new Set(on)].join(' ')]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return [
    'on that host:',
    ...rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd()),
  ];
}
