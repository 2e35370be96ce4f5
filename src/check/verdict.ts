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

/** The rules of a policy by the calls that they name. */
export interface RulesOfCalls {
  /** The rules that name a call, each once, in order. */
  of(name: string): readonly PolicyRule[];
  /** Whether a call is named more than once, which may be by one rule. */
  isRepeated(name: string): boolean;
}

export function rulesOfCalls({ rules }: SeccompPolicy): RulesOfCalls {
  const byName = new Map<string, PolicyRule[]>();
  const repeated = new Set<string>();
  for (const rule of rules) {
    for (const { name } of rule.names) {
      const earlier = byName.get(name);
      if (!earlier) {
        byName.set(name, [rule]);
        continue;
      }
      repeated.add(name);
      if (earlier.at(-1) !== rule) earlier.push(rule);
    }
  }
  return { of: (name) => byName.get(name) ?? [], isRepeated: (name) => repeated.has(name) };
}

/**
 * What the rules that name a call decide. An entry without conditions decides for good, and one with the default's action
 * is no rule (libseccomp's db.c, _db_rule_add).
 */
export function verdictOf(rules: readonly PolicyRule[], defaultAction: Action): Verdict {
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
