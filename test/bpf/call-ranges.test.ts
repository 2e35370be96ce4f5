import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { callRanges, wordRanges } from '../../src/bpf/decisions/call-ranges.js';
import {
  buildDecisionDiagram,
  createDiagramBuilder,
  decisionParts,
  terminalAction,
  terminalAt,
} from '../../src/bpf/decisions/decision-diagram.js';
import { DiagramStore } from '../../src/bpf/decisions/diagram-store.js';
import type { NumberRange } from '../../src/bpf/decisions/partition.js';
import {
  createSimulator,
  decodeProgram,
  type Instruction,
  Opcode,
  simulate,
  verifyProgram,
} from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import fc from '../fast-check.js';

const PODMAN = readFileSync(new URL('../../build/test-inputs/podman-default.json', import.meta.url));

const statement = (code: number, k: number): Instruction => ({ code, jt: 0, jf: 0, k });
const loadNumber = statement(Opcode.LD_ABS, 0);
const loadArchitecture = statement(Opcode.LD_ABS, 4);
const loadArgument = statement(Opcode.LD_ABS, 16);
const returned = (k: number) => statement(Opcode.RET_K, k);

/** Programs that only compare architecture and number, some with an argument at the end of a path. */
const comparing = fc
  .array(
    fc.record({
      kind: fc.constantFrom('load', 'load', 'arch', 'JEQ', 'JEQ', 'JGT', 'JGE', 'JSET', 'JA', 'RET', 'ARG'),
      k: fc.oneof(
        fc.nat(8),
        fc.constantFrom(0x40000000, 0x7fffffff, 0x80000000, 0xffffffff, 0xc000003e),
        fc.integer({ min: 0, max: 0xffffffff }),
      ),
      jt: fc.nat(5),
      jf: fc.nat(5),
    }),
    { minLength: 1, maxLength: 24 },
  )
  .map((drawn) => {
    const end = drawn.length;
    const body = drawn.map(({ kind, k, jt, jf }, index): Instruction => {
      const within = (jump: number) => Math.min(jump, end - index - 1);
      switch (kind) {
        case 'load':
          return loadNumber;
        case 'arch':
          return loadArchitecture;
        case 'ARG':
          return loadArgument;
        case 'RET':
          return returned(0x7fff0000);
        case 'JA':
          return statement(Opcode.JA, within(jt));
        case 'JSET':
          return { code: Opcode.JSET_K, jt: within(jt), jf: within(jf), k: k % 33 === 32 ? 0 : 2 ** (k % 33) };
        default: {
          const code = { JEQ: Opcode.JEQ_K, JGT: Opcode.JGT_K, JGE: Opcode.JGE_K }[kind as 'JEQ'];
          return { code, jt: within(jt), jf: within(jf), k };
        }
      }
    });
    return [...body, returned(0x00050001)];
  });

describe('callRanges', () => {
  it("takes apart libseccomp's programs", () => {
    for (const optimize of [0, 2] as const) {
      for (const runtime of ['libseccomp', 'runc'] as const) {
        const { program } = compileProfileSync(PODMAN, { arch: 'x86_64', optimize, runtime });
        const ranges = callRanges(decodeProgram(program, 'little'), 'little');
        expect(ranges?.map(({ from }) => from)).toEqual([0, 0x40000003, 0x40000004, 0xc000003e, 0xc000003f]);
        expect(ranges?.[3]?.calls.length).toBeGreaterThan(50);
      }
    }
  });

  it('lets no number meet a mask without bits', () => {
    const program = [loadNumber, { code: Opcode.JSET_K, jt: 0, jf: 1, k: 0 }, returned(0), returned(0x7fff0000)];
    expect(callRanges(program, 'little')?.[0]?.calls).toEqual([{ from: 0, to: 2 ** 32 - 1, returned: 0x7fff0000 }]);
  });

  it('says what each number comes to, as executing the program does', () => {
    let taken = 0;
    const run = ([instructions, nr, arch]: [Instruction[], number, number]) => {
      verifyProgram(instructions);
      const ranges = callRanges(instructions, 'little');
      if (ranges === undefined) return;
      taken++;
      const calls = ranges.find(({ from, to }) => from <= arch && arch <= to)?.calls ?? [];
      // all numbers, in order
      expect(calls.map(({ from }) => from)).toEqual([0, ...calls.slice(0, -1).map(({ to }) => to + 1)]);
      expect(calls.at(-1)?.to).toBe(2 ** 32 - 1);
      const call = calls.find(({ from, to }) => from <= nr && nr <= to);
      if (call?.returned === undefined) return;
      const data = { arch, nr, args: [0n, 0n, 0n, 0n, 0n, 0n], instructionPointer: 0n } as const;
      expect(simulate({ instructions, endianness: 'little' }, { ...data, args: [...data.args] }).returnValue).toBe(
        call.returned,
      );
    };
    const numbers = fc.oneof(fc.nat(10), fc.integer({ min: 0, max: 0xffffffff }));
    fc.assert(fc.property(fc.tuple(comparing, numbers, numbers), run), { numRuns: 3000, seed: 17 });
    expect(taken).toBeGreaterThan(1000);
  });

  it('comes to the diagram that executing on bits comes to', () => {
    let compared = 0;
    const run = (instructions: Instruction[]) => {
      if (callRanges(instructions, 'little') === undefined) return;
      compared++;
      const store = new DiagramStore();
      const input = { instructions, endianness: 'little' } as const;
      const { root } = buildDecisionDiagram(input, { store });
      expect(root).toBe(createDiagramBuilder(input, { store }).build());
      const { architectures } = decisionParts(input, { store });
      expect(architectures.at(-1)?.to).toBe(2 ** 32 - 1);
    };
    fc.assert(fc.property(comparing, run), { numRuns: 1000, seed: 18 });
    expect(compared).toBeGreaterThan(300);
  });

  it('leaves programs that do more with a number, or look at it again', () => {
    const leaves = (...instructions: Instruction[]) => {
      expect(callRanges(instructions, 'little')).toBeUndefined();
    };
    leaves(loadNumber, statement(Opcode.AND_K, 0xff), returned(0));
    leaves(loadArgument, loadNumber, { code: Opcode.JEQ_K, jt: 0, jf: 0, k: 3 }, returned(0));
    leaves(loadNumber, { code: Opcode.JSET_K, jt: 0, jf: 0, k: 1 }, returned(0));
    leaves(loadNumber, { code: Opcode.JSET_K, jt: 0, jf: 0, k: 3 << 29 }, returned(0));
    leaves(loadArchitecture, { code: Opcode.JSET_K, jt: 0, jf: 0, k: 2 ** 30 }, returned(0));
    leaves(statement(Opcode.LDX_IMM, 5), loadNumber, { code: Opcode.JEQ_X, jt: 0, jf: 0, k: 0 }, returned(0));
  });
});

/** Chains of many comparisons of one word of an argument, which end in others of its other word. */
const comparingWords = fc
  .array(
    fc.record({
      code: fc.constantFrom(...Array(9).fill(Opcode.JEQ_K), Opcode.JGT_K, Opcode.JGE_K, Opcode.JSET_K),
      k: fc.oneof(fc.nat(60), fc.constantFrom(0x7fffffff, 0x80000000, 0xffffffff), fc.nat(0xffffffff)),
      end: fc.nat(4),
    }),
    { minLength: 8, maxLength: 24, size: 'max' },
  )
  .map((drawn) => {
    const chain = drawn.map(({ code, k, end }, index): Instruction => {
      const jt = drawn.length - index - 1 + end;
      return { code, jt, jf: 0, k: code === Opcode.JSET_K ? 2 ** (24 + (k % 8)) : k };
    });
    const otherWord = [statement(Opcode.LD_ABS, 20), { code: Opcode.JGT_K, jt: 0, jf: 1, k: 7 }];
    return [loadArgument, ...chain, ...otherWord, ...[0x00050001, 0x00050002, 0x7fff0000].map(returned)];
  });

it('of a loaded word decides as the simulator does, at the ends of every range', () => {
  let many = 0;
  const call = { arch: 0xc000003e, nr: 1, instructionPointer: 0n };
  fc.assert(
    fc.property(comparingWords, fc.constantFrom('little' as const, 'big' as const), (instructions, endianness) => {
      const ranges = wordRanges(instructions, endianness, 1) as readonly NumberRange[];
      if (ranges.length >= 8) many++;
      const store = new DiagramStore();
      const root = createDiagramBuilder({ instructions, endianness }, { store }).build(call);
      const simulator = createSimulator({ instructions, endianness });
      for (const end of ranges.flatMap(({ from, to }) => [BigInt(from), BigInt(to)])) {
        for (const other of [7n, 8n]) {
          const value = endianness === 'little' ? (other << 32n) | end : (end << 32n) | other;
          const data = { ...call, args: [value, 0n, 0n, 0n, 0n, 0n] as const };
          expect(terminalAction(store, terminalAt(store, root, data))).toEqual(simulator.simulate(data).action);
        }
      }
    }),
    { numRuns: 100 },
  );
  expect(many).toBeGreaterThan(50);
});
