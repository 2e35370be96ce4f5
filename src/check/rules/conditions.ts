import { isSameAction } from '../../action.js';
import { number } from '../../phrases.js';
import { coverAll, truthOf } from '../condition-algebra.js';
import { placedConditions } from '../context.js';
import type { CheckRule, RuleFinding } from '../rule.js';

const conditionNever: CheckRule = {
  id: 'condition-never',
  severity: 'error',
  summary: 'A condition that no argument meets, so that its entry never applies.',
  *checkText(context) {
    for (const { condition, place } of placedConditions(context)) {
      if (truthOf(condition) !== 'never') continue;
      yield {
        place,
        message: `no argument is ${condition.op === 'LT' ? 'less than 0' : 'greater than the greatest'} (they are unsigned): the entry never applies`,
        advice: 'compare with the value that is meant, or take the entry out',
      };
    }
  },
};

const conditionAlways: CheckRule = {
  id: 'condition-always',
  severity: 'error',
  summary: 'A condition that every argument meets, as if it were not there.',
  *checkText(context) {
    for (const { condition, place } of placedConditions(context)) {
      if (truthOf(condition) !== 'always') continue;
      const isMask = condition.op === 'MASKED_EQ';
      yield {
        place,
        message: `every argument meets this condition${isMask ? ': the mask ("value") is 0' : ''}`,
        advice: isMask ? context.terms.maskOfZero : 'compare with the value that is meant, or take the condition out',
      };
    }
  },
};

const maskedValueBits: CheckRule = {
  id: 'masked-value-bits',
  severity: 'error',
  summary: 'MASKED_EQ with bits in `valueTwo` that the mask (`value`) leaves out: most likely the two were swapped.',
  *checkText(context) {
    for (const {
      condition: { op, value, valueTwo },
      place,
    } of placedConditions(context)) {
      // The finding condition-always reports a mask of 0.
      if (op !== 'MASKED_EQ' || value === 0n || (valueTwo & ~value) === 0n) continue;
      yield {
        place,
        message: `valueTwo ${number(valueTwo)} has bits that the mask ${number(value)} takes away: (argument & mask) is never that; libseccomp drops them and compares with ${number(valueTwo & value)}`,
        advice: '"value" is the mask and "valueTwo" what the masked argument must be: swap them, or take the bits out',
      };
    }
  },
};

const repeatedArgument: CheckRule = {
  id: 'repeated-argument',
  severity: 'error',
  summary: 'Several conditions on one argument in one entry: runtimes make it OR, where AND was meant.',
  *checkText({ entries, profile, behaviour }) {
    if (behaviour.conditions === 'together') return;
    for (const entry of entries) {
      const { conditions, index } = entry;
      const at = conditions.findIndex((one, position) =>
        conditions.slice(0, position).some((other) => other.index === one.index),
      );
      const repeated = conditions[at];
      if (repeated === undefined) continue;
      const isTautology = conditions.some((a) => conditions.some((b) => a.index === b.index && coverAll(a, b)));
      yield {
        place: profile.locate('syscalls', index, 'args', at),
        message: `argument ${repeated.index} has several conditions in this entry; runc, crun and youki apply the entry when ANY of its conditions holds${isTautology ? ', which here is always' : ''}`,
        advice:
          'say it with one condition (a mask or a range), or turn the profile round, so that an entry for each value is what is meant',
      };
    }
  },
};

const conditionsCoverAll: CheckRule = {
  id: 'conditions-cover-all',
  severity: 'error',
  summary: 'Entries for one call that together leave nothing out: `!= 1` in one and `!= 2` in the next always applies.',
  *checkTarget({ policy }) {
    const earlier = new Map<string, typeof policy.rules>();
    for (const rule of policy.rules) {
      if (rule.conditions.length !== 1 || isSameAction(rule.action, policy.defaultAction)) continue;
      for (const { name, ...place } of rule.names) {
        const others = earlier.get(name) ?? [];
        earlier.set(name, [...others, rule]);
        const [mine] = rule.conditions;
        const partner = others.find(
          ({ action, conditions: [theirs] }) =>
            isSameAction(action, rule.action) &&
            mine &&
            theirs &&
            mine.index === theirs.index &&
            coverAll(mine, theirs),
        );
        if (!partner || partner === rule) continue;
        yield {
          place,
          message: `${name}: the conditions of this entry and of ${partner.path} leave no value of argument ${mine?.index} out, and either is enough: ${rule.action.kind} applies always`,
          advice: 'entries are alternatives: name the values for the other action instead, or say both in one mask',
        } satisfies RuleFinding;
      }
    }
  },
};

export const CONDITION_RULES: readonly CheckRule[] = [
  conditionNever,
  conditionAlways,
  maskedValueBits,
  repeatedArgument,
  conditionsCoverAll,
];
