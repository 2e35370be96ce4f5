import { type Architecture, parseArchitecture } from '../../architecture.js';
import type { ActionLabel, RuleNote } from '../../editor/rule-notes.js';
import type { ArgumentCondition, PolicyRule } from '../../policy.js';
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
  architecture: Architecture['name'];
  action: ActionLabel;
  args: readonly bigint[];
}

/** Which entry gives a call its answer, and why the others about it do not. */
export function verdictOf(
  { name, architecture: architectureName, action, args }: DecidedCall,
  rules: readonly PolicyRule[],
  notes: readonly RuleNote[],
  defaultAction: ActionLabel,
): Verdict {
  const architecture = parseArchitecture(architectureName);
  const about = rules.filter(({ names }) => names.some((each) => each.name === name));
  // The notes on a call are those on its rules, in their order, and then those on entries that were dropped.
  const entries = notes.map((note, index): EntryVerdict => {
    const rule = note.dropped === undefined ? about[index] : undefined;
    if (!rule) return { ...note, part: 'dropped', because: note.dropped };
    if (rule.abis && !rule.abis.some((abi) => abi.name === architecture.name)) {
      return { ...note, part: 'no', because: `it is for ${rule.abis.map((abi) => abi.name).join(', ')}` };
    }
    const failing = failingConditions(rule.conditions, args);
    if (failing.length > 0) return { ...note, part: 'no', because: valuesOf(failing, name, args, architecture) };
    if (note.action.text === action.text) return { ...note, part: 'decides' };
    return {
      ...note,
      part: 'overruled',
      because: 'its conditions hold, and another entry or the runtime goes before it',
    };
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

/** The conditions of a rule that do not hold. As libseccomp takes it: where an argument has several, any will do. */
function failingConditions(conditions: readonly ArgumentCondition[], args: readonly bigint[]): ArgumentCondition[] {
  const failing = conditions.filter((condition) => !holds(condition, args[condition.index] ?? 0n));
  const isSplit = new Set(conditions.map(({ index }) => index)).size < conditions.length;
  return isSplit && failing.length < conditions.length ? [] : failing;
}

function holds({ op, value, valueTwo }: ArgumentCondition, given: bigint): boolean {
  switch (op) {
    case 'NE':
      return given !== value;
    case 'LT':
      return given < value;
    case 'LE':
      return given <= value;
    case 'EQ':
      return given === value;
    case 'GE':
      return given >= value;
    case 'GT':
      return given > value;
    case 'MASKED_EQ':
      return (given & value) === valueTwo;
  }
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
