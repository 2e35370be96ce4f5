import type { ActionKind } from '../action.js';
import { formatAction } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import type { RuntimeBehaviour } from '../compiler/runtime.js';
import type { ArgumentCondition, PolicyRule } from '../policy.js';
import { type ResolutionExplanation, whyDropped } from '../profile/resolve/explain-resolution.js';
import { describeMask, describeValue } from '../syscalls/constants.js';
import { type SyscallParameter, syscallSignature } from '../syscalls/signature.js';

export interface ActionLabel {
  kind: ActionKind;
  /** `ERRNO(EPERM)`. */
  text: string;
}

/** A rule or a dropped entry that names a call. */
export interface RuleNote {
  path: string;
  line?: number | undefined;
  column?: number | undefined;
  offset?: number | undefined;
  source?: string | undefined;
  action: ActionLabel;
  /** In words: `domain == AF_UNIX`; empty: for all arguments. */
  condition: string;
  /** Why the entry does not apply; undefined: it does. */
  dropped?: string | undefined;
}

/** A condition's operator as C writes it. */
const OPERATORS = { NE: '!=', LT: '<', LE: '<=', EQ: '==', GE: '>=', GT: '>' } as const;

/** A condition in words, by the names of the argument and of its values: `(flags & CLONE_NEWUSER) == 0`. */
function describeCondition(
  { index, op, value, valueTwo }: ArgumentCondition,
  parameter: SyscallParameter | undefined,
  architecture: ArchitectureName,
): string {
  const name = parameter?.name ?? `arg${index}`;
  const number = (given: bigint) => {
    if (parameter?.constants) return describeValue(parameter.constants, given, architecture);
    return given < 4096n ? `${given}` : `0x${given.toString(16)}`;
  };
  if (op !== 'MASKED_EQ') return `${name} ${OPERATORS[op]} ${number(value)}`;
  // A mask of all low bits is how an int is compared.
  if (parameter && parameter.bits < 64 && value === (1n << BigInt(parameter.bits)) - 1n) {
    return `${name} == ${number(valueTwo & value)}`;
  }
  const mask = parameter?.constants ? describeMask(parameter.constants, value, architecture) : number(value);
  const datum = valueTwo & value; // libseccomp masks it too
  return `(${name} & ${mask.includes('|') ? `(${mask})` : mask}) == ${datum === 0n ? 0 : number(datum)}`;
}

function describeConditions(
  name: string,
  rule: Pick<PolicyRule, 'conditions'>,
  architecture: ArchitectureName,
  together: RuntimeBehaviour['conditions'],
): string {
  if (rule.conditions.length === 0) return '';
  const parameters = syscallSignature(name, architecture);
  const words = rule.conditions.map((each) => describeCondition(each, parameters?.[each.index], architecture));
  const isRepeated = new Set(rule.conditions.map(({ index }) => index)).size < rule.conditions.length;
  const isSplit = together === 'split-all' || (together === 'split-repeated' && isRepeated);
  return words.join(isSplit ? ' or ' : ' and ');
}

/**
 * For every name in the profile: the rules about it, and the entries that do not apply to this target. `together`: how
 * the runtime reads several conditions (see planFilter).
 */
export function ruleNotes(
  rules: readonly PolicyRule[],
  explanation: ResolutionExplanation,
  source: string,
  together: RuntimeBehaviour['conditions'],
): Record<string, RuleNote[]> {
  const { architecture } = explanation;
  const notes: Record<string, RuleNote[]> = Object.create(null);
  const add = (name: string, note: RuleNote) => {
    notes[name] ??= [];
    notes[name].push(note);
  };
  for (const rule of rules) {
    const action = { kind: rule.action.kind, text: formatAction(rule.action, architecture) };
    for (const { name, path, position, source: file } of rule.names) {
      const condition = describeConditions(name, rule, architecture, together);
      add(name, noteAt({ path, position, source: file }, source, { action, condition }));
    }
  }
  for (const entry of explanation.entries) {
    if (entry.applies) continue;
    const kind = entry.action.replace(/^KILL$/, 'KILL_THREAD').replace(/\(.*$/, '') as ActionKind;
    const action = { kind, text: entry.action };
    const note = noteAt(entry, source, { action, condition: '', dropped: whyDropped(entry.because) });
    for (const name of entry.names) add(name, note);
  }
  return notes;
}

/** All by name: a spread of so many objects at each keystroke takes several times as long. */
function noteAt(
  { path, position, source: file }: Pick<PolicyRule, 'path' | 'position' | 'source'>,
  source: string,
  { action, condition, dropped }: Pick<RuleNote, 'action' | 'condition' | 'dropped'>,
): RuleNote {
  const isOther = file !== undefined && file !== source;
  return {
    path,
    line: position?.line,
    column: position?.column,
    offset: isOther ? undefined : position?.offset,
    source: isOther ? file : undefined,
    action,
    condition,
    dropped,
  };
}
