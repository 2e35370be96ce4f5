import type { NamedDecision, NamedPolicy } from '../explain/named-policy.js';

/** Null, not an empty list, where a call is too complex to decide: whatever is asked of all of no decisions holds. */
export const decisionsJson = (decisions: readonly NamedDecision[]) => (decisions.length > 0 ? decisions : null);

const decidedJson = <Decided extends { decisions: readonly NamedDecision[] }>(decided: Decided) => ({
  ...decided,
  decisions: decisionsJson(decided.decisions),
});

/** A policy as commands print it as JSON. */
export function namedPolicyJson(policy: NamedPolicy) {
  return {
    ...policy,
    architectures: policy.architectures.map((each) => ({
      ...each,
      calls: each.calls.map(decidedJson),
      unnamed: each.unnamed.map(decidedJson),
    })),
    unnamedArchitectures: policy.unnamedArchitectures.map(({ ranges, ...others }) => ({
      ...others,
      ranges: ranges.map(decidedJson),
    })),
    otherArchitectures: policy.otherArchitectures.map(decidedJson),
  };
}
