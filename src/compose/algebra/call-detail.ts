import { judgeChange, MAX_ERRNO, mayRun } from '../../action.js';
import { actionTerminal, terminalAction } from '../../bpf/decisions/decision-diagram.js';
import type { DiagramStore, Node } from '../../bpf/decisions/diagram-store.js';
import { Level } from '../../bpf/decisions/input-variables.js';
import type { Action } from '../../policy.js';
import type { ActionOrder } from './action-order.js';

/** How the entries of a call are made. What does not work in one way is tried in the next. */
export interface CallDetail {
  /**
   * `own`: those of an input that decides the call so, as its author wrote them; a call behind a multiplexer depends on
   * how they are written. Else as of `ruleConditions`: masks are more entries, which libseccomp compiles rightly.
   */
  readonly comparisons: 'own' | 'all' | 'masks';
  /** Entries for each architecture of the filter by itself. */
  readonly isPerAbi: boolean;
  /**
   * How much stricter the call may become. 0: not at all. 1: it does not depend on the instruction pointer, and has actions
   * that profiles have. 2: the strictest of its decisions, whatever the arguments. 3: denied.
   */
  readonly coarseness: 0 | 1 | 2 | 3;
}

export const EXACT: CallDetail = { comparisons: 'own', isPerAbi: false, coarseness: 0 };
const RECOVERED: CallDetail = { ...EXACT, comparisons: 'all' };

/** The next way that gives the same decisions; undefined where there is none. */
export function nextExact(detail: CallDetail, mayBePerAbi: boolean): CallDetail | undefined {
  if (detail.comparisons === 'own') return { ...detail, comparisons: 'all' };
  if (detail.comparisons === 'all') return { ...detail, comparisons: 'masks' };
  return mayBePerAbi && !detail.isPerAbi ? { ...detail, comparisons: 'all', isPerAbi: true } : undefined;
}

/** The next stricter way; undefined where there is none. */
export function nextStricter({ coarseness }: CallDetail): CallDetail | undefined {
  return coarseness < 3 ? { ...RECOVERED, coarseness: (coarseness + 1) as CallDetail['coarseness'] } : undefined;
}

/** What an entry is for, and what else its profile has. */
export interface Coarsening {
  readonly order: ActionOrder;
  readonly defaultAction: Action;
  readonly hasTrapData: boolean;
  /** What is decided on the other architectures that the entry is for. */
  readonly elsewhere: readonly Node[];
}

/** What a call comes to with so much coarseness. */
export function coarsened(
  store: DiagramStore,
  node: Node,
  coarseness: CallDetail['coarseness'],
  { order, defaultAction, hasTrapData, elsewhere }: Coarsening,
): Node {
  if (coarseness === 0) return node;
  const strictest = (nodes: readonly Node[]): Action =>
    nodes
      .flatMap((each) => [...store.terminalsOf(each)])
      .map((each) => sayable(terminalAction(store, each), hasTrapData))
      .reduce((one, other) => order.strictest(one, other));
  if (coarseness === 1) {
    return store.apply(node, node, (each) =>
      store.level(each) >= Level.INSTRUCTION_POINTER ? actionTerminal(store, strictest([each])) : undefined,
    );
  }
  const constant = strictest([node, ...elsewhere]);
  if (coarseness === 2) return actionTerminal(store, constant);
  const isEnough = !mayRun(defaultAction) && judgeChange(constant, defaultAction) !== 'weaker';
  return actionTerminal(store, isEnough ? defaultAction : EPERM);
}

const EPERM: Action = { kind: 'ERRNO', data: 1 };

/** The nearest action that a profile can have: TRAP has data in few formats, and libseccomp refuses the last errno. */
function sayable(action: Action, hasTrapData: boolean): Action {
  if (action.kind === 'TRAP' && !hasTrapData) return { kind: 'TRAP' };
  return action.kind === 'ERRNO' && action.data >= MAX_ERRNO ? EPERM : action;
}
