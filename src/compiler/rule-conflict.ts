import { formatAction, isSameAction } from '../action.js';
import type { Architecture } from '../architecture.js';
import type { ArgumentCondition, PolicyRule } from '../policy.js';
import { formatPlace } from '../source-place.js';
import { effectiveConditions, type Rules } from './expected-decisions.js';
import { isOn, isRuleOperation, type RuleOperation } from './filter-operation.js';
import { conditionsBehind, MULTIPLEXED_CALLS } from './multiplexed-calls.js';

/**
 * Why libseccomp refuses a rule with -EEXIST, in words. On some architecture an entry of another action has the same
 * conditions, or these and more (db.c, `_db_tree_add`). Undefined where none is found.
 */
export function describeConflict(refused: RuleOperation, { operations, architectures, resolve, source }: Rules) {
  const before = operations.slice(0, operations.indexOf(refused)).filter(isRuleOperation);
  for (const other of [...before, ...operations.filter(isRuleOperation)]) {
    if (isSameAction(other.action, refused.action)) continue;
    for (const architecture of architectures) {
      const [one, two] = [refused, other].map((rule) => standing(rule, architecture, resolve));
      if (!one || !two || one.name !== two.name || ![...one.conditions].every((each) => two.conditions.has(each)))
        continue;
      const what = one.conditions.size === two.conditions.size ? 'the same conditions' : 'these conditions and more';
      const says = ({ action }: RuleOperation) => formatAction(action, architecture.name);
      return `libseccomp refuses this entry (${says(refused)}) beside ${placeOf(other, source)} (${says(other)}), which has ${what} on ${architecture.name}`;
    }
  }
  return undefined;
}

/**
 * The number of a rule on an architecture, and its conditions as they are compared there. Undefined where it has none.
 */
function standing(
  operation: RuleOperation,
  architecture: Architecture,
  resolve: Rules['resolve'],
): { name: string; conditions: ReadonlySet<string> } | undefined {
  if (!isOn(operation, architecture)) return undefined;
  const { name, conditions } = operation;
  const multiplexed = (resolve(name, architecture) ?? 0) < 0 ? MULTIPLEXED_CALLS.get(name) : undefined;
  const meant = multiplexed ? conditionsBehind(multiplexed, conditions) : conditions;
  const text = ({ index, op, value, valueTwo }: ArgumentCondition) => {
    const [one, two] = [value, valueTwo].map((each) => BigInt.asUintN(architecture.wordSize, each));
    return op === 'MASKED_EQ' ? `${index} & ${one} ${two}` : `${index} ${op} ${one}`;
  };
  return {
    name: multiplexed?.multiplexer ?? name,
    conditions: new Set(effectiveConditions(meant, architecture).map(text)),
  };
}

function placeOf({ rule }: { rule: PolicyRule }, source = 'profile'): string {
  return `${rule.path} (${formatPlace(rule.source ?? source, rule.position)})`;
}
