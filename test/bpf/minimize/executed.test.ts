import { describe, expect, it } from 'vitest';
import { createSimulator, Opcode, seccompDataWords } from '../../../src/bpf/index.js';
import { executedFor, expectedInstructions } from '../../../src/bpf/minimize/executed.js';
import type { CallWeights } from '../../../src/bpf/minimize/index.js';
import fc from '../../fast-check.js';
import {
  ALLOW,
  AUDIT_ARCH_I386,
  AUDIT_ARCH_X86_64,
  EPERM,
  endianness,
  op,
  seccompData,
  validProgram,
} from '../programs.js';

const [NR, ARCH, LOW, HIGH] = [0, 4, 16, 20];

function weights(calls: readonly (readonly [number, number, number])[]): CallWeights {
  return {
    architectures: [...new Set(calls.map(([arch]) => arch))],
    of: (arch, nr) => calls.find((each) => each[0] === arch && each[1] === nr)?.[2] ?? 0,
    numbers: (arch) => calls.filter((each) => each[0] === arch).map(([, nr]) => nr),
  };
}

describe('executed instructions', () => {
  it('are as many as the simulator’s, where no argument is looked at', () => {
    const { LD_ABS, LD_MEM, LDX_MEM, ST, STX, ...others } = Opcode;
    const programs = validProgram([...Object.values(others)]);
    const given = fc.record({ nr: fc.nat({ max: 300 }), arch: fc.constantFrom(AUDIT_ARCH_X86_64, AUDIT_ARCH_I386) });
    fc.assert(
      fc.property(programs, endianness, given, (body, order, { nr, arch }) => {
        const instructions = [op(LD_ABS, ARCH), op(Opcode.TAX), op(LD_ABS, NR), ...body];
        const path: number[] = [];
        const simulator = createSimulator({ instructions, endianness: order });
        simulator.returnValue(seccompDataWords(seccompData({ nr, arch }), order), path);
        expect(executedFor({ instructions, endianness: order }, { auditArch: arch, nr })).toBe(path.length);
      }),
      { numRuns: 500 },
    );
  });

  it('take each way of a test of an argument half of the time', () => {
    const instructions = [
      op(Opcode.LD_ABS, HIGH),
      op(Opcode.JEQ_K, 0, 0, 3),
      op(Opcode.LD_ABS, LOW),
      op(Opcode.JEQ_K, 7, 0, 1),
      op(Opcode.RET_K, EPERM),
      op(Opcode.RET_K, ALLOW),
    ];
    // 2, then 1 for the one way, 3 for both of the other
    expect(executedFor({ instructions, endianness: 'little' }, { auditArch: 0, nr: 0 })).toBe(2 + (1 + 3) / 2);
  });

  it('follow the number behind an argument, however it came into A', () => {
    const instructions = [
      op(Opcode.LD_ABS, NR),
      op(Opcode.ST, 3),
      op(Opcode.LD_ABS, LOW),
      op(Opcode.JSET_K, 1, 0, 0),
      op(Opcode.LD_MEM, 3),
      op(Opcode.JEQ_K, 5, 1, 0),
      op(Opcode.JA, 0),
      op(Opcode.RET_K, ALLOW),
    ];
    const program = { instructions, endianness: 'little' } as const;
    expect(executedFor(program, { auditArch: 0, nr: 5 })).toBe(7);
    expect(executedFor(program, { auditArch: 0, nr: 6 })).toBe(8);
  });

  it('count by weight, and nothing where nothing has any', () => {
    const instructions = [
      op(Opcode.LD_ABS, NR),
      op(Opcode.JEQ_K, 1, 1, 0),
      op(Opcode.JEQ_K, 2, 0, 0),
      op(Opcode.RET_K, ALLOW),
    ];
    const program = { instructions, endianness: 'big' } as const;
    const given = weights([
      [AUDIT_ARCH_X86_64, 1, 3],
      [AUDIT_ARCH_I386, 2, 1],
    ]);
    expect(expectedInstructions(program, given)).toBe((3 * 3 + 1 * 4) / 4);
    expect(expectedInstructions(program, weights([]))).toBe(0);
  });

  it('give up on a program with too many contents of registers', () => {
    const forks = Array.from({ length: 30 }, (_, bit) => [
      op(Opcode.LD_ABS, LOW),
      op(Opcode.JSET_K, 2 ** bit, 0, 3),
      op(Opcode.LD_MEM, 0),
      op(Opcode.ADD_K, 2 ** bit),
      op(Opcode.ST, 0),
    ]).flat();
    const instructions = [op(Opcode.LD_IMM), op(Opcode.ST, 0), ...forks, op(Opcode.LD_MEM, 0), op(Opcode.RET_A)];
    expect(() => executedFor({ instructions, endianness: 'little' }, { auditArch: 0, nr: 0 })).toThrow(
      expect.objectContaining({ code: 'PROGRAM_TOO_COMPLEX' }),
    );
  });
});
