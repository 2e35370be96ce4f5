import type { SourcePosition } from '../errors.js';
import type { Action, PolicyRule, SeccompPolicy } from '../policy.js';

/** The entry of a profile that says something of a call. */
export interface RuleSource {
  /** JSON path, for instance `syscalls[3]`. */
  path: string;
  position?: SourcePosition | undefined;
  /** The profile the place is in, where that is another one than what was read: one that it extends. */
  source?: string | undefined;
  action: Action;
  /** Whether it depends on arguments. */
  isConditional: boolean;
}

/** The entries that name a call, in the profile's order; none where the default decides. */
export function ruleSources(policy: SeccompPolicy, name: string): RuleSource[] {
  return policy.rules.flatMap((rule: PolicyRule): RuleSource[] => {
    const place = rule.names.find((each) => each.name === name);
    if (!place) return [];
    return [{ ...place, action: rule.action, isConditional: rule.conditions.length > 0 }];
  });
}
