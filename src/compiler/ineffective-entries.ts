import { formatAction, isSameAction, permits } from '../action.js';
import type { Architecture, ArchitectureName } from '../architecture.js';
import type { Action, PolicyRule } from '../policy.js';
import { consequenceOf, type EntryEffect } from './entry-effect.js';
import { type CompiledRules, contestedRulesOf, type ExpectedRule, skippedRulesOf } from './expected-decisions.js';
import { isMultiplexer } from './multiplexed-calls.js';
import { isAmong, type ProgramDecisions } from './program-decisions.js';

/** The actions that calls of one number get which meet an entry, where none is the entry's action. */
interface Loss {
  reason: string;
  got: readonly Action[];
}

/**
 * The entries of which, on some architecture, no matching call gets the action. Another entry decides, or no argument
 * meets the conditions. libseccomp accepts such entries without an error. An entry without conditions decides its call
 * for good (db.c, `_db_rule_add`). Of conditional entries that hold at once, the first in libseccomp's tree decides.
 */
export function* ineffectiveEntries(compiledRules: CompiledRules, decisions: ProgramDecisions): Generator<EntryEffect> {
  for (const [rule, names] of lossesByEntry(compiledRules, decisions)) {
    for (const [name, { lost, everywhere }] of names) {
      for (const [reason, { on, got }] of lost) {
        yield {
          code: 'ineffective-rule',
          rule,
          names: [name],
          on: on.length === everywhere.size ? undefined : on,
          consequence: consequenceOf(rule, got),
          message: `${name}: ${reason}`,
        };
      }
    }
  }
}

interface Losses {
  /** By reason. */
  lost: Map<string, { on: ArchitectureName[]; got: readonly Action[] }>;
  /** The architectures on which the entry has a rule. */
  everywhere: Set<ArchitectureName>;
}

function lossesByEntry(
  compiledRules: CompiledRules,
  decisions: ProgramDecisions,
): Map<PolicyRule, Map<string, Losses>> {
  const entries = new Map<PolicyRule, Map<string, Losses>>();
  const places = compiledRules.architectures.map((architecture) => placeLosses(compiledRules, architecture, decisions));
  // Most profiles have no such entry, and the others have few.
  for (const { losses } of places) {
    for (const { operation } of losses.keys()) {
      const names = entries.get(operation.rule) ?? new Map<string, Losses>();
      entries.set(operation.rule, names.set(operation.name, { lost: new Map(), everywhere: new Set() }));
    }
  }
  if (entries.size === 0) return entries;
  for (const { architecture, placed, skipped, losses } of places) {
    // An entry is lost on an architecture if it is lost at every number where it has a rule, by itself and behind a
    // multiplexer.
    const found = new Map<Losses, (Loss | undefined)[]>();
    for (const rulesByNumber of [placed, skipped]) {
      for (const rules of rulesByNumber.values()) {
        for (const rule of rules) {
          const entry = entries.get(rule.operation.rule)?.get(rule.operation.name);
          if (!entry) continue;
          const all = found.get(entry) ?? [];
          all.push(losses.get(rule));
          found.set(entry, all);
        }
      }
    }
    for (const [{ lost, everywhere }, all] of found) {
      everywhere.add(architecture.name);
      const [first] = all;
      if (first === undefined || all.includes(undefined)) continue;
      const { on } = lost.get(first.reason) ?? { on: [] };
      lost.set(first.reason, { on: [...on, architecture.name], got: first.got });
    }
  }
  return entries;
}

/**
 * The rules of an architecture, including those that libseccomp does not get, and those that are lost at their own
 * number.
 */
function placeLosses(compiledRules: CompiledRules, architecture: Architecture, decisions: ProgramDecisions) {
  const losses = new Map<ExpectedRule, Loss>();
  const note = (rule: ExpectedRule, loss: Loss | undefined) => {
    if (loss) losses.set(rule, loss);
  };
  const skipped = skippedRulesOf(compiledRules, architecture);
  const placed = contestedRulesOf(compiledRules, architecture);
  for (const [number, rules] of placed) {
    const first = rules[0]!;
    // The usual case: an entry that is alone about its call decides it. Only the stub takes one call from it.
    if (rules.length === 1 && isUnconditional(first) && number !== 0) continue;
    const decisive = rules.find(isUnconditional);
    const areAlike = rules.every(({ action }) => isSameAction(action, first.action));
    if (areAlike && rules.every(isUnconditional) && number !== 0) continue;
    const asked = { compiledRules, architecture, decisions, decisive, areAlike };
    for (const rule of rules) note(rule, lossOf(rule, rules, number, asked));
  }
  for (const [number, rules] of skipped) {
    const others = placed.get(number) ?? [];
    for (const rule of rules) note(rule, skippedLoss(rule, others, number, architecture, decisions));
  }
  return { architecture, placed, skipped, losses };
}

function lossOf(
  rule: ExpectedRule,
  rules: readonly ExpectedRule[],
  number: number,
  {
    compiledRules,
    architecture,
    decisions,
    decisive,
    areAlike,
  }: {
    compiledRules: CompiledRules;
    architecture: Architecture;
    decisions: ProgramDecisions;
    decisive: ExpectedRule | undefined;
    /** Whether all rules have one action. */
    areAlike: boolean;
  },
): Loss | undefined {
  const { action, conditions, operation } = rule;
  if (!decisions.canMeet(architecture, conditions)) {
    return {
      reason: 'this entry has no effect: no argument meets its conditions',
      got: [compiledRules.policy.defaultAction],
    };
  }
  if (decisive && !isSameAction(decisive.action, action)) {
    const { path, action: decided } = decisive.operation.rule;
    // An entry that denies a whole multiplexer means the calls behind it too.
    const isWholeDenied = isMultiplexer(decisive.operation.name) && decisive.operation.name !== operation.name;
    if (isWholeDenied && permits(action) && !permits(decided)) return undefined;
    const reason = `this entry has no effect, ${path} decides the call for all arguments (${says(decided, architecture)})`;
    return { reason, got: [decided] };
  }
  // The ENOSYS stub answers one number that may be named: setup, on s390.
  if (areAlike && !(compiledRules.enosysStub && number === 0)) return undefined;
  if (decisions.canGet(architecture, number, conditions, action)) return undefined;
  const got = decisions.actions(architecture, number, conditions);
  // Thousands of entries, each lost to thousands of others, are more pairs than there is time for.
  decisions.spend(rules.length);
  const deciding = rules.filter(
    (other) =>
      !isSameAction(other.action, action) &&
      other.operation.rule !== operation.rule &&
      isAmong(other.action, got) &&
      decisions.canMeet(architecture, conditions, other.conditions),
  );
  const by = deciding.length > 0 ? ` (${pathsOf(deciding)})` : '';
  const reason = `this entry has no effect: every call that meets it gets ${list(got, architecture)}${by}`;
  return { reason, got };
}

/** An entry with the default's action is no rule for libseccomp, and takes nothing from those of other entries. */
function skippedLoss(
  { action, conditions }: ExpectedRule,
  others: readonly ExpectedRule[],
  number: number,
  architecture: Architecture,
  decisions: ProgramDecisions,
): Loss | undefined {
  decisions.spend(others.length);
  const meeting = others.filter((other) => decisions.canMeet(architecture, conditions, other.conditions));
  if (meeting.length === 0) return undefined;
  const got = decisions.actions(architecture, number, conditions).filter((each) => !isSameAction(each, action));
  const deciding = meeting.filter((other) => isAmong(other.action, got));
  if (deciding.length === 0) return undefined;
  const reason = `this entry takes nothing from ${pathsOf(deciding)}: its action is the default's, so it is skipped, and calls that meet both get ${list(got, architecture)}`;
  return { reason, got };
}

const isUnconditional = ({ conditions }: ExpectedRule) => conditions.length === 0;

const says = (action: Action, { name }: Architecture) => formatAction(action, name);

const list = (actions: readonly Action[], architecture: Architecture) =>
  [...new Set(actions.map((action) => says(action, architecture)))].sort().join(' or ');

const pathsOf = (rules: readonly ExpectedRule[]) =>
  [...new Set(rules.map(({ operation }) => operation.rule.path))].join(', ');
