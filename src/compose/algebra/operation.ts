import { mayRun } from '../../action.js';
import { actionTerminal, terminalAction } from '../../bpf/decisions/decision-diagram.js';
import type { DiagramStore, Node } from '../../bpf/decisions/diagram-store.js';
import type { Action } from '../../policy.js';
import type { ActionOrder } from './action-order.js';

export type Operation = 'intersect' | 'union' | 'subtract';

/** What becomes of two decisions about one call. */
type Combine = (one: Action, other: Action) => Action;

/** What an operation takes beside its inputs. */
export interface OperationSettings {
  readonly order: ActionOrder;
  /** The answer to calls that are taken away. */
  readonly denied: Action;
}

/**
 * The decisions of both functions combined, call by call and argument by argument:
 *
 * - `intersect`: the stricter one
 * - `union`: the weaker one
 * - `subtract`: that of the first, but where the second lets the call run, or asks somebody who may say so, it is denied
 */
export function combineDecisions(
  store: DiagramStore,
  operation: Operation,
  [first, ...others]: readonly Node[],
  settings: OperationSettings,
): Node {
  const combine = combinerOf(operation, settings);
  const known = new Map<number, Node>();
  const decided = (a: Node, b: Node): Node => {
    const pair = a * 2 ** 26 + b;
    const found = known.get(pair) ?? actionTerminal(store, combine(terminalAction(store, a), terminalAction(store, b)));
    known.set(pair, found);
    return found;
  };
  const leaf = (a: Node, b: Node): Node | undefined => {
    if (a === b && operation !== 'subtract') return a;
    return store.isTerminal(a) && store.isTerminal(b) ? decided(a, b) : undefined;
  };
  return others.reduce((all, each) => store.apply(all, each, leaf), first as Node);
}

function combinerOf(operation: Operation, { order, denied }: OperationSettings): Combine {
  switch (operation) {
    case 'intersect':
      return (one, other) => order.strictest(one, other);
    case 'union':
      return (one, other) => order.weakest(one, other);
    case 'subtract':
      return (one, other) => (mayRun(one) && mayRun(other) ? denied : one);
  }
}
