import { type DnfTerms, dnfDiagram } from './condition.js';
import { coverTerms, type DescribedValues } from './cover.js';
import { type DiagramStore, FALSE, type Node, ProgramTooComplexError, TRUE } from './diagram-store.js';
import { describeValues, type ValuesInWords } from './field-values.js';
import type { Field } from './input-variables.js';

/**
 * A boolean function of the arguments and the instruction pointer, as conditions that people can read: few comparisons,
 * as they were meant. It recovers 64-bit comparisons that a filter makes in two halves. Exact: the terms hold where the
 * function does, and nowhere else, which is proven before they are returned. Undefined where that takes more than 128
 * terms, or more work than any real filter needs. For entries of a profile there is {@link ruleConditions}.
 *
 * @throws nothing: conditions that are too complex are undefined
 *
 * @example
 * ```js
 * import { ALL_64_BITS, DiagramStore, dnfDiagram, formatConditions, recoverConditions } from 'libseccomp-wasm/bpf';
 *
 * const store = new DiagramStore();
 * const low = { kind: 'between', field: 0, mask: ALL_64_BITS, from: 0n, to: 7n };
 * const node = store.not(dnfDiagram(store, [[low]]));
 * console.log(formatConditions(recoverConditions(store, node))); // arg0 >= 8
 * ```
 */
export function recoverConditions(store: DiagramStore, node: Node): DnfTerms | undefined {
  return store.attempt(STEPS_OF_ONE, () => new Recovery(store).of(node)).result;
}

/** For one function: a hundred times what the conditions of any real filter take. */
const STEPS_OF_ONE = 2 ** 17;
/** For all functions of one answer: a second or two. */
const STEPS_OF_ALL = 2 ** 22;
/** Real filters make some hundreds of calls depend on their arguments, and few decisions about each. */
const MAX_DECISIONS = 2 ** 13;

/**
 * A terminal of a function of the arguments, and the arguments that come to it, as {@link recoverConditions} gives
 * them.
 */
export interface TerminalConditions {
  terminal: Node;
  when: DnfTerms | undefined;
}

/**
 * Splits functions of the arguments by their terminals, all but FALSE. The work for one whole answer is bounded: past
 * that, conditions are undefined.
 *
 * @throws {ProgramTooComplexError} when there are more terminals than anybody reads, as of a program that returns what
 * it computes
 */
export function createTerminalRecovery(store: DiagramStore): (node: Node) => TerminalConditions[] {
  let decisionsLeft = MAX_DECISIONS;
  let stepsLeft = STEPS_OF_ALL;
  const recovery = new Recovery(store);
  const whereItIs = (node: Node, terminal: Node) => store.map(node, (each) => (each === terminal ? TRUE : FALSE));
  return (node) => {
    if (store.isTerminal(node)) return [{ terminal: node, when: [[]] }];
    const terminals = [...store.terminalsOf(node)].filter((terminal) => terminal !== FALSE);
    if (terminals.length > decisionsLeft) {
      throw new ProgramTooComplexError(
        `too complex to list: by their arguments, calls are decided in more than ${MAX_DECISIONS} ways`,
      );
    }
    decisionsLeft -= terminals.length;
    return terminals.map((terminal) => {
      const most = Math.min(stepsLeft, STEPS_OF_ONE);
      const { result, taken } = store.attempt(most, () => recovery.of(whereItIs(node, terminal)));
      stepsLeft -= taken;
      return { terminal, when: result };
    });
  };
}

/** Conditions of functions of one store. Calls of a filter often share theirs, and their arguments' values. */
class Recovery {
  readonly #terms = new Map<Node, DnfTerms | undefined>();
  readonly #values = new Map<Node, ValuesInWords | undefined>();

  constructor(readonly store: DiagramStore) {}

  of(node: Node): DnfTerms | undefined {
    if (!this.#terms.has(node)) {
      const terms = coverTerms(this.store, node, (least, most, field) => this.#describe(least, most, field));
      this.#terms.set(node, terms);
    }
    return this.#terms.get(node);
  }

  /** The one of both sets that takes fewer words. */
  #describe(least: Node, most: Node, field: Field): DescribedValues | undefined {
    const [narrow, wide] = [this.#wordsFor(least, field), least === most ? undefined : this.#wordsFor(most, field)];
    if (wide && (narrow === undefined || wide.cost < narrow.cost)) return { terms: wide.terms, set: most };
    return narrow && { terms: narrow.terms, set: least };
  }

  /** A set that is not constant is of one field alone. Words are only taken where they are proven to hold there. */
  #wordsFor(set: Node, field: Field): ValuesInWords | undefined {
    if (!this.#values.has(set)) {
      const words = describeValues(this.store, set, field);
      this.#values.set(set, words && dnfDiagram(this.store, words.terms) === set ? words : undefined);
    }
    return this.#values.get(set);
  }
}
