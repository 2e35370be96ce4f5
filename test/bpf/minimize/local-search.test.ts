import { expect, it } from 'vitest';
import { buildDecisionDiagram } from '../../../src/bpf/decisions/decision-diagram.js';
import { Level } from '../../../src/bpf/decisions/input-variables.js';
import { Opcode } from '../../../src/bpf/index.js';
import { emitShortest } from '../../../src/bpf/minimize/emit.js';
import { LocalSearch } from '../../../src/bpf/minimize/local-search.js';
import { NumberWeights } from '../../../src/bpf/minimize/number-weights.js';
import { type GraphNode, ProgramGraph } from '../../../src/bpf/minimize/program-graph.js';
import { StepCounter } from '../../../src/bpf/minimize/step-counter.js';
import { AUDIT_ARCH_I386, AUDIT_ARCH_X86_64 } from '../programs.js';

/** Code for x86-64, and for any other architecture. */
function program(graph: ProgramGraph, native: GraphNode, other: GraphNode): GraphNode {
  const [one, two] = [graph.load(Level.NR, native), graph.load(Level.NR, other)];
  return graph.load(Level.ARCH, graph.test(Opcode.JEQ_K, AUDIT_ARCH_X86_64, one, two));
}

/** A program before and after the search, which decides the same: lengths, and executed instructions for some calls. */
function search(graph: ProgramGraph, root: GraphNode, weights: Record<number, number>) {
  const given = {
    architectures: [AUDIT_ARCH_X86_64, AUDIT_ARCH_I386],
    numbers: () => Object.keys(weights).map(Number),
    of: (arch: number, nr: number) => (arch === AUDIT_ARCH_X86_64 ? (weights[nr] ?? 0) : 0),
  };
  const counter = new StepCounter(graph, [NumberWeights.of(given, AUDIT_ARCH_X86_64, 1)]);
  const after = new LocalSearch(graph, counter, 0.1, 4096).improve(root);
  const decisions = buildDecisionDiagram({ instructions: emitShortest(graph, root), endianness: 'little' });
  const made = { instructions: emitShortest(graph, after), endianness: 'little' } as const;
  expect(buildDecisionDiagram(made, { store: decisions.store }).root).toBe(decisions.root);
  return {
    length: [graph.length(root), graph.length(after)],
    executed: [counter.mean(root), counter.mean(after)],
  };
}

const chain = (graph: ProgramGraph, numbers: readonly number[], taken: GraphNode, end: GraphNode) =>
  numbers.reduceRight((next, nr) => graph.test(Opcode.JEQ_K, nr, taken, next), end);

it('a tail is used that decides other numbers otherwise, where those do not come', () => {
  const graph = new ProgramGraph('little');
  const [allow, deny] = [graph.returns(0x7fff0000), graph.returns(0x50001)];
  const native = graph.test(Opcode.JGE_K, 100, chain(graph, [150, 160], deny, allow), allow);
  const root = program(graph, native, chain(graph, [150, 160, 7], deny, allow));
  expect(search(graph, root, { 1: 1, 150: 0.1 }).length).toEqual([12, 10]);
});

it('a tail is used after a test for the number that it decides otherwise', () => {
  const graph = new ProgramGraph('little');
  const [allow, deny] = [graph.returns(0x7fff0000), graph.returns(0x50001)];
  const native = graph.test(Opcode.JGE_K, 100, chain(graph, [150, 160, 170, 180], deny, allow), allow);
  const root = program(graph, native, chain(graph, [150, 160, 170, 7], deny, allow));
  expect(search(graph, root, { 1: 1 }).length).toEqual([15, 12]);
});

it('a number that comes more often than all others together leaves first', () => {
  const graph = new ProgramGraph('little');
  const [allow, deny] = [graph.returns(0x7fff0000), graph.returns(0x50001)];
  const above = graph.test(Opcode.JGE_K, 20, chain(graph, [30], deny, allow), deny);
  const root = program(graph, graph.test(Opcode.JGE_K, 10, above, allow), deny);
  const found = search(graph, root, { 25: 0.9, 5: 0.1 });
  expect(found.length).toEqual([9, 10]);
  expect(found.executed[0]).toBeCloseTo(4 + 0.9 * 3 + 0.1);
  expect(found.executed[1]).toBeCloseTo(4 + 0.9 + 0.1 * 2);
});
