import { type Architecture, type ArchitectureName, parseArchitecture } from '../architecture.js';
import type { Action } from '../policy.js';
import { usualDecisions } from './described-call.js';
import type { NamedDifference } from './name-comparison.js';
import type { NamedArchitecture, NamedDecision, NamedPolicy, NamedRange } from './named-policy.js';

/** The part of a listing that is asked for. What is undefined is not chosen by. */
export interface Selection {
  /** ABIs: x86_64, x32 and x86 are three. */
  abis: readonly ArchitectureName[] | undefined;
  /** Names of calls, and numbers of the ABI at hand. */
  calls: ReadonlySet<string | number> | undefined;
  /** Whether an action is among those asked for. */
  isAction: ((action: Action, architecture: ArchitectureName | undefined) => boolean) | undefined;
}

/**
 * What of a policy is asked for: a call is there if any of its arguments get one of the actions, with the usual
 * capabilities or without. A call that is too complex to decide may get any.
 */
export function selectPolicy(
  policy: NamedPolicy,
  { abis, calls, isAction }: Selection,
  withUsual: NamedPolicy | undefined,
): NamedPolicy {
  const isAsked = (decisions: readonly NamedDecision[], architecture?: ArchitectureName) =>
    !isAction || decisions.length === 0 || decisions.some(({ action }) => isAction(action, architecture));
  const isAskedToo = (decisions: readonly NamedDecision[] | undefined, architecture: ArchitectureName) =>
    decisions !== undefined && isAsked(decisions, architecture);
  const architectures = policy.architectures
    .filter(({ architecture }) => !abis || abis.includes(architecture))
    .map((each): NamedArchitecture => {
      const isIt = ({ decisions }: { decisions: readonly NamedDecision[] }) => isAsked(decisions, each.architecture);
      return {
        ...each,
        calls: each.calls.filter(
          (call) =>
            (!calls || calls.has(call.name) || calls.has(call.number)) &&
            (isIt(call) || isAskedToo(usualDecisions(withUsual, each.architecture, call), each.architecture)),
        ),
        unnamed: each.unnamed.flatMap((range) => (calls ? withinRange(range, calls) : [range])).filter(isIt),
      };
    })
    .filter((each) => each.calls.length + each.unnamed.length > 0);
  const known = policy.architectures.map(({ architecture }) => architecture);
  const isOthersAsked = !calls && (!abis || abis.some((abi) => !known.includes(abi)));
  const others = (ranges: readonly NamedRange[]) =>
    ranges.filter(({ decisions }) => isOthersAsked && isAsked(decisions));
  const unnamedArchitectures = policy.unnamedArchitectures
    .map((each) => ({ ...each, ranges: others(each.ranges) }))
    .filter(({ ranges }) => ranges.length > 0);
  return { ...policy, architectures, unnamedArchitectures, otherArchitectures: others(policy.otherArchitectures) };
}

/** What of a comparison is asked for: a change is there if it is from or to one of the actions. */
export function selectDifferences(
  differences: readonly NamedDifference[],
  { abis, calls, isAction }: Selection,
): NamedDifference[] {
  const asked = abis?.map((abi) => parseArchitecture(abi));
  return differences.flatMap((difference) => {
    const { architecture, from, to } = difference;
    if (asked && !asked.some((abi) => isAbout(difference, abi))) return [];
    if (isAction && !isAction(from, architecture) && !isAction(to, architecture)) return [];
    if (!calls) return [difference];
    const syscalls = difference.syscalls.filter((name) => calls.has(name));
    const numbers = difference.numbers.flatMap((range) => withinRange(range, calls));
    return syscalls.length + numbers.length > 0 ? [{ ...difference, syscalls, numbers }] : [];
  });
}

function isAbout({ architecture, auditArches }: NamedDifference, abi: Architecture): boolean {
  if (architecture !== undefined) return architecture === abi.name;
  return auditArches.some(({ from, to }) => from <= abi.auditArch && abi.auditArch <= to);
}

function withinRange<Range extends { from: number; to: number }>(
  range: Range,
  calls: ReadonlySet<string | number>,
): Range[] {
  return [...calls].flatMap((call) =>
    typeof call === 'number' && range.from <= call && call <= range.to ? [{ ...range, from: call, to: call }] : [],
  );
}
