import { isSameAction } from '../action.js';
import type { Architecture } from '../architecture.js';
import { ALL_BITS, below, equalTo, LOW_HALF } from '../bpf/condition.js';
import { createDiagramBuilder, terminalAction } from '../bpf/decision-diagram.js';
import { type DiagramBudget, DiagramStore, FALSE, type Node, TRUE } from '../bpf/diagram-store.js';
import type { Action, ArgumentCondition } from '../policy.js';
import type { Translation } from './expected-decisions.js';

/** Enough for real profiles many times over; the proof has more. */
const BUDGET: DiagramBudget = { nodes: 2 ** 19 };

/** Past the return values, which are terminals of the same store. */
const NOT_ASKED = 2 ** 32;

/** What a program decides about single calls, as a function of their arguments. Raises as `createDiagramBuilder`. */
export class ProgramDecisions {
  #made: DiagramStore | undefined;
  readonly #build: (architecture: Architecture, nr: number) => Node;
  readonly #decisions = new Map<string, Node>();
  readonly #conditions = new Map<string, Node>();

  constructor(
    { program, architectures }: Translation,
    readonly budget: DiagramBudget = BUDGET,
  ) {
    const endianness = architectures[0]?.endianness;
    let build: ReturnType<typeof createDiagramBuilder>['build'] | undefined;
    this.#build = ({ auditArch: arch }, nr) => {
      build ??= createDiagramBuilder(program, { store: this.#store, endianness }).build;
      return build({ arch, nr });
    };
  }

  /** Made when something is asked, which is not so of most profiles. */
  get #store(): DiagramStore {
    this.#made ??= new DiagramStore(this.budget);
    return this.#made;
  }

  /** The actions that calls of a number get whose arguments meet the conditions; none where no argument does. */
  actions(architecture: Architecture, nr: number, conditions: readonly ArgumentCondition[]): readonly Action[] {
    const store = this.#store;
    const notAsked = store.terminal(NOT_ASKED);
    const asked = store.choose(this.#where(architecture, conditions), this.#decision(architecture, nr), notAsked);
    return [...store.terminalsOf(asked)]
      .filter((terminal) => terminal !== notAsked)
      .map((terminal) => terminalAction(store, terminal));
  }

  /** Whether some arguments meet the conditions of all lists at once. */
  canMeet(architecture: Architecture, ...lists: readonly (readonly ArgumentCondition[])[]): boolean {
    return this.#where(architecture, lists.flat()) !== FALSE;
  }

  /** Count other work against the budget. */
  spend(steps: number): void {
    this.#store.spend(steps);
  }

  #decision(architecture: Architecture, nr: number): Node {
    const key = `${architecture.name} ${nr}`;
    const node = this.#decisions.get(key) ?? this.#build(architecture, nr);
    this.#decisions.set(key, node);
    return node;
  }

  #where({ wordSize }: Architecture, conditions: readonly ArgumentCondition[]): Node {
    return conditions.reduce((all: Node, condition) => this.#store.and(all, this.#holds(condition, wordSize)), TRUE);
  }

  #holds(condition: ArgumentCondition, bits: 32 | 64): Node {
    const key = `${bits} ${condition.index} ${condition.op} ${condition.value} ${condition.valueTwo}`;
    const node = this.#conditions.get(key) ?? conditionNode(this.#store, condition, bits);
    this.#conditions.set(key, node);
    return node;
  }
}

/** Whether an action is among several. */
export const isAmong = (action: Action, actions: readonly Action[]): boolean =>
  actions.some((each) => isSameAction(each, action));

/**
 * Where an argument compares with the value as asked, in so many bits. libseccomp masks a MASKED_EQ's datum too.
 */
export function conditionNode(
  store: DiagramStore,
  { index, op, value, valueTwo }: ArgumentCondition,
  bits: 32 | 64,
): Node {
  const width = bits === 32 ? LOW_HALF : ALL_BITS;
  switch (op) {
    case 'EQ':
      return equalTo(store, index, width, value);
    case 'NE':
      return store.not(equalTo(store, index, width, value));
    case 'LT':
      return below(store, index, width, value, false);
    case 'LE':
      return below(store, index, width, value, true);
    case 'GE':
      return store.not(below(store, index, width, value, false));
    case 'GT':
      return store.not(below(store, index, width, value, true));
    case 'MASKED_EQ':
      return equalTo(store, index, value & width, valueTwo);
  }
}
