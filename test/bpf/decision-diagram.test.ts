import { describe, expect, it } from 'vitest';
import { buildDecisionDiagram, createDiagramBuilder, decide } from '../../src/bpf/decisions/decision-diagram.js';
import { DiagramStore, ProgramTooComplexError } from '../../src/bpf/decisions/diagram-store.js';
import {
  createSimulator,
  type Instruction,
  InvalidProgramError,
  isConditionalJump,
  Opcode,
  type SeccompData,
  successors,
} from '../../src/bpf/index.js';
import fc from '../fast-check.js';
import {
  ALLOW,
  AUDIT_ARCH_X86_64,
  anySeccompData,
  EPERM,
  endianness,
  op,
  seccompData,
  validProgram,
} from './programs.js';

const BUDGET = { nodes: 2 ** 17, steps: 2 ** 20 };

/** The root of each program, in one store. */
function roots(...programs: Instruction[][]): number[] {
  const store = new DiagramStore();
  return programs.map((instructions) => buildDecisionDiagram({ instructions, endianness: 'little' }, { store }).root);
}

/** Undefined where the budget does not do. */
function attempt(instructions: Instruction[], order: 'little' | 'big' = 'little') {
  try {
    return buildDecisionDiagram({ instructions, endianness: order }, BUDGET);
  } catch (error) {
    if (!(error instanceof ProgramTooComplexError)) throw error;
    return undefined;
  }
}

/** Inputs at which the program's own constants matter, each in every word. */
function boundaries(instructions: readonly Instruction[]): SeccompData[] {
  const constants = [...new Set(instructions.map(({ k }) => k))].slice(0, 12);
  return constants.flatMap((k) =>
    [k, (k - 1) >>> 0, (k + 1) >>> 0].map((value) => {
      const both = (BigInt(value) << 32n) | BigInt(value);
      return {
        nr: value,
        arch: AUDIT_ARCH_X86_64,
        instructionPointer: both,
        args: [both, both, both, both, both, both],
      };
    }),
  );
}

describe('decides as the simulator does', () => {
  it('on random and boundary inputs of random programs of all operations', () => {
    let decided = 0;
    fc.assert(
      fc.property(
        validProgram(),
        endianness,
        fc.array(anySeccompData, { minLength: 4, maxLength: 4 }),
        (instructions, order, inputs) => {
          const diagram = attempt(instructions, order);
          if (!diagram) return;
          decided++;
          const simulator = createSimulator({ instructions, endianness: order });
          for (const data of [...inputs, ...boundaries(instructions)]) {
            expect(decide(diagram, data)).toEqual(simulator.simulate(data).action);
          }
        },
      ),
      { numRuns: 400 },
    );
    // the rest has arithmetic between two arguments
    expect(decided).toBeGreaterThan(250);
  });

  it('call by call, as whole', () => {
    let built = 0;
    fc.assert(
      fc.property(
        validProgram(),
        endianness,
        fc.array(anySeccompData, { maxLength: 3 }),
        (instructions, order, inputs) => {
          const builder = createDiagramBuilder({ instructions, endianness: order }, BUDGET);
          const simulator = createSimulator({ instructions, endianness: order });
          for (const data of [...inputs, ...boundaries(instructions)]) {
            try {
              const root = builder.build({ arch: data.arch, nr: data.nr });
              expect(decide({ store: builder.store, root }, data)).toEqual(simulator.simulate(data).action);
              // Nothing of the call is left in it.
              const levels = builder.store.isTerminal(root) ? [] : [builder.store.level(root)];
              expect(levels.every((level) => level >= 64)).toBe(true);
              built++;
            } catch (error) {
              if (!(error instanceof ProgramTooComplexError)) throw error;
            }
          }
        },
      ),
      { numRuns: 200 },
    );
    expect(built).toBeGreaterThan(2000);
  });

  it('on all inputs of programs that see five bits of the number and three of an argument', () => {
    const computing = Object.values(Opcode).filter((code) => code !== Opcode.LD_ABS && code !== Opcode.RET_K);
    const head = [
      op(Opcode.LD_ABS, 16),
      op(Opcode.AND_K, 0x38),
      op(Opcode.TAX),
      op(Opcode.LD_ABS, 0),
      op(Opcode.AND_K, 0x1f),
      op(Opcode.ST, 0),
      op(Opcode.STX, 1),
    ];
    fc.assert(
      fc.property(validProgram([...computing, Opcode.RET_A]), (program) => {
        // the prelude of validProgram loads words of its own
        const instructions = [...head, ...program.slice(6)];
        const diagram = buildDecisionDiagram({ instructions, endianness: 'little' });
        const simulator = createSimulator({ instructions, endianness: 'little' });
        for (let nr = 0; nr < 32; nr++) {
          for (let argument = 0n; argument < 8n; argument++) {
            const data = seccompData({ nr, args: [argument << 3n, 0n, 0n, 0n, 0n, 0n] });
            expect(decide(diagram, data)).toEqual(simulator.simulate(data).action);
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('is canonical', () => {
  /** A program whose jumps name instructions, so that instructions can be put in between. */
  interface Step {
    instruction: Instruction;
    targets: Step[];
  }

  function toSteps(instructions: readonly Instruction[]): Step[] {
    const steps = instructions.map((instruction): Step => ({ instruction, targets: [] }));
    steps.forEach((step, index) => {
      const { code } = step.instruction;
      if (code === Opcode.JA || isConditionalJump(code)) {
        step.targets = successors(step.instruction, index).map((target) => steps[target]!);
      }
    });
    return steps;
  }

  function toInstructions(steps: readonly Step[]): Instruction[] {
    const places = new Map(steps.map((step, index) => [step, index]));
    return steps.map(({ instruction, targets }, index) => {
      const [first = 0, second = 0] = targets.map((target) => places.get(target)! - index - 1);
      fc.pre(targets.length < 2 || (first <= 255 && second <= 255));
      if (targets.length === 0) return instruction;
      return targets.length === 1 ? { ...instruction, k: first } : { ...instruction, jt: first, jf: second };
    });
  }

  /** The same decisions, said otherwise. */
  function rewrite(instructions: readonly Instruction[], choices: readonly number[]): Instruction[] {
    const steps = toSteps(instructions);
    choices.forEach((choice, round) => {
      const at = choice % steps.length;
      const step = steps[at]!;
      const { code, k } = step.instruction;
      if (round % 4 === 0) {
        // a jump to where it goes anyway
        steps.splice(at, 0, { instruction: op(Opcode.JA), targets: [step] });
      } else if (round % 4 === 1 && step.targets.length === 2) {
        // by way of another jump
        const detour = { instruction: op(Opcode.JA), targets: [step.targets[1]!] };
        const skip = { instruction: op(Opcode.JA), targets: [steps[at + 1]!] };
        step.targets = [step.targets[0]!, detour];
        steps.splice(at + 1, 0, skip, detour);
        // nothing falls into them: a jump is before
      } else if (round % 4 === 2 && code === Opcode.JGT_K && k !== 0xffffffff) {
        step.instruction = op(Opcode.JGE_K, k + 1);
      } else if (round % 4 === 2 && code === Opcode.JGE_K && k !== 0) {
        step.instruction = op(Opcode.JGT_K, k - 1);
      } else if (round % 4 === 3 && code === Opcode.ADD_K) {
        step.instruction = op(Opcode.SUB_K, -k >>> 0);
      } else if (round % 4 === 3 && code === Opcode.RET_K) {
        // a second copy, that some of the jumps go to
        const copy = { instruction: op(Opcode.RET_K, k), targets: [] };
        for (const [index, other] of steps.entries()) {
          if (index % 2 === 0) other.targets = other.targets.map((target) => (target === step ? copy : target));
        }
        steps.splice(at + 1, 0, copy);
      }
    });
    return toInstructions(steps);
  }

  it('for programs rewritten into others that decide alike', () => {
    let compared = 0;
    fc.assert(
      fc.property(
        validProgram(),
        fc.array(fc.nat({ max: 10_000 }), { minLength: 4, maxLength: 24 }),
        (instructions, choices) => {
          const rewritten = rewrite(instructions, choices);
          if (!attempt(instructions)) return;
          compared++;
          const [one, other] = roots(instructions, rewritten);
          expect(one).toBe(other);
        },
      ),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(150);
  });

  it('for programs that reach the same decisions in other ways, and for no others', () => {
    const ACTIONS = [ALLOW, EPERM, 0];
    const table = fc.array(fc.constantFrom(...ACTIONS), { minLength: 8, maxLength: 8 });
    const head = [op(Opcode.LD_ABS, 20), op(Opcode.AND_K, 7)];
    const chain = (decisions: readonly number[]) => [
      ...head,
      ...decisions.flatMap((action, value) => [op(Opcode.JEQ_K, value, 0, 1), op(Opcode.RET_K, action)]),
      op(Opcode.RET_K, 0x50063),
    ];
    /** From the lowest bit up, which is not the order of the diagram. */
    const byBits = (decisions: readonly number[]): Instruction[] => {
      const below = (bit: number, value: number): Instruction[] => {
        if (bit === 3) return [op(Opcode.RET_K, decisions[value])];
        const zero = below(bit + 1, value);
        return [op(Opcode.JSET_K, 1 << bit, zero.length, 0), ...zero, ...below(bit + 1, value | (1 << bit))];
      };
      return [...head, ...below(0, 0)];
    };
    const byOrder = (decisions: readonly number[]): Instruction[] => {
      const between = (from: number, to: number): Instruction[] => {
        if (from + 1 === to) return [op(Opcode.RET_K, decisions[from])];
        const middle = (from + to) >> 1;
        const lower = between(from, middle);
        return [op(Opcode.JGE_K, middle, lower.length, 0), ...lower, ...between(middle, to)];
      };
      return [...head, ...between(0, 8)];
    };
    fc.assert(
      fc.property(table, fc.nat({ max: 7 }), fc.constantFrom(...ACTIONS), (decisions, at, action) => {
        const other = decisions.map((each, value) => (value === at ? action : each));
        const [one, ...same] = roots(chain(decisions), byBits(decisions), byOrder(decisions));
        expect(same).toEqual([one, one]);
        const [root, changed] = roots(byBits(decisions), byOrder(other));
        expect(root === changed).toBe(decisions[at] === action);
      }),
      { numRuns: 200 },
    );
  });

  it('and tells apart programs that differ on one input', () => {
    const only = (k: number, high: number) => [
      op(Opcode.LD_ABS, 24),
      op(Opcode.JEQ_K, k, 0, 2),
      op(Opcode.LD_ABS, 28),
      op(Opcode.JEQ_K, high, 1, 0),
      op(Opcode.RET_K, ALLOW),
      op(Opcode.RET_K, EPERM),
    ];
    const [one, same, other, third] = roots(only(5, 0), only(5, 0), only(5, 1), only(4, 0));
    expect(one).toBe(same);
    expect(new Set([one, other, third]).size).toBe(3);
  });

  it('over arguments, not over memory: a program and its twin of the other byte order', () => {
    const program = (low: number, high: number) => [
      op(Opcode.LD_ABS, high),
      op(Opcode.JEQ_K, 1, 0, 2),
      op(Opcode.LD_ABS, low),
      op(Opcode.JGT_K, 7, 1, 0),
      op(Opcode.RET_K, ALLOW),
      op(Opcode.RET_K, EPERM),
    ];
    for (const at of [8, 16, 56]) {
      const store = new DiagramStore();
      const little = buildDecisionDiagram({ instructions: program(at, at + 4), endianness: 'little' }, { store });
      const big = buildDecisionDiagram({ instructions: program(at + 4, at), endianness: 'big' }, { store });
      const wrong = buildDecisionDiagram({ instructions: program(at, at + 4), endianness: 'big' }, { store });
      expect(big.root).toBe(little.root);
      expect(wrong.root).not.toBe(little.root);
    }
  });

  it.each([
    ['an unknown action is KILL_PROCESS', 0x12345678, 0x80000000],
    ['an errno past 4095 is 4095', 0x0005ffff, 0x00050fff],
    ['data of ALLOW has no effect', 0x7fff1234, 0x7fff0000],
    ['KILL_THREAD with data is KILL_THREAD', 0x00000007, 0],
    ['data of NOTIFY has no effect', 0x7fc00001, 0x7fc00000],
    ['data of LOG has no effect', 0x7ffc0001, 0x7ffc0000],
  ])('over what the kernel does: %s', (_, returned, same) => {
    const [one, other] = roots([op(Opcode.RET_K, returned)], [op(Opcode.RET_K, same)]);
    expect(one).toBe(other);
  });

  it.each([
    ['the errno counts', 0x00050001, 0x00050002],
    ['the tracer’s message counts', 0x7ff00001, 0x7ff00002],
    ['a TRAP’s data counts', 0x00030001, 0x00030017],
    ['and whether there is any', 0x00030000, 0x00030017],
    ['KILL_THREAD is not KILL_PROCESS', 0, 0x80000000],
  ])('over what the kernel does: %s', (_, returned, different) => {
    const [one, other] = roots([op(Opcode.RET_K, returned)], [op(Opcode.RET_K, different)]);
    expect(one).not.toBe(other);
  });
});

it('a return of a whole word of the input has every action there is', () => {
  const { store, root } = buildDecisionDiagram({
    instructions: [op(Opcode.LD_ABS, 16), op(Opcode.RET_A)],
    endianness: 'little',
  });
  // KILL_PROCESS, KILL_THREAD, NOTIFY, LOG, ALLOW, ERRNO 0..4095, TRACE and TRAP 0..65535
  expect(store.terminalsOf(root).size).toBe(5 + 4096 + 2 * 65536);
});

it('a division by an argument that is 0 ends the program, whether or not anybody reads the quotient', () => {
  const head = [op(Opcode.LD_ABS, 16), op(Opcode.TAX), op(Opcode.LD_IMM, 8), op(Opcode.DIV_X)];
  const compare = [op(Opcode.LD_ABS, 16), op(Opcode.JEQ_K, 0, 0, 1), op(Opcode.RET_K, 0), op(Opcode.RET_K, ALLOW)];
  const [divided, compared] = roots([...head, op(Opcode.RET_K, ALLOW)], compare);
  expect(divided).toBe(compared);
});

describe('is given up with an error, not a guess,', () => {
  const X_IS_ARGUMENT_1 = [op(Opcode.LD_ABS, 24), op(Opcode.TAX), op(Opcode.LD_ABS, 16)];
  it.each([
    ['the product of two arguments', [op(Opcode.MUL_X), op(Opcode.RET_A)]],
    ['one argument by another', [op(Opcode.DIV_X), op(Opcode.RET_A)]],
    ['a comparison of two arguments', [op(Opcode.JEQ_X, 0, 0, 1), op(Opcode.RET_K, ALLOW), op(Opcode.RET_K, EPERM)]],
  ])('for %s', (_, tail) => {
    const instructions = [...X_IS_ARGUMENT_1, ...tail];
    const build = () => buildDecisionDiagram({ instructions, endianness: 'little' }, BUDGET);
    expect(build).toThrow(ProgramTooComplexError);
    expect(build).toThrow(expect.objectContaining({ code: 'PROGRAM_TOO_COMPLEX' }));
  });

  it('and a program that the kernel refuses has none', () => {
    const instructions = [op(Opcode.LD_MEM, 3), op(Opcode.RET_A)];
    expect(() => buildDecisionDiagram({ instructions, endianness: 'little' })).toThrow(InvalidProgramError);
  });
});

it('programs of 4096 instructions need no deep stack', () => {
  const pairs = Array.from({ length: 2047 }, (_, index) => [
    op(Opcode.JEQ_K, index * 3, 0, 1),
    op(Opcode.RET_K, index % 2 === 0 ? ALLOW : EPERM),
  ]);
  const instructions = [op(Opcode.LD_ABS, 0), ...pairs.flat(), op(Opcode.RET_K, 0)];
  const diagram = buildDecisionDiagram({ instructions, endianness: 'little' });
  const simulator = createSimulator({ instructions, endianness: 'little' });
  for (let nr = 0; nr < 300; nr++) {
    const data = seccompData({ nr });
    expect(decide(diagram, data)).toEqual(simulator.simulate(data).action);
  }
});
