import type { Term, Terms } from './condition.js';
import { type DiagramStore, FALSE, type Node, TRUE } from './diagram-store.js';
import { costOf, describeValues, MAX_TERMS } from './field-values.js';
import { type Field, fieldLevel, Level } from './input-variables.js';

/**
 * A boolean function of the arguments and the instruction pointer as conditions that people can read: few comparisons, as
 * they were meant. It finds 64-bit comparisons again that a filter puts together from halves. Exact: the terms hold where
 * the function does, and nowhere else. Undefined where that takes more than 128 terms.
 */
export function recoverConditions(store: DiagramStore, node: Node): Terms | undefined {
  const known = new Map<Node, Terms | undefined>();
  const visit = (rest: Node): Terms | undefined => {
    if (rest === FALSE) return [];
    if (rest === TRUE) return [[]];
    if (!known.has(rest)) known.set(rest, recoverFrom(store, rest, visit));
    return known.get(rest);
  };
  return visit(node);
}

/**
 * The function asks about one field and goes on with what is asked about the later ones. For each thing to go on with,
 * what values of the field lead there; values that lead to something wider may be taken along where that reads better.
 */
function recoverFrom(store: DiagramStore, node: Node, recover: (rest: Node) => Terms | undefined): Terms | undefined {
  const field = Math.floor((store.level(node) - Level.ARGUMENTS) / 64) as Field;
  const rests = [...store.cut(node, fieldLevel(field) + 64)].filter((rest) => rest !== FALSE);
  // Of each pair it is asked which is wider, so that many would take long; and nobody would read them.
  if (rests.length > MAX_TERMS) return undefined;
  const found: Term[] = [];
  for (const rest of rests) {
    const later = recover(rest);
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

/** The values of the field from which it goes on with one of the given nodes. */
function valuesLeadingTo(store: DiagramStore, node: Node, field: Field, rests: ReadonlySet<Node>): Node {
  const end = fieldLevel(field) + 64;
  return store.combine(node, node, (each) => (store.level(each) >= end ? (rests.has(each) ? TRUE : FALSE) : undefined));
}
