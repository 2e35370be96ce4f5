import { actionData, nameOfKind } from '../action.js';
import { ALL_64_BITS, type Condition } from '../bpf/decisions/condition.js';
import { terminalAction } from '../bpf/decisions/decision-diagram.js';
import { type DiagramStore, FALSE, type Node, TRUE } from '../bpf/decisions/diagram-store.js';
import { INSTRUCTION_POINTER_FIELD } from '../bpf/decisions/input-variables.js';
import { ruleConditions } from '../bpf/decisions/rule-conditions.js';
import type { Action } from '../policy.js';
import type { DockerSyscall, SeccompArgument } from '../profile/model/schema.js';

/** What is decided about one call, as a function of its arguments, and what is to be said of it. */
export interface DecidedNode {
  readonly store: DiagramStore;
  readonly node: Node;
  /** What calls get that have no entry. */
  readonly defaultNode: Node;
  /** As of `ruleConditions`. */
  readonly comparisons?: 'all' | 'masks' | undefined;
  /** Is given what no entry can say. */
  cannot(reason: string): void;
}

/** An entry without names, and the decision that it gives. */
export interface EntryOfCall {
  readonly terminal: Node;
  readonly entry: DockerSyscall;
}

/** The entries that give one call its decisions; none where it gets the default. */
export function entriesOfCall({ store, node, defaultNode, comparisons, cannot }: DecidedNode): EntryOfCall[] {
  if (node === defaultNode) return [];
  const terminals = store.isTerminal(node)
    ? [node]
    : [...store.terminalsOf(node)].filter((each) => each !== defaultNode);
  return terminals.flatMap((terminal): EntryOfCall[] => {
    const keys = actionKeys(terminalAction(store, terminal));
    if (store.isTerminal(node)) return [{ terminal, entry: keys }];
    const where = store.map(node, (each) => (each === terminal ? TRUE : FALSE));
    const terms = ruleConditions(store, where, comparisons);
    if (terms === undefined) cannot('its conditions take more entries than a profile should have');
    if (terms?.flat().some(({ field }) => field === INSTRUCTION_POINTER_FIELD))
      cannot('it depends on where the call is made (the instruction pointer)');
    return (terms ?? []).map((term) => ({ terminal, entry: { ...keys, args: term.map(argumentOf) } }));
  });
}

/** An action as entries have it. */
export function actionKeys(action: Action): Pick<DockerSyscall, 'action' | 'errnoRet' | 'trapData'> {
  const data = BigInt(actionData(action) ?? 0);
  const hasErrno = action.kind === 'ERRNO' || action.kind === 'TRACE';
  return {
    action: nameOfKind(action.kind),
    ...(hasErrno && { errnoRet: data }),
    ...(action.kind === 'TRAP' && data !== 0n && { trapData: data }),
  };
}

/** As `ruleConditions` says. */
function argumentOf(condition: Condition): SeccompArgument {
  const index = BigInt(condition.field);
  if (condition.kind === 'between') {
    return condition.from === 0n
      ? { index, op: 'SCMP_CMP_LE', value: condition.to }
      : { index, op: 'SCMP_CMP_GE', value: condition.from };
  }
  if (condition.kind === 'notEqual') return { index, op: 'SCMP_CMP_NE', value: condition.value };
  return condition.mask === ALL_64_BITS
    ? { index, op: 'SCMP_CMP_EQ', value: condition.value }
    : { index, op: 'SCMP_CMP_MASKED_EQ', value: condition.mask, valueTwo: condition.value };
}
