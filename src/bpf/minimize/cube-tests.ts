import { type DiagramStore, FALSE, type Node, TRUE } from '../decisions/diagram-store.js';
import { WORD_BITS } from '../decisions/input-variables.js';
import { Opcode } from '../program/instruction.js';
import { type Cube, irredundantCubes } from './cubes.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';

/** More are no better than other tests. */
const MAX_CUBES = 40;
/** Cubes are not tried for a word with more ways to go on: ranges are better for numbers. */
const MAX_PATHS = 8;

/** One step of a chain over a loaded word. */
type Step =
  | { kind: 'test'; code: number; operand: number; leavesWhenHolds: boolean; target: GraphNode }
  | { kind: 'and'; mask: number }
  | { kind: 'load' };

/** A word of the input as a function, the nodes that follow it, and their code. */
export interface WordFunction {
  node: Node;
  /** The level of its variables in the diagram. */
  level: number;
  /** The word to load, where it must be loaded again. */
  word: number;
  targets: ReadonlyMap<Node, GraphNode>;
}

/**
 * Chains of tests of masked bits, one for each way to go on as the background, which gets the values that no test
 * finds. They test the whole word first by JSET, JEQ and JGE, then by AND and JEQ. Only possible chains, in any order.
 */
export function cubeChains(store: DiagramStore, graph: ProgramGraph, given: WordFunction): GraphNode[] {
  const { node, level, word, targets } = given;
  const ways = [...new Set(targets.values())];
  if (ways.length > MAX_PATHS) return [];
  const where = ways.map((way) =>
    store.apply(node, node, (each) =>
      store.level(each) >= level + WORD_BITS ? (targets.get(each) === way ? TRUE : FALSE) : undefined,
    ),
  );
  return ways.flatMap((background) => {
    const steps: Step[] = [];
    let covered: Node = FALSE;
    for (const [index, target] of ways.entries()) {
      if (target === background) continue;
      const lower = where[index]!;
      const cubes = irredundantCubes(store, level, lower, store.or(lower, covered), MAX_CUBES);
      if (!cubes) return [];
      addCubes(steps, cubes, target);
      covered = store.or(covered, lower);
    }
    return [buildSteps(graph, steps, word, background)];
  });
}

function addCubes(steps: Step[], cubes: readonly Cube[], target: GraphNode): void {
  const tests: Step[] = [];
  const byMask = new Map<number, number[]>();
  let anyOf = 0;
  for (const { mask, value } of cubes) {
    const isPrefix = ((mask >>> 0) | ((mask >>> 0) - 1)) >>> 0 === 0xffffffff && (~mask & (~mask + 1)) === 0;
    if (value !== 0 && (mask & (mask - 1)) === 0) anyOf += value;
    else if (mask === 0xffffffff) {
      tests.push({ kind: 'test', code: Opcode.JEQ_K, operand: value, leavesWhenHolds: true, target });
    } else if (value === 0) {
      tests.push({ kind: 'test', code: Opcode.JSET_K, operand: mask, leavesWhenHolds: false, target });
    } else if (isPrefix && value === mask) {
      tests.push({ kind: 'test', code: Opcode.JGE_K, operand: value, leavesWhenHolds: true, target });
    } else byMask.set(mask, [...(byMask.get(mask) ?? []), value]);
  }
  if (anyOf !== 0) tests.unshift({ kind: 'test', code: Opcode.JSET_K, operand: anyOf, leavesWhenHolds: true, target });
  if (tests.length > 0 && steps.some(({ kind }) => kind === 'and')) steps.push({ kind: 'load' });
  steps.push(...tests);
  // a mask within the one before needs no load between
  for (const [mask, values] of [...byMask].sort(([a], [b]) => bitsIn(b) - bitsIn(a))) {
    const before = lastMask(steps);
    if ((before & mask) >>> 0 !== mask) steps.push({ kind: 'load' });
    steps.push({ kind: 'and', mask });
    for (const operand of values) {
      steps.push({ kind: 'test', code: Opcode.JEQ_K, operand, leavesWhenHolds: true, target });
    }
  }
}

/** The bits of the word that A still holds. */
function lastMask(steps: readonly Step[]): number {
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at]!;
    if (step.kind === 'load') return 0xffffffff;
    if (step.kind === 'and') return step.mask;
  }
  return 0xffffffff;
}

function bitsIn(mask: number): number {
  let bits = 0;
  for (let rest = mask >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) bits++;
  return bits;
}

function buildSteps(graph: ProgramGraph, steps: readonly Step[], word: number, background: GraphNode): GraphNode {
  return steps.reduceRight((next, step) => {
    if (step.kind === 'load') return graph.load(word, next);
    if (step.kind === 'and') return graph.and(step.mask, next);
    const { code, operand, target, leavesWhenHolds } = step;
    return leavesWhenHolds ? graph.test(code, operand, target, next) : graph.test(code, operand, next, target);
  }, background);
}
