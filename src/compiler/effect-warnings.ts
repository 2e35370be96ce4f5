import { orTooComplex } from '../bpf/decisions/diagram-store.js';
import type { SeccompPolicy, Warning } from '../policy.js';
import type { EntryEffect } from './entry-effect.js';
import type { CompiledRules } from './expected-decisions.js';
import { ineffectiveEntries } from './ineffective-entries.js';
import { multiplexedConditions } from './multiplexed-conditions.js';
import type { ProgramDecisions } from './program-decisions.js';

/**
 * The entries with another effect in the program than they say. Another entry decides instead, no call meets them, or
 * they compare another value behind socketcall and ipc. Found in the program's decision diagram. Undefined where the
 * program is too complex for an answer.
 */
export function entryEffects(
  compiledRules: CompiledRules,
  decisions: ProgramDecisions,
): readonly EntryEffect[] | undefined {
  return orTooComplex(() => [
    ...ineffectiveEntries(compiledRules, decisions),
    ...multiplexedConditions(compiledRules, decisions),
  ]);
}

/**
 * Effects as the compiler's warnings, in the profile's order. It is no warning that a multiplexer denies more than an
 * entry says: that would be repeated at every use of a profile that means it. `check` gives it as advice.
 */
export function effectWarnings(effects: readonly EntryEffect[] | undefined, { rules }: SeccompPolicy): Warning[] {
  if (effects === undefined) {
    const message = 'whether every entry takes effect was not worked out: the program is too complex for that';
    return [{ code: 'effects-unknown', message, path: 'syscalls', position: undefined, source: undefined }];
  }
  const order = new Map(rules.map((rule, index) => [rule, index]));
  const reported = effects.filter(
    ({ code, consequence }) => code !== 'multiplexer-widened' || consequence !== 'stronger',
  );
  const byRule = reported.sort((a, b) => (order.get(a.rule) ?? 0) - (order.get(b.rule) ?? 0));
  return byRule.map(({ code, rule, names, on, message }) => {
    const { path, position, source } = rule.names.find(({ name }) => name === names[0]) ?? rule;
    return { code, message: on ? `${message} (on ${on.join(', ')})` : message, path, position, source };
  });
}
