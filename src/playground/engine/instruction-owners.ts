import type { Simulator } from '../../bpf/execution/simulate.js';
import {
  type Instruction,
  isConditionalJump,
  isReturn,
  Opcode,
  SeccompDataOffset,
} from '../../bpf/program/instruction.js';

/** A call that entries of the profile name. */
export interface OwnedCall {
  name: string;
  auditArch: number;
  number: number;
}

/**
 * For each instruction the calls that it is there for, by their index. It is the test that a call's number is decided
 * by, and what follows on its arguments. Loads, tests of the architecture, and returns are everybody's, so nobody's.
 */
export function instructionOwners(
  lines: readonly { instruction: Instruction; successors: readonly number[] }[],
  simulate: Simulator['simulate'],
  calls: readonly OwnedCall[],
): (readonly number[])[] {
  const owners: Set<number>[] = lines.map(() => new Set());
  const after = new Map<number, readonly number[]>();
  const argumentTests = (start: number) => {
    const known = after.get(start);
    if (known) return known;
    const seen = new Set([start]);
    for (const index of seen) for (const target of lines[index]?.successors ?? []) seen.add(target);
    const found = [...seen].filter((index) => !isReturn((lines[index] as (typeof lines)[number]).instruction.code));
    after.set(start, found);
    return found;
  };
  calls.forEach(({ auditArch, number }, call) => {
    const args = [0n, 0n, 0n, 0n, 0n, 0n] as const;
    const { path = [] } = simulate({ nr: number, arch: auditArch, instructionPointer: 0n, args }, { trace: true });
    const start = path.findIndex((index) => looksAtArguments(lines[index]?.instruction));
    const before = start < 0 ? path : path.slice(0, start);
    const test = [...before].reverse().find((index) => {
      const instruction = lines[index]?.instruction;
      return instruction !== undefined && isConditionalJump(instruction.code);
    });
    const instruction = test === undefined ? undefined : lines[test]?.instruction;
    // The test of another number is the last one where this call falls through to the default.
    const isOther = instruction?.code === Opcode.JEQ_K && instruction.k !== number >>> 0;
    if (test !== undefined && !isOther) owners[test]?.add(call);
    if (start >= 0) for (const index of argumentTests(path[start] as number)) owners[index]?.add(call);
  });
  return owners.map((each) => [...each]);
}

const looksAtArguments = (instruction: Instruction | undefined) =>
  instruction?.code === Opcode.LD_ABS && instruction.k >= SeccompDataOffset.INSTRUCTION_POINTER;
