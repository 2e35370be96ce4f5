import { isSameAction, permits } from '../action.js';
import type { Action, PolicyRule, SeccompPolicy } from '../policy.js';

/** What a policy decides about one system call, on every architecture that has it. */
export interface Verdict {
  /** Whether it lets the call run: for all arguments, for some, or for none. */
  permitted: 'always' | 'sometimes' | 'never';
  /** The entries that name it, in order: none where the default decides. */
  rules: readonly PolicyRule[];
  /** The entry that decides for all arguments, where there is one. */
  decisive: PolicyRule | undefined;
}

/** A policy's verdicts, by name of the call. */
export function verdictsOf(policy: SeccompPolicy): (name: string) => Verdict {
  const byName = new Map<string, PolicyRule[]>();
  for (const rule of policy.rules) {
    for (const name of new Set(rule.names.map((named) => named.name))) {
      const rules = byName.get(name);
      if (rules) rules.push(rule);
      else byName.set(name, [rule]);
    }
  }
  return (name) => decide(byName.get(name) ?? [], policy.defaultAction);
}

/**
 * libseccomp (db.c, _db_rule_add): an entry without conditions decides for good; one with the default's action is no
 * rule.
 */
function decide(rules: readonly PolicyRule[], defaultAction: Action): Verdict {
  const effective = rules.filter(({ action }) => !isSameAction(action, defaultAction));
  const decisive = effective.find(({ conditions }) => conditions.length === 0);
  const actions = decisive ? [decisive.action] : [...effective.map(({ action }) => action), defaultAction];
  return { permitted: permittedBy(actions), rules: rules.filter(({ isUnlisted }) => !isUnlisted), decisive };
}

/** Whether a call with these actions runs. */
export function permittedBy(actions: readonly Action[]): Verdict['permitted'] {
  const permitting = actions.filter(permits).length;
  return permitting === 0 ? 'never' : permitting === actions.length ? 'always' : 'sometimes';
}

/** Where a rule names a call: the place of the name itself. */
export function placeOfName(rule: PolicyRule, name: string): PolicyRule['names'][number] | PolicyRule {
  return rule.names.find((named) => named.name === name) ?? rule;
}
