import { describe, expect, it } from 'vitest';
import { kernelAction } from '../../src/action.js';
import {
  createSimulator,
  decodeProgram,
  encodeProgram,
  Opcode,
  type SeccompData,
  verifyProgram,
} from '../../src/bpf/index.js';
import { notifyDenials } from '../../src/bpf/program/notify-denials.js';
import { traceDenials } from '../../src/bpf/program/trace-denials.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import fc from '../fast-check.js';

const LIST = `default errno EPERM
arch x86_64, x86
allow read, socket(domain == AF_UNIX), ptrace(request != PTRACE_CONT)
kill ptrace(request == PTRACE_CONT)
kill-thread mount
trap reboot
mkdir -> trace 7
log openat
`;
const AUDIT_ARCH_X86_64 = 0xc000003e;
const PTRACE = 101;
const TRACE = 0x7ff00000;
const ENOSYS = 0x00050026;

describe('traceDenials', () => {
  const { program } = compileProfileSync(LIST, { arch: 'x86_64' });
  const options = { endianness: 'little', ptrace: { auditArch: AUDIT_ARCH_X86_64, number: PTRACE } } as const;
  const changed = traceDenials(decodeProgram(program, 'little'), options);
  const [decides, changedDecides] = [program, encodeProgram(changed, 'little')].map((bytes) => {
    const simulator = createSimulator(bytes, { endianness: 'little' });
    return (call: SeccompData) => simulator.simulate(call).returnValue;
  }) as [(call: SeccompData) => number, (call: SeccompData) => number];

  const call = fc.record({
    nr: fc.oneof(fc.constantFrom(0, 41, PTRACE, 165, 169, 83, 257), fc.nat(500)),
    arch: fc.constantFrom(AUDIT_ARCH_X86_64, 0x40000003, 0xc00000b7),
    args: fc.tuple(fc.constantFrom(0n, 1n, 2n, 7n, 16n, 0x4206n), ...Array.from({ length: 5 }, () => fc.constant(0n))),
  });
  const withPointer = (data: object, instructionPointer: bigint) => ({ ...data, instructionPointer }) as SeccompData;

  it('stops what the program denies, and what makes a tracee; decides the rest alike (property)', () => {
    const seen = new Set<string>();
    const pointer = fc.constantFrom(1n, 1n << 32n, 0xffffffffn, 0x7f0012345678n);
    fc.assert(
      fc.property(call, pointer, (data, instructionPointer) => {
        const original = decides(withPointer(data, instructionPointer));
        const { kind } = kernelAction(original);
        seen.add(kind);
        const isTracer =
          data.nr === PTRACE && data.arch === AUDIT_ARCH_X86_64 && [0n, 16n, 0x4206n].includes(data.args[0]!);
        const isLetThrough = (kind === 'ALLOW' || kind === 'LOG') && !isTracer;
        expect(changedDecides(withPointer(data, instructionPointer))).toBe(isLetThrough ? original : TRACE);
      }),
      { numRuns: 2000 },
    );
    expect([...seen].sort()).toEqual(['ALLOW', 'ERRNO', 'KILL_PROCESS', 'KILL_THREAD', 'LOG', 'TRACE', 'TRAP']);
    verifyProgram(changed);
  });

  it('decides as the program where the tracer has marked the call, and never lets it go on by TRACE (property)', () => {
    fc.assert(
      fc.property(call, (data) => {
        const original = decides(withPointer(data, 0n));
        expect(changedDecides(withPointer(data, 0n))).toBe(kernelAction(original).kind === 'TRACE' ? ENOSYS : original);
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves the registers of the program as it finds them at its start', () => {
    const returnsA = [
      { code: Opcode.JEQ_K, jt: 0, jf: 1, k: 0 },
      { code: Opcode.RET_K, jt: 0, jf: 0, k: 0x7fff0000 },
      { code: Opcode.RET_K, jt: 0, jf: 0, k: 0 },
    ];
    const simulator = createSimulator(encodeProgram(traceDenials(returnsA, options), 'little'), {
      endianness: 'little',
    });
    for (const nr of [0, PTRACE]) {
      const data = withPointer({ nr, arch: AUDIT_ARCH_X86_64, args: [3n, 0n, 0n, 0n, 0n, 0n] }, 8n);
      expect(simulator.simulate(data).returnValue).toBe(0x7fff0000);
    }
  });

  it('stops at an action that the kernel does not know, which it takes for KILL_PROCESS', () => {
    const unknown = traceDenials([{ code: Opcode.RET_K, jt: 0, jf: 0, k: 0x12340000 }], options);
    const simulator = createSimulator(encodeProgram(unknown, 'little'), { endianness: 'little' });
    const data = { nr: 1, arch: AUDIT_ARCH_X86_64, args: [0n, 0n, 0n, 0n, 0n, 0n] };
    expect(simulator.simulate(withPointer(data, 5n)).returnValue).toBe(TRACE);
    expect(simulator.simulate(withPointer(data, 0n)).returnValue).toBe(0x12340000);
  });

  it('refuses what it cannot tell apart', () => {
    expect(() => traceDenials([{ code: Opcode.RET_A, jt: 0, jf: 0, k: 0 }], options)).toThrow('computed value');
    expect(() => traceDenials(notifyDenials(decodeProgram(program, 'little')), options)).toThrow('supervisor already');
  });
});
