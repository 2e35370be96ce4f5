import { ARCHITECTURES } from '../../../src/architecture.js';
import {
  buildDecisionDiagram,
  createSimulator,
  type Endianness,
  encodeProgram,
  type Instruction,
  ProgramTooComplexError,
  type SeccompData,
} from '../../../src/bpf/index.js';
import { ProgramTooLongError } from '../../../src/bpf/minimize/errors.js';
import { minimize } from '../../../src/bpf/minimize/minimize.js';
import fc from '../../fast-check.js';
import { anySeccompData, seccompData, validProgram } from '../programs.js';
import { filterLike } from './filters.js';

/** A program of which the minimised one decides some input otherwise. */
export interface Difference {
  program: readonly Instruction[];
  endianness: Endianness;
  data: SeccompData;
}

const BUDGET = { nodes: 2 ** 18, steps: 2 ** 20 };

/**
 * Minimise random programs, and compare by simulation, which knows nothing of diagrams, on random inputs and on those beside
 * the numbers that the program names. Gives what differs, and how many were minimised: some are too complex.
 */
export function compareRandomPrograms(seed: number, count: number): { differences: Difference[]; minimized: number } {
  const differences: Difference[] = [];
  let minimized = 0;
  const given = fc.oneof(
    { weight: 3, arbitrary: filterLike },
    { weight: 1, arbitrary: validProgram().map((instructions) => ({ instructions, endianness: 'little' as const })) },
  );
  const cases = fc.sample(fc.tuple(given, fc.array(anySeccompData, { minLength: 20, maxLength: 20 })), {
    seed,
    numRuns: count,
  });
  for (const [{ instructions, endianness }, inputs] of cases) {
    let program: Uint8Array;
    try {
      const decisions = buildDecisionDiagram({ instructions, endianness }, BUDGET);
      program = minimize(decisions, { endianness }).program;
    } catch (error) {
      if (error instanceof ProgramTooComplexError || error instanceof ProgramTooLongError) continue;
      throw error;
    }
    minimized++;
    const [one, other] = [
      createSimulator(encodeProgram(instructions, endianness), { endianness }),
      createSimulator(program, { endianness }),
    ];
    for (const data of [...inputs, ...boundaries(instructions)]) {
      const [before, after] = [one.simulate(data), other.simulate(data)].map(({ action }) => JSON.stringify(action));
      if (before !== after) differences.push({ program: instructions, endianness, data });
    }
  }
  return { differences, minimized };
}

/** Inputs whose words are what the program compares with, or one beside it. */
function boundaries(instructions: readonly Instruction[]): SeccompData[] {
  const numbers = [...new Set(instructions.map(({ k }) => k))].slice(0, 40);
  const arches = ARCHITECTURES.map(({ auditArch }) => auditArch).filter((arch) => numbers.includes(arch));
  return numbers.flatMap((k, index) =>
    [k, (k - 1) >>> 0, (k + 1) >>> 0].map((nr) => {
      const word = (at: number) => BigInt(numbers[(index + at) % numbers.length]!);
      const args = [0, 1, 2, 3, 4, 5].map((at) => (at % 2 ? word(at) << 32n : 0n) | word(at + 1));
      return seccompData({
        nr,
        arch: arches[index % (arches.length || 1)] ?? k,
        args: args as unknown as SeccompData['args'],
        instructionPointer: word(3),
      });
    }),
  );
}
