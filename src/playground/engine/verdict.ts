import { type Architecture, type ArchitectureName, parseArchitecture } from '../../architecture.js';
import { type CompiledRules, rulesOf, skippedRulesOf } from '../../compiler/expected-decisions.js';
import type { ActionLabel, RuleNote } from '../../editor/rule-notes.js';
import { conditionsHold } from '../../learn/condition-outcome.js';
import type { ArgumentCondition } from '../../policy.js';
import { describeValue } from '../../syscalls/constants.js';
import { syscallSignature } from '../../syscalls/signature.js';

/** What an entry about a call has to do with the answer that the call got. */
export interface EntryVerdict extends RuleNote {
  /**
   * `decides`: its conditions hold and the answer is its action. `overruled`: they hold, and the program gives another
   * answer. `no`: they do not hold. `dropped`: it does not apply to the target.
   */
  part: 'decides' | 'overruled' | 'no' | 'dropped';
  /** Why, where it does not decide. */
  because?: string | undefined;
}

export interface Verdict {
  entries: readonly EntryVerdict[];
  /** What decides where no entry does, in words. */
  otherwise?: string | undefined;
}

export interface DecidedCall {
  name: string;
  number: number;
  architecture: ArchitectureName;
  action: ActionLabel;
  args: readonly bigint[];
}

/** A compiled profile, as far as a verdict needs it. */
export interface JudgedProfile {
  /** The rules as they are in the filter: with the conditions as the runtime reads them. */
  compiledRules: CompiledRules;
  /** The notes on each name (rule-notes.ts). */
  notes: Readonly<Record<string, readonly RuleNote[]>>;
  defaultAction: ActionLabel;
}

const ALL_64_BITS = (1n << 64n) - 1n;

/** Which entry gives a call its answer, and why the others about it do not. */
export function verdictOf(
  { name, number, architecture: architectureName, action, args }: DecidedCall,
  { compiledRules, notes, defaultAction }: JudgedProfile,
): Verdict {
  const architecture = parseArchitecture(architectureName);
  const placed = [rulesOf(compiledRules, architecture), skippedRulesOf(compiledRules, architecture)].flatMap(
    (rules) => rules.get(number) ?? [],
  );
  const given = args.map((value, index) => ({ index, mask: ALL_64_BITS, value }));
  const holds = (conditions: readonly ArgumentCondition[]) =>
    conditionsHold(conditions, given, architecture.wordSize) === true;
  // A multiplexer is decided by the entries about the calls behind it too.
  const names = new Set([name, ...placed.map(({ operation }) => operation.name)]);
  const entries = [...names].flatMap((about) => {
    // The notes on a name are those on its rules, in their order, and then those on entries that were dropped.
    const named = compiledRules.policy.rules.flatMap((rule) =>
      rule.names.filter((each) => each.name === about).map(() => rule),
    );
    return (notes[about] ?? []).map((note, index): EntryVerdict => {
      const rule = note.dropped === undefined ? named[index] : undefined;
      if (!rule) return { ...note, part: 'dropped', because: note.dropped };
      if (rule.abis && !rule.abis.some((abi) => abi.name === architecture.name)) {
        return { ...note, part: 'no', because: `it is for ${rule.abis.map((abi) => abi.name).join(', ')}` };
      }
      // One of these is enough, as a whole.
      const alternatives = placed.filter(({ operation }) => operation.rule === rule && operation.name === about);
      if (alternatives.length === 0) return { ...note, part: 'dropped', because: 'the filter has no rule of it here' };
      if (!alternatives.some(({ conditions }) => holds(conditions))) {
        const failing = alternatives.flatMap(({ conditions }) => conditions.filter((each) => !holds([each])));
        return { ...note, part: 'no', because: valuesOf(failing, name, args, architecture) };
      }
      if (note.action.text === action.text) return { ...note, part: 'decides' };
      return {
        ...note,
        part: 'overruled',
        because: 'its conditions hold, and another entry or the runtime goes before it',
      };
    });
  });
  const rank = { decides: 0, overruled: 1, no: 2, dropped: 3 } as const;
  entries.sort((a, b) => rank[a.part] - rank[b.part]);
  if (entries[0]?.part === 'decides') return { entries };
  const isDefault = action.text === defaultAction.text;
  const which = entries.length === 0 ? 'no entry names the call' : 'no entry about the call applies to these arguments';
  const otherwise = isDefault
    ? `${which}: the default action decides`
    : `${which}: what the compiler or the runtime added decides`;
  return { entries, otherwise };
}

/** `domain is AF_INET`, once for each argument. */
function valuesOf(
  conditions: readonly ArgumentCondition[],
  name: string,
  args: readonly bigint[],
  architecture: Architecture,
): string {
  const parameters = syscallSignature(name, architecture.name);
  return [...new Set(conditions.map(({ index }) => index))]
    .map((index) => {
      const { name: argument = `arg${index}`, constants } = parameters?.[index] ?? {};
      const value = args[index] ?? 0n;
      const plain = value < 4096n ? `${value}` : `0x${value.toString(16)}`;
      return `${argument} is ${constants ? describeValue(constants, value, architecture.name) : plain}`;
    })
    .join(', ');
}
