import { describe, expect, it } from 'vitest';
import { encodeAction } from '../../../src/action.js';
import {
  buildDecisionDiagram,
  DiagramStore,
  decodeProgram,
  encodeProgram,
  type Instruction,
  isConditionalJump,
  Opcode,
  ProgramTooComplexError,
  verifyProgram,
} from '../../../src/bpf/index.js';
import { ProgramTooLongError } from '../../../src/bpf/minimize/errors.js';
import { expectedInstructions, MinimizerFaultError } from '../../../src/bpf/minimize/index.js';
import { minimize, prove } from '../../../src/bpf/minimize/minimize.js';
import { ALLOW, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, EPERM, op } from '../programs.js';

const little = 'little' as const;
const errno = (data: number) => encodeAction({ kind: 'ERRNO', data });
const build = (instructions: readonly Instruction[]) => buildDecisionDiagram({ instructions, endianness: little });

/** Numbers from 0 on, each with an action of its own. */
function ownActions(count: number): Instruction[] {
  const tests = Array.from({ length: count }, (_, nr) => [
    op(Opcode.JEQ_K, nr, 0, 1),
    op(Opcode.RET_K, errno(1 + (nr % 4000))),
  ]);
  return [op(Opcode.LD_ABS, 0), ...tests.flat(), op(Opcode.RET_K, ALLOW)];
}

describe('a minimised program', () => {
  it('that is longer than a jump reaches is right, with stand-ins for targets that are too far', () => {
    const decisions = build(ownActions(600));
    const { program, instructions } = minimize(decisions, { endianness: little });
    const made = decodeProgram(program, little);
    expect(() => verifyProgram(made)).not.toThrow();
    expect(buildDecisionDiagram({ instructions: made, endianness: little }, { store: decisions.store }).root).toBe(
      decisions.root,
    );
    // 601 returns and as many tests less one; the rest is what long jumps cost
    expect(instructions).toBeGreaterThan(1200);
    expect(instructions).toBeLessThan(1260);
    expect(made.some(({ jt, jf, code }) => isConditionalJump(code) && Math.max(jt, jf) > 200)).toBe(true);
  });

  it('has no instruction that nothing leads to', () => {
    const made = decodeProgram(minimize(build(ownActions(600)), { endianness: little }).program, little);
    const isReached = new Set([0]);
    made.forEach(({ code, jt, jf, k }, index) => {
      if (!isReached.has(index) || code === Opcode.RET_K) return;
      const next = code === Opcode.JA ? [k] : isConditionalJump(code) ? [jt, jf] : [0];
      for (const by of next) isReached.add(index + 1 + by);
    });
    expect(isReached.size).toBe(made.length);
  });

  it('is the same each time', () => {
    const once = minimize(build(ownActions(300)), { endianness: little });
    const again = minimize(build(ownActions(300)), { endianness: little });
    expect(again).toEqual(once);
  });

  it('is the same whatever else its store was used for', () => {
    const store = new DiagramStore();
    buildDecisionDiagram({ instructions: ownActions(40), endianness: little }, { store });
    const decisions = buildDecisionDiagram({ instructions: ownActions(30), endianness: little }, { store });
    expect(minimize(decisions, { endianness: little })).toEqual(
      minimize(build(ownActions(30)), { endianness: little }),
    );
  });

  it('asks about the native architecture first', () => {
    const own = (arch: number, value: number) => [
      op(Opcode.JEQ_K, arch, 0, 3),
      op(Opcode.LD_ABS, 0),
      op(Opcode.JEQ_K, 5, 0, 1),
      op(Opcode.RET_K, value),
    ];
    const [arm, aarch64] = [0x40000028, 0xc00000b7];
    const decisions = build([
      op(Opcode.LD_ABS, 4),
      ...own(arm, errno(2)),
      ...own(aarch64, errno(3)),
      op(Opcode.RET_K, ALLOW),
    ]);
    const first = (native?: number) =>
      decodeProgram(minimize(decisions, { endianness: little, native }).program, little)[1];
    expect(first()).toMatchObject({ code: Opcode.JEQ_K, k: aarch64 });
    expect(first(arm)).toMatchObject({ code: Opcode.JEQ_K, k: arm });
  });
});

describe('a candidate', () => {
  const decisions = build([
    op(Opcode.LD_ABS, 0),
    op(Opcode.JEQ_K, 5, 0, 1),
    op(Opcode.RET_K, EPERM),
    op(Opcode.RET_K, ALLOW),
  ]);
  const program = (...instructions: Instruction[]) => encodeProgram(instructions, little);

  it('that is no shorter is not taken', () => {
    const same = minimize(decisions, { endianness: little }).program;
    expect(minimize(decisions, { endianness: little, candidates: [same] }).origin).toBe('min');
  });

  it('that is shorter and decides otherwise is not taken', () => {
    const wrong = program(op(Opcode.RET_K, ALLOW));
    const { origin, instructions } = minimize(decisions, { endianness: little, candidates: [wrong] });
    expect({ origin, instructions }).toEqual({ origin: 'min', instructions: 4 });
  });

  it('that is shorter, executes no more and decides alike is taken', () => {
    // for every value of an argument a return of its own: the value itself, which no test finds in so few instructions
    const short = [op(Opcode.LD_ABS, 16), op(Opcode.AND_K, 0x3f), op(Opcode.OR_K, 0x50000), op(Opcode.RET_A)];
    const made = minimize(build(short), { endianness: little, candidates: [encodeProgram(short, little)] });
    expect(made).toMatchObject({ origin: 'candidate', instructions: 4, executed: 4 });
    expect(minimize(build(short), { endianness: little }).instructions).toBeGreaterThan(60);
  });
});

it.each([AUDIT_ARCH_X86_64, AUDIT_ARCH_I386])('is never longer than a chain of numbers, on %i', (arch) => {
  for (const count of [3, 6, 13, 31, 60]) {
    // spread, so that no range or pair of numbers is shorter than a test for each
    const numbers = Array.from({ length: count }, (_, index) => 1 + 7 * index + (index % 3));
    const instructions = [
      op(Opcode.LD_ABS, 4),
      op(Opcode.JEQ_K, arch, 0, count + 1),
      op(Opcode.LD_ABS, 0),
      ...numbers.map((nr, index) => op(Opcode.JEQ_K, nr, count - index)),
      op(Opcode.RET_K, ALLOW),
      op(Opcode.RET_K, EPERM),
    ];
    const program = encodeProgram(instructions, 'little');
    const decisions = buildDecisionDiagram(program, { endianness: 'little' });
    const made = minimize(decisions, { endianness: 'little', candidates: [program] });
    expect(made.instructions).toBeLessThanOrEqual(instructions.length);
  }
});

it('says of a result what it executes, as it is counted for any program', () => {
  const weights = { architectures: [AUDIT_ARCH_X86_64], numbers: () => [1, 2, 3], of: () => 1 };
  const { program, executed } = minimize(build(ownActions(4)), { endianness: little, weights });
  expect(executed).toBe(expectedInstructions(program, weights, little));
});

it('refuses a program that decides otherwise in a single bit', () => {
  const decisions = build(ownActions(20));
  const made = decodeProgram(minimize(decisions, { endianness: little }).program, little);
  expect(() => prove(decisions, made, little)).not.toThrow();
  const tests = made.flatMap(({ code }, index) => (isConditionalJump(code) ? [index] : []));
  for (const index of tests) {
    const mutated = made.map((each, at) => (at === index ? { ...each, k: each.k ^ 0x40000000 } : each));
    expect(() => prove(decisions, mutated, little)).toThrow(MinimizerFaultError);
  }
});

it('says by how much a program is too long', () => {
  // as many actions as numbers: a return and a test each
  const instructions = ownActions(1900);
  const decisions = build(instructions);
  const { store } = decisions;
  let root = decisions.root;
  for (let nr = 2000; nr < 2400; nr++) {
    const single = buildDecisionDiagram(
      {
        instructions: [
          op(Opcode.LD_ABS, 0),
          op(Opcode.JEQ_K, nr, 0, 1),
          op(Opcode.RET_K, 1),
          op(Opcode.RET_K, 0x7fff0000),
        ],
        endianness: little,
      },
      { store },
    ).root;
    const where = store.map(single, (each) => (each === store.terminal(ALLOW) ? 0 : 1));
    root = store.ite(where, store.terminal(encodeAction({ kind: 'TRACE', data: nr })), root);
  }
  try {
    minimize({ store, root }, { endianness: little });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ProgramTooLongError);
    const { instructions: length, message, code } = error as ProgramTooLongError;
    expect(code).toBe('PROGRAM_TOO_LONG');
    expect(length).toBeGreaterThan(4600);
    expect(message).toContain(`${length - 4096} more than the 4096`);
  }
});

it('gives up where the budget of the store does not do, with a typed error', () => {
  const decisions = build(ownActions(50));
  expect(() => decisions.store.spend(2 ** 30)).toThrow(ProgramTooComplexError);
  expect(() => minimize(decisions, { endianness: little })).toThrow(ProgramTooComplexError);
});
