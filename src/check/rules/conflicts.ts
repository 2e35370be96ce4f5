import { isSameAction, permits } from '../../action.js';
import { list } from '../../phrases.js';
import type { ArgumentCondition, PolicyRule } from '../../policy.js';
import { areSameConditions, overlap } from '../condition-algebra.js';
import type { CheckRule } from '../rule.js';
import type { CheckedTarget } from '../target.js';
import { placeOfName } from '../verdict.js';
import { lifted } from './lifted.js';

const ineffectiveRule: CheckRule = {
  id: 'ineffective-rule',
  severity: 'error',
  summary:
    'An entry without effect: another one decides every call that meets its conditions, and libseccomp says nothing.',
  *checkTarget({ effects }) {
    for (const { code, rule, names, on, consequence, message } of effects) {
      if (code !== 'ineffective-rule') continue;
      yield {
        place: placeOfName(rule, names[0] as string),
        severity: consequence === 'weaker' ? 'error' : 'warning',
        on,
        message,
        advice:
          'decide which is meant, and take the name out of the other entry, or make the conditions exclude each other',
      };
    }
  },
};

const defaultActionRule: CheckRule = {
  id: 'default-action-rule',
  severity: 'advice',
  summary: 'An entry whose action is the default action: it changes nothing.',
  checkTarget: (target) =>
    lifted(target, 'default-action-rule', 'take the entry out, or give it the action that is meant'),
};

/** More entries than this with conditions for one call are not compared pair by pair. */
const MAX_PAIRED = 64;

interface Pair {
  first: PolicyRule;
  second: PolicyRule;
  names: string[];
}

/**
 * Pairs of entries that name the same calls, the later one second, for which `test` holds. `isOneEnough`: one pair is
 * enough for the second entry, since a thousand equal entries have half a million pairs.
 */
function* pairs(
  { policy, isRepeated }: CheckedTarget,
  test: (first: PolicyRule, second: PolicyRule, name: string) => boolean,
  { isOneEnough = false } = {},
): Generator<Pair> {
  const byName = new Map<string, PolicyRule[]>();
  const found = new Map<PolicyRule, Map<PolicyRule, Pair>>();
  for (const second of policy.rules) {
    if (isSameAction(second.action, policy.defaultAction)) continue;
    for (const { name } of second.names) {
      if (!isRepeated(name)) continue;
      const earlier = byName.get(name) ?? [];
      for (const first of earlier.slice(0, MAX_PAIRED)) {
        if (!test(first, second, name)) continue;
        const ofFirst = found.get(first) ?? new Map<PolicyRule, Pair>();
        found.set(first, ofFirst);
        const pair = ofFirst.get(second) ?? { first, second, names: [] };
        ofFirst.set(second, pair);
        if (!pair.names.includes(name)) pair.names.push(name);
        if (isOneEnough) break;
      }
      earlier.push(second);
      byName.set(name, earlier);
    }
  }
  for (const ofFirst of found.values()) yield* ofFirst.values();
}

/** Whether an entry is for all architectures that the other is for. */
const isForAllOf = ({ abis }: PolicyRule, other: PolicyRule, { architectures }: CheckedTarget): boolean =>
  (other.abis ?? architectures).every((each) => abis?.includes(each) ?? true);

const redundantRule: CheckRule = {
  id: 'redundant-rule',
  severity: 'advice',
  summary: 'The same call, conditions and action a second time.',
  *checkTarget(target) {
    const isSame = (a: PolicyRule, b: PolicyRule) =>
      isSameAction(a.action, b.action) && areSameConditions(a.conditions, b.conditions) && isForAllOf(a, b, target);
    for (const { first, second, names } of pairs(target, isSame, { isOneEnough: true })) {
      yield {
        place: placeOfName(second, names[0] as string),
        message: `${list(names)}: ${first === second ? 'named twice in this entry' : `${first.path} says the same`}`,
        advice: 'take one of the two out',
      };
    }
  },
};

const defeatedCondition: CheckRule = {
  id: 'defeated-condition',
  severity: 'warning',
  summary: 'A condition on a call that another entry gives the same action for all arguments.',
  *checkTarget(target) {
    const inRoles = (a: PolicyRule, b: PolicyRule) =>
      a.conditions.length === 0 ? ([a, b] as const) : ([b, a] as const);
    const isDefeated = (a: PolicyRule, b: PolicyRule) =>
      isSameAction(a.action, b.action) &&
      (a.conditions.length === 0) !== (b.conditions.length === 0) &&
      isForAllOf(...inRoles(a, b), target);
    for (const { first, second, names } of pairs(target, isDefeated, { isOneEnough: true })) {
      const [whole, conditional] = inRoles(first, second);
      yield {
        place: placeOfName(conditional, names[0] as string),
        message: `${list(names)}: ${whole.path} has the same action without conditions, so the conditions here mean nothing`,
        advice: `take the name out of ${whole.path} if the conditions are meant, and else out of here`,
      };
    }
  },
};

/**
 * Whether some call meets the conditions of both entries, on an architecture where it has a number of its own; others are
 * not considered.
 */
function canMeetBoth({ architectures, actions }: CheckedTarget, name: string, entries: readonly PolicyRule[]): boolean {
  const conditions: readonly ArgumentCondition[] = entries.flatMap((each) => each.conditions);
  const shared = architectures.filter((on) => entries.every(({ abis }) => abis?.includes(on) ?? true));
  if (shared.length === 0) return false;
  const own = shared.filter((on) => actions(name, on, [])?.length !== 0);
  return own.length === 0 || own.some((on) => actions(name, on, conditions)?.length !== 0);
}

const overlappingConditions: CheckRule = {
  id: 'overlapping-conditions',
  severity: 'warning',
  summary:
    'Entries with different actions, and one call can meet the conditions of both: libseccomp decides which applies.',
  *checkTarget(target) {
    const meet = (a: PolicyRule, b: PolicyRule, name: string) =>
      target.existsSomewhere(name) &&
      !isSameAction(a.action, b.action) &&
      permits(a.action) !== permits(b.action) &&
      a.conditions.length > 0 &&
      b.conditions.length > 0 &&
      // libseccomp refuses the same condition twice, and the finding conflicting-actions reports that.
      !areSameConditions(a.conditions, b.conditions) &&
      a.conditions.every((one) =>
        b.conditions.every((other) => one.index !== other.index || overlap(one, other) === true),
      ) &&
      canMeetBoth(target, name, [a, b]);
    for (const { first, second, names } of pairs(target, meet)) {
      yield {
        place: placeOfName(second, names[0] as string),
        message: `${list(names)}: a call can meet the conditions of this entry (${second.action.kind}) and of ${first.path} (${first.action.kind}); the order of entries does not decide between them`,
        advice: 'make the conditions exclude each other',
      };
    }
  },
};

export const CONFLICT_RULES: readonly CheckRule[] = [
  ineffectiveRule,
  overlappingConditions,
  defeatedCondition,
  redundantRule,
  defaultActionRule,
];
