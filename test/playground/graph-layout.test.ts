import { expect, it } from 'vitest';
import { kernelAction } from '../../src/action.js';
import { createSimulator, disassemble, Opcode } from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import type { ListingLine } from '../../src/playground/engine/protocol.js';
import {
  BADGE_GAP,
  BADGE_WIRE,
  badgesOf,
  badgeText,
  type GraphNode,
  layOutGraph,
  NODE_WIDTH,
  numberTest,
} from '../../src/playground/graph-layout.js';
import { builtinProfile } from '../../src/profile/builtin/index.js';

const AUDIT_ARCHES = [0xc000003e, 0x40000003, 0xdead];

it.each([0, 2] as const)('every way through the program is a way through the graph, optimize %d', (optimize) => {
  const compiled = compileProfileSync(builtinProfile('container-default')!, { arch: 'x86_64', optimize });
  const lines = disassemble(compiled).map(
    ({ text, successors, architectures, reachable, instruction: { code, k } }): ListingLine => ({
      text,
      successors,
      architectures,
      reachable,
      calls: [],
      entries: [],
      action: code === Opcode.RET_K ? { kind: kernelAction(k).kind, text: String(k) } : undefined,
    }),
  );
  const { nodes, width, height } = layOutGraph(lines);
  const { simulate } = createSimulator(compiled);
  for (const arch of AUDIT_ARCHES) {
    for (let nr = 0; nr < 470; nr++) {
      for (const args of [
        [0n, 0n],
        [0x10000000n, 1n],
        [1n, 2n],
      ] as const) {
        const data = { nr, arch, instructionPointer: 0n, args: [args[0], args[1], 0n, 0n, 0n, 0n] as const };
        const { path = [], returnValue } = simulate(data, { trace: true });
        expect(walk(nodes[0], path)).toBe(String(returnValue));
      }
    }
  }
  // Each has its place, apart from the others, with room beside it.
  const tops = nodes.map(({ y, height: own }) => [y, y + own] as const).sort((a, b) => a[0] - b[0]);
  tops.forEach(([top], at) => {
    if (at > 0) expect(top).toBeGreaterThan((tops[at - 1] as readonly [number, number])[1]);
  });
  for (const node of nodes) {
    const badges = badgesOf(node).map((branch) => badgeText(node, branch).width + BADGE_GAP);
    const end = badges.reduce((sum, each) => sum + each, node.x + NODE_WIDTH + BADGE_WIRE);
    expect(end).toBeLessThan(width);
  }
  expect((tops.at(-1) as readonly [number, number])[1]).toBeLessThan(height);
});

/** Follow a path along the branches; the action at its end. */
function walk(root: GraphNode | undefined, path: readonly number[]): string {
  const next = new Map(path.map((index, at) => [index, path[at + 1]]));
  let node = root;
  for (;;) {
    const taken = node?.branches.find(({ entry }) => entry === next.get((node as GraphNode).end - 1));
    if (!taken) throw new Error(`no branch of ${node?.first} is on the way`);
    if (taken.kind === 'end') return taken.action.text;
    node = taken.to;
  }
}

it('puts first what follows when the comparison holds as it is written', () => {
  const action = { kind: 'ALLOW', text: 'ALLOW' } as const;
  const line = (text: string, successors: readonly number[], end = false): ListingLine => ({
    text,
    successors,
    architectures: [],
    reachable: true,
    calls: [],
    entries: [],
    action: end ? action : undefined,
  });
  const { nodes } = layOutGraph([
    // As the program has it the comparison is "A == 5", and holding it goes on at 1.
    line('if (A != 5) goto 0002', [1, 2]),
    line('return ALLOW', [], true),
    line('return ALLOW', [], true),
  ]);
  expect(nodes[0]?.branches.map(({ entry }) => entry)).toEqual([2, 1]);
});

it('draws a run of equal tests as one node, and its members once it is unfolded', () => {
  const compiled = compileProfileSync(builtinProfile('container-default')!, { arch: 'x86_64' });
  const lines = disassemble(compiled).map(
    ({ text, successors, architectures, reachable, instruction: { code, k } }): ListingLine => ({
      ...{ text, successors, architectures, reachable, calls: [], entries: [] },
      action: code === Opcode.RET_K ? { kind: kernelAction(k).kind, text: String(k) } : undefined,
    }),
  );
  const plain = layOutGraph(lines);
  const { nodes, height } = layOutGraph(lines, () => true);
  const folded = nodes.filter((node) => node.folded);
  expect(folded.length).toBeGreaterThan(1);
  // Every block is drawn, by itself or in a run.
  const drawn = nodes.flatMap((node) => (node.folded ?? [node]).map(({ first }) => first));
  expect([...drawn].sort((a, b) => a - b)).toEqual(plain.nodes.map(({ first }) => first).sort((a, b) => a - b));
  expect(height).toBeLessThan(plain.height / 4);
  for (const { folded: members = [], text, branches } of folded) {
    expect(text[0]).toBe(`one of ${members.length} calls`);
    const answers = new Set(members.map((member) => numberTest(member)?.answer.action.text));
    expect(answers.size).toBe(1);
    expect(branches[0]).toMatchObject({ kind: 'end', action: { text: [...answers][0] } });
  }
  const [run] = folded;
  const unfolded = layOutGraph(lines, (first) => first !== run?.first);
  expect(unfolded.nodes.length).toBe(nodes.length - 1 + (run?.folded?.length ?? 0));
});
