import { describe, expect, it } from 'vitest';
import { createSimulator, seccompDataWords } from '../../src/bpf/execution/simulate.js';
import { Cell, cellsAt, constantOf, effectOf, usesOperand } from '../../src/bpf/program/effects.js';
import { type Instruction, isConditionalJump, isReturn, Opcode } from '../../src/bpf/program/instruction.js';
import fc from '../fast-check.js';

/** The operand of every operation here: a slot, a word's offset, an amount to shift by. */
const K = 4;
const CELLS: readonly number[] = [Cell.A, Cell.X, Cell.SLOT];
type State = readonly [a: number, x: number, slot: number];

const instruction = (code: number, k = 0, jt = 0, jf = 0): Instruction => ({ code, jt, jf, k });
const OBSERVERS: Record<number, readonly Instruction[]> = {
  [Cell.A]: [instruction(Opcode.RET_A)],
  [Cell.X]: [instruction(Opcode.TXA), instruction(Opcode.RET_A)],
  [Cell.SLOT]: [instruction(Opcode.LD_MEM, K), instruction(Opcode.RET_A)],
};
const WORDS = seccompDataWords({ nr: 0, arch: 77, instructionPointer: 0n, args: [0n, 0n, 0n, 0n, 0n, 0n] }, 'little');

/** What the simulator returns when it comes to instructions with this in the cells. */
function execute([a, x, slot]: State, then: readonly Instruction[]): number {
  const before = [
    instruction(Opcode.LD_IMM, slot),
    instruction(Opcode.ST, K),
    instruction(Opcode.LDX_IMM, x),
    instruction(Opcode.LD_IMM, a),
  ];
  return createSimulator({ instructions: [...before, ...then], endianness: 'little' }).returnValue(WORDS);
}

/** What an operation makes of a state: the cells after it, or for a jump or a return the way it takes. */
function outcome(code: number, state: State): readonly number[] {
  if (isReturn(code)) return [execute(state, [instruction(code, K)])];
  if (code === Opcode.JA || isConditionalJump(code)) {
    const jump = code === Opcode.JA ? instruction(code, 1) : instruction(code, K, 0, 1);
    return [execute(state, [jump, instruction(Opcode.RET_K, 1), instruction(Opcode.RET_K, 2)])];
  }
  return CELLS.map((cell) => execute(state, [instruction(code, K), ...OBSERVERS[cell]!]));
}

const words = fc.oneof(fc.constantFrom(0, 1, K, 0xffffffff), fc.nat({ max: 0xffffffff }));
const states: fc.Arbitrary<State> = fc.tuple(words, words, words);

describe.each(Object.entries(Opcode))('%s', (_, code) => {
  const { reads, writes, gives } = effectOf(code);
  const endsBy0 = (state: State) => code === Opcode.DIV_X && state[1] === 0;
  const effect = (state: State) => {
    const after = outcome(code, state);
    return writes === 0 ? after[0] : after[CELLS.indexOf(writes)];
  };

  it('fills no other cell', () => {
    if (writes === 0) return;
    fc.assert(
      fc.property(states, (state) => {
        fc.pre(!endsBy0(state));
        const after = outcome(code, state);
        for (const [at, cell] of CELLS.entries()) if (cell !== writes) expect(after[at]).toBe(state[at]);
      }),
      { numRuns: 25 },
    );
  });

  it('looks at what it reads, and at nothing else', () => {
    const seen = new Set<number>();
    fc.assert(
      fc.property(states, words, (state, other) => {
        for (const [at, cell] of CELLS.entries()) {
          const changed = state.map((value, index) => (index === at ? other : value)) as unknown as State;
          if (effect(changed) !== effect(state)) seen.add(cell);
        }
      }),
      { numRuns: 100 },
    );
    expect([...seen].reduce((set, cell) => set | cell, 0)).toBe(reads);
  });

  it(`gives: ${gives}`, () => {
    if (writes === 0) return;
    fc.assert(
      fc.property(states, (state) => {
        if (gives === 'input') expect(effect(state)).toBe(77);
        if (gives === 'constant') expect(effect(state)).toBe(constantOf({ code, k: K }));
        if (gives === 'cell') expect(effect(state)).toBe(state[CELLS.indexOf(reads)]);
        if (gives === 'computed') expect(writes).toBe(Cell.A);
      }),
      { numRuns: 25 },
    );
  });
});

it('knows nothing of what seccomp does not take', () => {
  for (const code of [0x94, 0x9c, 0x28, 0x30, 256, 0xffff]) {
    expect(effectOf(code)).toEqual({ reads: Cell.A | Cell.X | Cell.SLOT, writes: Cell.A, gives: 'computed' });
  }
});

it('tells slots apart', () => {
  expect(cellsAt(Cell.A | Cell.SLOT, 15)).toBe(Cell.A | (1 << 17));
  expect(cellsAt(Cell.X, 15)).toBe(Cell.X);
});

it('knows which operations look at their operand', () => {
  const without = Object.entries(Opcode).filter(([, code]) => !usesOperand(code));
  expect(without.map(([name]) => name)).toEqual(
    Object.keys(Opcode).filter((name) => /_X$|LEN$|^TAX$|^TXA$|^NEG$|^RET_A$/.test(name)),
  );
});
