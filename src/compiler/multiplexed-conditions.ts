import { formatAction, permits } from '../action.js';
import type { Architecture, ArchitectureName } from '../architecture.js';
import type { Action } from '../policy.js';
import type { EntryEffect } from './entry-effect.js';
import { type CompiledRules, contestedRulesOf, type ExpectedRule } from './expected-decisions.js';
import { isCall, MULTIPLEXED_CALLS, MULTIPLEXERS } from './multiplexed-calls.js';
import type { ProgramDecisions } from './program-decisions.js';

/** One message about several calls and architectures. */
type Grouped = EntryEffect & { names: string[]; on: ArchitectureName[]; says: ReportedEffect['says'] };

type ReportedEffect = Pick<EntryEffect, 'code' | 'consequence'> & { says: (names: string) => string };

/**
 * The effect of conditions on calls that are made through socketcall or ipc. There the call's arguments are in memory,
 * or in other registers. libseccomp replaces the condition on argument 0 by the number of the call. The other
 * conditions compare the multiplexer's own arguments (see `expectedDecisions`). Nothing is reported where an entry
 * decides the whole multiplexer.
 */
export function* multiplexedConditions(
  compiledRules: CompiledRules,
  decisions: ProgramDecisions,
): Generator<EntryEffect> {
  const found = new Map<string, Grouped>();
  for (const architecture of compiledRules.architectures) {
    for (const multiplexer of MULTIPLEXERS) {
      const number = compiledRules.resolve(multiplexer, architecture);
      if (number === undefined || number < 0) continue;
      const rules = contestedRulesOf(compiledRules, architecture).get(number) ?? [];
      if (rules.some(({ conditions }) => conditions.length === 0)) continue;
      for (const expected of rules) {
        const { name, rule, conditions } = expected.operation;
        const multiplexed = MULTIPLEXED_CALLS.get(name);
        if (multiplexed === undefined || conditions.length === 0) continue;
        const got = decisions.actions(architecture, number, [isCall(multiplexed)]);
        const reported = describeEffect(expected, {
          multiplexer,
          got,
          architecture,
          defaultAction: compiledRules.policy.defaultAction,
        });
        if (reported === undefined) continue;
        const key = [rule.path, rule.source, multiplexer, reported.says('')].join('\n');
        const { says, ...kind } = reported;
        const same: Grouped = found.get(key) ?? { ...kind, rule, names: [], on: [], multiplexer, message: '', says };
        found.set(key, same);
        if (!same.names.includes(name)) same.names.push(name);
        if (!same.on.includes(architecture.name)) same.on.push(architecture.name);
      }
    }
  }
  for (const { says, ...effect } of found.values()) yield { ...effect, message: says(effect.names.join(', ')) };
}

function describeEffect(
  { action, conditions }: ExpectedRule,
  {
    multiplexer,
    got,
    architecture,
    defaultAction,
  }: { multiplexer: string; got: readonly Action[]; architecture: Architecture; defaultAction: Action },
): ReportedEffect | undefined {
  const isLetThrough = got.some(permits);
  // libseccomp compares all of a register, of which the kernel reads 32 bits.
  const whole = architecture.wordSize === 64 ? ' (where all 64 bits of its argument 0 are the number of the call)' : '';
  const way = `through ${multiplexer}${whole}`;
  const registers = [...new Set(conditions.map(({ index }) => index))].filter((index) => index !== 0).sort();
  const own = `${multiplexer}'s own argument${registers.length > 1 ? 's' : ''} ${registers.join(' and ')}`;
  const answers = [...new Set(got.map((each) => formatAction(each, architecture.name)))].sort().join(' or ');
  if (!permits(action)) {
    if (!isLetThrough) {
      return {
        code: 'multiplexer-widened',
        consequence: 'stronger',
        says: (names) =>
          `${names} ${way} gets ${answers} whatever its arguments, not only where they meet the condition: they are in memory there`,
      };
    }
    const instead =
      registers.length > 0 ? `the program compares ${own} there, which is another value` : 'other entries decide there';
    return {
      code: 'multiplexed-condition',
      consequence: 'weaker',
      says: (names) =>
        `${names} ${way} is not kept by this condition from running: ${instead}, and it may get ${answers}`,
    };
  }
  if (!isLetThrough || permits(defaultAction)) return undefined;
  if (got.every(permits)) {
    return {
      code: 'multiplexer-widened',
      consequence: 'weaker',
      says: (names) => `${names} ${way} is let through whatever the condition says: the arguments are in memory there`,
    };
  }
  if (registers.length === 0) return undefined;
  return {
    code: 'multiplexed-condition',
    consequence: 'stronger',
    says: (names) =>
      `${names} ${way} is let through or not by ${own}, which is another value than the condition is about`,
  };
}
