import { isSameAction } from '../action.js';
import type { Architecture } from '../architecture.js';
import { createDiagramBuilder, terminalAction } from '../bpf/decisions/decision-diagram.js';
import {
  type DiagramBudget,
  DiagramStore,
  FALSE,
  type Node,
  ProgramTooComplexError,
  TRUE,
} from '../bpf/decisions/diagram-store.js';
import type { VariableOrder } from '../bpf/decisions/input-variables.js';
import type { Action, ArgumentCondition } from '../policy.js';
import { ConditionNodes } from './condition-nodes.js';
import type { CompiledRules } from './expected-decisions.js';

/** Steps past the proof's, enough for real profiles many times over. */
const STEPS = 2 ** 22;

/**
 * What a program decides about single calls, as a function of their arguments. Throws as `createDiagramBuilder` does.
 */
export class ProgramDecisions {
  #made: ConditionNodes | undefined;
  #build: ((architecture: number, nr: number) => Node) | undefined;
  readonly #decisions = new Map<number, Map<number, Node>>();
  #steps = STEPS;

  constructor(
    readonly compiledRules: CompiledRules,
    readonly budget: DiagramBudget = {},
    readonly order: VariableOrder = 'fields',
  ) {}

  /** Made at the first question; most profiles lead to none. */
  get conditions(): ConditionNodes {
    this.#made ??= new ConditionNodes(new DiagramStore(this.budget, this.order));
    return this.#made;
  }

  get store(): DiagramStore {
    return this.conditions.store;
  }

  /** What is decided on a number of an AUDIT_ARCH. */
  decision(arch: number, nr: number): Node {
    const known = this.#decisions.get(arch)?.get(nr);
    if (known !== undefined) return known;
    const node = this.#builder(arch, nr);
    this.remember(arch, nr, node);
    return node;
  }

  /** Note a decision that was worked out with the whole program. */
  remember(arch: number, nr: number, node: Node): void {
    const byNumber = this.#decisions.get(arch) ?? new Map<number, Node>();
    this.#decisions.set(arch, byNumber.set(nr, node));
  }

  get #builder(): (arch: number, nr: number) => Node {
    if (this.#build) return this.#build;
    const { program, architectures } = this.compiledRules;
    const { build } = createDiagramBuilder(program, { store: this.store, endianness: architectures[0]?.endianness });
    this.#build = (arch, nr) => build({ arch, nr });
    return this.#build;
  }

  /** The actions that calls of a number get whose arguments meet the conditions; none where no argument does. */
  actions(on: Architecture, nr: number, conditions: readonly ArgumentCondition[]): readonly Action[] {
    const found = new Set<Node>();
    this.#someTerminal(on, nr, conditions, (terminal) => {
      found.add(terminal);
      return false;
    });
    return [...found].map((terminal) => terminalAction(this.store, terminal));
  }

  /** Whether the action is among {@link actions}, which takes less time to say. */
  canGet(on: Architecture, nr: number, conditions: readonly ArgumentCondition[], action: Action): boolean {
    return this.#someTerminal(on, nr, conditions, (terminal) =>
      isSameAction(terminalAction(this.store, terminal), action),
    );
  }

  #someTerminal(
    { auditArch, wordSize }: Architecture,
    nr: number,
    conditions: readonly ArgumentCondition[],
    test: (terminal: Node) => boolean,
  ): boolean {
    return this.#onOwnSteps(() =>
      this.store.someTerminal(this.conditions.where(conditions, wordSize), this.decision(auditArch, nr), test),
    );
  }

  /** Whether some arguments meet the conditions of all lists at once. */
  canMeet({ wordSize }: Architecture, ...lists: readonly (readonly ArgumentCondition[])[]): boolean {
    const all = lists.flat();
    if (areIndependent(all) && all.every((condition) => canHold(condition, wordSize))) return true;
    return this.#onOwnSteps(() => this.conditions.where(all, wordSize) !== FALSE);
  }

  /** Whether all arguments meet the conditions. */
  isAlways({ wordSize }: Architecture, conditions: readonly ArgumentCondition[]): boolean {
    return this.#onOwnSteps(() => this.conditions.where(conditions, wordSize) === TRUE);
  }

  /** Count other work against the steps. */
  spend(steps: number): void {
    this.#onOwnSteps(() => this.store.spend(steps));
  }

  /** Questions after the proof have their own steps, however many the proof took. */
  #onOwnSteps<T>(work: () => T): T {
    let result: { value: T } | undefined;
    const { taken } = this.store.attempt(this.#steps, () => {
      result = { value: work() };
    });
    this.#steps -= taken;
    if (result === undefined) throw new ProgramTooComplexError('too complex to say of every entry what it comes to');
    return result.value;
  }
}

const areIndependent = (conditions: readonly ArgumentCondition[]): boolean =>
  new Set(conditions.map(({ index }) => index)).size === conditions.length;

/** Whether a value of so many bits meets a condition by itself. */
function canHold({ op, value }: ArgumentCondition, bits: 32 | 64): boolean {
  const datum = BigInt.asUintN(bits, value);
  return op === 'LT' ? datum !== 0n : op === 'GT' ? datum !== 2n ** BigInt(bits) - 1n : true;
}

const proven = new WeakMap<CompiledRules, ProgramDecisions>();

/** Keep what a proof has worked out, for {@link decisionsOf}. */
export function keepProven(decisions: ProgramDecisions): void {
  proven.set(decisions.compiledRules, decisions);
}

/** The decisions of a program, with what its proof worked out of them. */
export function decisionsOf(compiledRules: CompiledRules): ProgramDecisions {
  return proven.get(compiledRules) ?? new ProgramDecisions(compiledRules);
}

/** Whether an action is among several. */
export const isAmong = (action: Action, actions: readonly Action[]): boolean =>
  actions.some((each) => isSameAction(each, action));
