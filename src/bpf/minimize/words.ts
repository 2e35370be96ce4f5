import type { DiagramStore, Node } from '../decisions/diagram-store.js';
import { FALSE, TRUE } from '../decisions/diagram-store.js';
import { Level, WORD_BITS } from '../decisions/input-variables.js';

/** A word of the input, as the level of its most significant bit. */
export type WordLevel = number;

/** The word that the variable of a level is in. */
export function wordOf(level: number): WordLevel {
  return level - (level % WORD_BITS);
}

/** The words that a function depends on, in the order of variables. */
export function wordsOf(store: DiagramStore, node: Node): WordLevel[] {
  const words = new Set<WordLevel>();
  for (const each of store.reachable(node)) if (!store.isTerminal(each)) words.add(wordOf(store.level(each)));
  return [...words].sort((a, b) => a - b);
}

/**
 * The level of the word that a function of the arguments tests first: that of the number, which no function of the
 * arguments needs.
 */
export const FIRST_WORD: WordLevel = Level.NR;

/**
 * A function of the arguments with the variables of `word` moved before all others, to {@link FIRST_WORD}, so that it
 * can be split by that word.
 */
export function moveToFront(store: DiagramStore, root: Node, word: WordLevel): Node {
  const known = new Map<Node, Node>();
  const visit = (node: Node): Node => {
    const level = store.level(node);
    if (level >= word + WORD_BITS) return node;
    const seen = known.get(node);
    if (seen !== undefined) return seen;
    store.spend(1);
    const moved = level >= word ? level - word + FIRST_WORD : level;
    const result = store.ite(store.node(moved, FALSE, TRUE), visit(store.high(node)), visit(store.low(node)));
    known.set(node, result);
    return result;
  };
  return visit(root);
}
