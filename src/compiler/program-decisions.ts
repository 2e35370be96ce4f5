import { isSameAction } from '../action.js';
import type { Architecture } from '../architecture.js';
import { createDiagramBuilder, terminalAction } from '../bpf/decision-diagram.js';
import { type DiagramBudget, DiagramStore, FALSE, type Node, TRUE } from '../bpf/diagram-store.js';
import type { Action, ArgumentCondition } from '../policy.js';
import { ConditionNodes } from './condition-nodes.js';
import type { Translation } from './expected-decisions.js';

/** Enough for real profiles many times over; the proof has more. */
const BUDGET: DiagramBudget = { nodes: 2 ** 19 };

/** Past the return values, which are terminals of the same store. */
const NOT_ASKED = 2 ** 32;

/** What a program decides about single calls, as a function of their arguments. Raises as `createDiagramBuilder`. */
export class ProgramDecisions {
  #made: ConditionNodes | undefined;
  readonly #build: (architecture: Architecture, nr: number) => Node;
  readonly #decisions = new Map<string, Node>();

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
  get #conditions(): ConditionNodes {
    this.#made ??= new ConditionNodes(new DiagramStore(this.budget));
    return this.#made;
  }

  get #store(): DiagramStore {
    return this.#conditions.store;
  }

  /** The actions that calls of a number get whose arguments meet the conditions; none where no argument does. */
  actions(architecture: Architecture, nr: number, conditions: readonly ArgumentCondition[]): readonly Action[] {
    const store = this.#store;
    const notAsked = store.terminal(NOT_ASKED);
    const asked = store.choose(
      this.#conditions.where(conditions, architecture.wordSize),
      this.#decision(architecture, nr),
      notAsked,
    );
    return [...store.terminalsOf(asked)]
      .filter((terminal) => terminal !== notAsked)
      .map((terminal) => terminalAction(store, terminal));
  }

  /** Whether some arguments meet the conditions of all lists at once. */
  canMeet({ wordSize }: Architecture, ...lists: readonly (readonly ArgumentCondition[])[]): boolean {
    return this.#conditions.where(lists.flat(), wordSize) !== FALSE;
  }

  /** Whether all arguments meet the conditions. */
  isAlways({ wordSize }: Architecture, conditions: readonly ArgumentCondition[]): boolean {
    return this.#conditions.where(conditions, wordSize) === TRUE;
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
}

/** Whether an action is among several. */
export const isAmong = (action: Action, actions: readonly Action[]): boolean =>
  actions.some((each) => isSameAction(each, action));
