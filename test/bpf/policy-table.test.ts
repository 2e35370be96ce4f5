import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, parseArchitecture } from '../../src/architecture.js';
import {
  assemble,
  type Condition,
  createSimulator,
  encodeAction,
  kernelAction,
  Opcode,
  type PolicyTable,
  ProgramTooComplexError,
  policyTable,
  type SeccompData,
  X32_SYSCALL_BIT,
} from '../../src/bpf/index.js';
import type { Action } from '../../src/policy.js';
import fc from '../fast-check.js';
import { ALLOW, AUDIT_ARCH_X86_64, anySeccompData, EPERM, op, seccompData, validProgram } from './programs.js';

function holds({ field, mask, ...condition }: Condition, { args, instructionPointer }: SeccompData): boolean {
  const value = ([...args, instructionPointer][field] as bigint) & mask;
  if (condition.kind === 'between') return value >= condition.from && value <= condition.to;
  return (value === condition.value) === (condition.kind === 'equal');
}

/** What a table says of a call: every decision whose conditions hold, and whether all conditions are there. */
function lookUp({ architectures, unnamedArchitectures, otherArchitectures }: PolicyTable, data: SeccompData) {
  const nr = data.nr >>> 0;
  const isX32 = data.arch === AUDIT_ARCH_X86_64 && nr >= X32_SYSCALL_BIT;
  const table = architectures.find(
    ({ architecture: { auditArch, name } }) => auditArch === data.arch && (name === 'x32') === isX32,
  );
  const unnamed = unnamedArchitectures.find(({ auditArches }) =>
    auditArches.some(({ from, to }) => from <= data.arch && data.arch <= to),
  );
  const range = ((table ?? unnamed)?.ranges ?? otherArchitectures).find(({ from, to }) => from <= nr && nr <= to);
  if (!range) throw new Error(`no range for ${nr}`);
  const actions: Action[] = range.decisions
    .filter(({ when }) => when === undefined || when.some((term) => term.every((condition) => holds(condition, data))))
    .map(({ action }) => action);
  return { actions, isExact: range.decisions.every(({ when }) => when !== undefined) };
}

// No arithmetic that makes diagrams explode; those are refused, which another test sees.
const operations = Object.values(Opcode).filter(
  (code) => ![Opcode.MUL_X, Opcode.DIV_X, Opcode.MUL_K, Opcode.DIV_K].includes(code as never),
);

describe('policyTable', () => {
  it('says of any call what the simulator says', () => {
    let reported = 0;
    fc.assert(
      fc.property(
        validProgram(operations),
        fc.array(anySeccompData, { minLength: 1, maxLength: 20 }),
        (program, calls) => {
          let table: PolicyTable;
          try {
            table = policyTable({ instructions: program, endianness: 'little' }, { nodes: 100_000, steps: 1_000_000 });
          } catch (error) {
            if (error instanceof ProgramTooComplexError) return;
            throw error;
          }
          reported++;
          const simulator = createSimulator({ instructions: program, endianness: 'little' });
          for (const data of calls) {
            const expected = kernelAction(encodeAction(simulator.simulate(data).action));
            const { actions, isExact } = lookUp(table, data);
            if (isExact) expect(actions).toEqual([expected]);
            else expect(actions).toContainEqual(expected);
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(reported).toBeGreaterThan(200);
  });

  it('says so of calls that are too complex, and of all others what the simulator says', () => {
    let [decided, undecided] = [0, 0];
    const product = [
      op(Opcode.TAX),
      op(Opcode.LD_ABS, 24),
      op(Opcode.MUL_X),
      op(Opcode.JEQ_K, 123456789, 0, 1),
      op(Opcode.RET_K, EPERM),
    ];
    fc.assert(
      fc.property(
        validProgram(Object.values(Opcode)),
        fc.array(anySeccompData, { maxLength: 20 }),
        fc.boolean(),
        (body, calls, isComplex) => {
          // Call 5 alone is decided by a random program about its arguments, and perhaps by a product of them.
          const ofArguments = body.map((each) =>
            each.code === Opcode.LD_ABS && each.k < 8 ? { ...each, k: 16 + each.k } : each,
          );
          const program = [
            op(Opcode.LD_ABS, 0),
            op(Opcode.JEQ_K, 5, 1, 0),
            op(Opcode.RET_K, EPERM),
            op(Opcode.LD_ABS, 16),
            ...(isComplex ? product : []),
            ...ofArguments,
          ];
          const filter = { instructions: program, endianness: 'little' } as const;
          let table: PolicyTable;
          try {
            table = policyTable(filter, { nodes: 3_000, listTooComplex: true });
          } catch (error) {
            if (error instanceof ProgramTooComplexError) return;
            throw error;
          }
          const simulator = createSimulator(filter);
          for (const [index, any] of calls.entries()) {
            const data = index % 4 > 0 ? { ...any, nr: 5 } : any;
            const { actions, isExact } = lookUp(table, data);
            const expected = kernelAction(encodeAction(simulator.simulate(data).action));
            if (actions.length === 0) undecided++;
            else if (isExact) expect(actions).toEqual([expected]);
            else expect(actions).toContainEqual(expected);
            if (actions.length > 0) decided++;
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(decided).toBeGreaterThan(500);
    expect(undecided).toBeGreaterThan(500);
  });

  it('decides every other call where one is too complex', () => {
    const product = ['A = args[0].low', 'X = A', 'A = args[1].low', 'A *= X', 'if (A == 123456789) goto no'];
    const calls = Array.from({ length: 20 }, (_, nr) => `if (A == ${nr}) goto c${nr}`);
    const tests = [
      ...['c0:', ...product, 'return ALLOW', 'c1:', 'A = args[2].low', ...product, 'return LOG'],
      ...calls
        .slice(2)
        .flatMap((_, at) => [`c${at + 2}:`, `A = args[${at % 6}].low`, 'if (A == 5) goto no', 'return ALLOW']),
    ];
    const text = ['.arch x86_64', 'A = nr', ...calls, 'return KILL_PROCESS', ...tests, 'no: return ERRNO(EPERM)'];
    const program = assemble(text.join('\n'));
    const nodes = 2 ** 14;
    expect(() => policyTable(program, { nodes })).toThrow(ProgramTooComplexError);
    const [all] = policyTable(program, { nodes, listTooComplex: true }).architectures;
    const kinds = Array.from({ length: 21 }, (_, nr) => {
      const range = all?.ranges.find(({ from, to }) => from <= nr && nr <= to);
      return range?.decisions.map(({ action }) => action.kind).join();
    });
    expect(kinds).toEqual(['', '', ...new Array<string>(18).fill('ERRNO,ALLOW'), 'KILL_PROCESS']);
  });

  it('covers every number once, with conditions that exclude each other', () => {
    const arg0Low = 16;
    const program = [
      op(Opcode.LD_ABS, 4),
      op(Opcode.JEQ_K, AUDIT_ARCH_X86_64, 0, 5),
      op(Opcode.LD_ABS, 0),
      op(Opcode.JEQ_K, 41, 0, 2),
      op(Opcode.LD_ABS, arg0Low),
      op(Opcode.JEQ_K, 1, 0, 1),
      op(Opcode.RET_K, ALLOW),
      op(Opcode.RET_K, EPERM),
    ];
    const table = policyTable({ instructions: program, endianness: 'little' });
    expect(table.architectures.map(({ architecture }) => architecture.name)).toEqual(['x86_64', 'x32']);
    const [x86_64] = table.architectures;
    expect(x86_64?.ranges.map(({ from, to }) => [from, to])).toEqual([
      [0, 40],
      [41, 41],
      [42, X32_SYSCALL_BIT - 1],
    ]);
    const [allowed, denied] = x86_64?.ranges[1]?.decisions ?? [];
    const low = { field: 0, mask: 0xffffffffn, value: 1n };
    expect(allowed).toEqual({ action: { kind: 'ALLOW' }, when: [[{ kind: 'equal', ...low }]] });
    expect(denied).toEqual({ action: { kind: 'ERRNO', data: 1 }, when: [[{ kind: 'notEqual', ...low }]] });
    const errno = { action: { kind: 'ERRNO', data: 1 }, when: [[]] };
    expect(table.otherArchitectures).toEqual([{ from: 0, to: 0xffffffff, decisions: [errno] }]);
  });

  it('lists what meets an architecture that libseccomp does not have, and values between those that it has', () => {
    const allows = (code: number, value: number) =>
      policyTable({
        instructions: [op(Opcode.LD_ABS, 4), op(code, value, 0, 1), op(Opcode.RET_K, ALLOW), op(Opcode.RET_K, EPERM)],
        endianness: 'little',
      });
    const allowed = { action: { kind: 'ALLOW' }, when: [[]] };
    const ranges = [{ from: 0, to: 0xffffffff, decisions: [allowed] }];
    const alpha = allows(Opcode.JEQ_K, 0xc0009026);
    expect(alpha.architectures).toEqual([]);
    expect(alpha.unnamedArchitectures).toEqual([{ auditArches: [{ from: 0xc0009026, to: 0xc0009026 }], ranges }]);
    // s390x and the values around it.
    const { architectures, unnamedArchitectures } = allows(Opcode.JGT_K, 0xfffffff0 - 0x3fffff00);
    const [first] = unnamedArchitectures[0]?.auditArches ?? [];
    expect(first?.from).toBe(0xc00000f1);
    expect(architectures.map(({ architecture }) => architecture.name)).toEqual(
      ARCHITECTURES.filter(({ auditArch }) => auditArch >= 0xc00000f1).map(({ name }) => name),
    );
  });

  it('tells a filter that never asks for the architecture', () => {
    // As some hand-written filters are: the same for every architecture.
    const program = [
      op(Opcode.LD_ABS, 0),
      op(Opcode.JEQ_K, 59, 0, 1),
      op(Opcode.RET_K, EPERM),
      op(Opcode.RET_K, ALLOW),
    ];
    const table = policyTable({ instructions: program, endianness: 'little' });
    const data = seccompData({ arch: parseArchitecture('aarch64').auditArch, nr: 59 });
    expect(lookUp(table, data).actions).toEqual([{ kind: 'ERRNO', data: 1 }]);
    expect(table.otherArchitectures.map(({ from, to }) => [from, to])).toEqual([
      [0, 58],
      [59, 59],
      [60, 0xffffffff],
    ]);
  });

  it('refuses to list what is too much to list', () => {
    const program = [
      op(Opcode.LD_ABS, 0),
      op(Opcode.JSET_K, 1, 0, 1),
      op(Opcode.RET_K, EPERM),
      op(Opcode.RET_K, ALLOW),
    ];
    expect(() => policyTable({ instructions: program, endianness: 'little' })).toThrow(ProgramTooComplexError);
  });
});
