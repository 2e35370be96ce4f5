import { describe, expect, it } from 'vitest';
import { kernelAction } from '../../src/action.js';
import { createSimulator, decodeProgram, encodeProgram, Opcode, verifyProgram } from '../../src/bpf/index.js';
import { notifyDenials } from '../../src/bpf/program/notify-denials.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import fc from '../fast-check.js';

const LIST = `default errno EPERM
arch x86_64, x86
allow read, socket(domain == AF_UNIX)
kill ptrace
kill-thread mount
trap reboot
mkdir -> trace 7
log openat
`;

describe('notifyDenials', () => {
  const { program } = compileProfileSync(LIST, { arch: 'x86_64' });
  const instructions = decodeProgram(program, 'little');
  const changed = notifyDenials(instructions);

  it('asks where the program denies, and decides the rest alike (property)', () => {
    const [before, after] = [program, encodeProgram(changed, 'little')].map((bytes) =>
      createSimulator(bytes, { endianness: 'little' }),
    );
    const asked = new Set(['KILL_PROCESS', 'KILL_THREAD', 'ERRNO', 'TRACE']);
    const data = fc.record({
      nr: fc.oneof(fc.constantFrom(0, 41, 101, 165, 169, 83, 257), fc.nat(500)),
      arch: fc.constantFrom(0xc000003e, 0x40000003, 0xc00000b7),
      instructionPointer: fc.constant(0n),
      args: fc.tuple(fc.bigInt(0n, 3n), ...Array.from({ length: 5 }, () => fc.constant(0n))),
    });
    const seen = new Set<string>();
    fc.assert(
      fc.property(data, (call) => {
        const original = before!.simulate(call as never).returnValue;
        const { kind } = kernelAction(original);
        seen.add(kind);
        const now = after!.simulate(call as never).returnValue;
        expect(now).toBe(asked.has(kind) ? 0x7fc00000 : original);
      }),
      { numRuns: 1000 },
    );
    expect([...seen].sort()).toEqual(['ALLOW', 'ERRNO', 'KILL_PROCESS', 'KILL_THREAD', 'LOG', 'TRACE', 'TRAP']);
    verifyProgram(changed);
  });

  it('asks for an action that the kernel does not know, which it takes for KILL_PROCESS', () => {
    const [ret] = notifyDenials([{ code: Opcode.RET_K, jt: 0, jf: 0, k: 0x12340000 }]);
    expect(ret!.k).toBe(0x7fc00000);
  });

  it('refuses what it cannot tell apart', () => {
    expect(() => notifyDenials([{ code: Opcode.RET_A, jt: 0, jf: 0, k: 0 }])).toThrow('computed value');
    expect(() => notifyDenials(changed)).toThrow('supervisor already');
  });
});
