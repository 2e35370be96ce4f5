import { permits } from '../action.js';
import type { Architecture } from '../architecture.js';
import type { LibseccompVersion } from '../compiler/host-libseccomp.js';
import { type RuntimeBehaviour, readMasks } from '../compiler/runtime.js';
import type { TargetReport } from '../compose/targets/report.js';
import type { KernelVersion } from '../kernel-version.js';
import type { Libseccomp } from '../libseccomp/index.js';
import type { Action, ArgumentCondition } from '../policy.js';
import type { AdviceWording } from '../profile/formats/advice.js';
import { tryConditions } from '../profile/model/conditional-entry.js';
import type { ParsedProfile, Place } from '../profile/model/parsed-profile.js';
import type { DockerSyscall } from '../profile/model/schema.js';
import { actionOf, policyRule } from '../profile/resolve/plain-rule.js';
import { namesOf } from '../profile/resolve/resolve-policy.js';
import type { ProfileEditor } from './profile-editor.js';
import type { CheckedTarget } from './target.js';

/** An entry of `syscalls` as it is written, whatever its `includes` and `excludes` say. */
export interface CheckedEntry {
  readonly index: number;
  readonly written: DockerSyscall;
  readonly place: Place;
  readonly action: Action;
  readonly names: readonly { name: string; place: Place }[];
  readonly conditions: readonly ArgumentCondition[];
  /** The architectures of all filters that it may be part of, with any capabilities and any kernel. */
  readonly architectures: readonly Architecture[];
}

/** What the rules check. */
export interface CheckContext {
  readonly profile: ParsedProfile;
  readonly behaviour: RuntimeBehaviour;
  /** The libseccomp of the host, where it was named. */
  readonly libseccompVersion: LibseccompVersion | undefined;
  /** The Linux of the host, where it was named. */
  readonly kernel: KernelVersion | undefined;
  readonly defaultAction: Action;
  /** Whether what the profile does not name may run. */
  readonly isDenyList: boolean;
  readonly entries: readonly CheckedEntry[];
  readonly targets: readonly CheckedTarget[];
  readonly libseccomp: Libseccomp;
  /** The words for advice in the profile's format. */
  readonly terms: AdviceWording;
  /** Every finding there is. */
  readonly ruleIds: ReadonlySet<string>;
  /** What edits the text that it was read from, for fixes; undefined for objects. It makes no edits where nothing can. */
  readonly text: ProfileEditor | undefined;
  /** What it was read from, of any format, with its byte order mark. */
  readonly raw: string | undefined;
  /** What the target that the file is for does with it, where the caller names one. */
  readonly report: TargetReport | undefined;
}

export function contextOf(
  profile: ParsedProfile,
  targets: readonly CheckedTarget[],
  given: Pick<
    CheckContext,
    'terms' | 'behaviour' | 'kernel' | 'libseccompVersion' | 'libseccomp' | 'ruleIds' | 'text' | 'raw' | 'report'
  >,
): CheckContext {
  const { defaultAction: name, defaultErrnoRet, defaultTrapData } = profile.seccomp;
  const defaultAction = actionOf(name, defaultErrnoRet, defaultTrapData);
  const entries = entriesOf(profile, targets, given.behaviour);
  return {
    profile,
    defaultAction,
    isDenyList: permits(defaultAction),
    entries,
    targets,
    ...given,
  };
}

function entriesOf(
  profile: ParsedProfile,
  targets: readonly CheckedTarget[],
  behaviour: RuntimeBehaviour,
): CheckedEntry[] {
  const { seccomp, locate } = profile;
  return (seccomp.syscalls ?? []).flatMap((written, index) => {
    const { name, names, action: actionName, errnoRet, args, impliedBy } = written;
    // How its conditions are written is nobody's choice here; what it decides is in the filters.
    if (impliedBy) return [];
    const place = locate('syscalls', index);
    const decided = namesOf(written, index, locate).map((each) => ({ name: each.name, place: each }));
    // No target decides about `names` beside `name`.
    const beside = name ? (names ?? []) : [];
    const others = beside.map((each, at) => ({ name: each, place: locate('syscalls', index, 'names', at) }));
    const action = actionOf(actionName, errnoRet);
    const rules = [policyRule([], action, { args }, place)];
    const asRead = readMasks({ defaultAction: action, architectures: [], flags: undefined, rules }, behaviour);
    const entry: CheckedEntry = {
      index,
      written,
      place,
      action,
      names: [...decided, ...others],
      conditions: asRead.rules.flatMap(({ conditions }) => conditions),
      architectures: [
        ...new Set(targets.filter((target) => mayApply(written, target)).flatMap(({ architectures }) => architectures)),
      ],
    };
    return [entry];
  });
}

/** As a comparison of arguments becomes: nobody wrote these values. */
function isOneBit({ op, value }: ArgumentCondition): boolean {
  return op === 'MASKED_EQ' && value !== 0n && (value & (value - 1n)) === 0n;
}

function mayApply(entry: DockerSyscall, { architecture }: CheckedTarget): boolean {
  const outcomes = tryConditions(entry, { architecture, capabilities: new Set() });
  return outcomes.every(({ key, holds }) => key !== 'arches' || holds);
}

/** A condition of an entry, with the places of its object and of its value. */
export interface PlacedCondition {
  readonly entry: CheckedEntry;
  readonly condition: ArgumentCondition;
  readonly place: Place;
  readonly valuePlace: Place;
}

/** Every condition that is written, in order. */
export function* placedConditions({ entries, profile }: CheckContext): Generator<PlacedCondition> {
  for (const entry of entries) {
    for (const [at, condition] of entry.conditions.entries()) {
      if (entry.written.comparesArguments && isOneBit(condition)) continue;
      const path = ['syscalls', entry.index, 'args', at] as const;
      const { locate } = profile;
      yield { entry, condition, place: locate(...path), valuePlace: locate(...path, 'value') };
    }
  }
}
