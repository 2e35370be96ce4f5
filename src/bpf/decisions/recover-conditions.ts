import type { DnfTerm, DnfTerms } from './condition.js';
import { type DiagramStore, FALSE, type Node, ProgramTooComplexError, TRUE } from './diagram-store.js';
import { costOf, describeValues, MAX_TERMS } from './field-values.js';
import { type Field, fieldLevel, Level } from './input-variables.js';

/**
 * A boolean function of the arguments and the instruction pointer, as conditions that people can read: few comparisons,
 * as they were meant. It recovers 64-bit comparisons that a filter makes in two halves. Exact: the terms hold where the
 * function does, and nowhere else. Undefined where that takes more than 128 terms, or more work than any real filter
 * needs.
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
  return store.attempt(STEPS_OF_ONE, () => recover(store, node)).result;
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
  const whereItIs = (node: Node, terminal: Node) => store.map(node, (each) => (each === terminal ? TRUE : FALSE));
  return (node) => {
    if (store.isTerminal(node)) return [{ terminal: node, when: [[]] }];
    const terminals = [...store.terminalsOf(node)].filter((terminal) => terminal !== FALSE);
    decisionsLeft -= terminals.length;
    if (decisionsLeft < 0) {
      throw new ProgramTooComplexError(
        `too complex to list: by their arguments, calls are decided in more than ${MAX_DECISIONS} ways`,
      );
    }
    return terminals.map((terminal) => {
      const most = Math.min(stepsLeft, STEPS_OF_ONE);
      const { result, taken } = store.attempt(most, () => recover(store, whereItIs(node, terminal)));
      stepsLeft -= taken;
      return { terminal, when: result };
    });
  };
}

function recover(store: DiagramStore, node: Node): DnfTerms | undefined {
  const known = new Map<Node, DnfTerms | undefined>();
  const visit = (rest: Node): DnfTerms | undefined => {
    if (rest === FALSE) return [];
    if (rest === TRUE) return [[]];
    if (!known.has(rest)) known.set(rest, recoverFrom(store, rest, visit));
    return known.get(rest);
  };
  return visit(node);
}

/**
 * The function tests one field first, and then the later ones. For each node that follows: the values of the field that
 * lead there. Values that lead to a wider function may be included where that is easier to read.
 */
function recoverFrom(
  store: DiagramStore,
  node: Node,
  visit: (rest: Node) => DnfTerms | undefined,
): DnfTerms | undefined {
  const field = Math.floor((store.level(node) - Level.ARGUMENTS) / 64) as Field;
  const rests = [...store.cut(node, fieldLevel(field) + 64)].filter((rest) => rest !== FALSE);
  // Each pair is compared for which is wider, so many would take long; and nobody would read them.
  if (rests.length > MAX_TERMS) return undefined;
  const found: DnfTerm[] = [];
  for (const rest of rests) {
    store.spend(rests.length);
    const later = visit(rest);
    const wider = rests.filter((other) => other === rest || store.implies(rest, other));
    const exact = describeValues(store, valuesLeadingTo(store, node, field, new Set([rest])), field);
    const loose =
      wider.length > 1 ? describeValues(store, valuesLeadingTo(store, node, field, new Set(wider)), field) : exact;
    const values = [loose, exact].filter((terms) => terms !== undefined).sort((a, b) => costOf(a) - costOf(b))[0];
    if (!later || !values || found.length + values.length * later.length > MAX_TERMS) return undefined;
    for (const one of values) for (const other of later) found.push([...one, ...other]);
  }
  return found;
}

/** The values of the field from which the function goes on with one of the given nodes. */
function valuesLeadingTo(store: DiagramStore, node: Node, field: Field, rests: ReadonlySet<Node>): Node {
  const end = fieldLevel(field) + 64;
  return store.apply(node, node, (each) => (store.level(each) >= end ? (rests.has(each) ? TRUE : FALSE) : undefined));
}
