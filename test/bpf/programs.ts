import { ARCHITECTURES, WITHOUT_TABLE } from '../../src/architecture.js';
import { encodeAction, type Instruction, Opcode, type SeccompData } from '../../src/bpf/index.js';
import fc from '../fast-check.js';

export const AUDIT_ARCH_X86_64 = 0xc000003e;
export const AUDIT_ARCH_I386 = 0x40000003;
export const AUDIT_ARCH_S390X = 0x80000016;

export const ALLOW = encodeAction({ kind: 'ALLOW' });
export const EPERM = encodeAction({ kind: 'ERRNO', data: 1 });

/** BPF_STMT and BPF_JUMP of linux/filter.h. */
export const op = (code: number, k = 0, jt = 0, jf = 0): Instruction => ({ code, jt, jf, k });

export function seccompData(fields: Partial<SeccompData> = {}): SeccompData {
  return { nr: 0, arch: AUDIT_ARCH_X86_64, instructionPointer: 0n, args: [0n, 0n, 0n, 0n, 0n, 0n], ...fields };
}

const corner32 = fc.constantFrom(0, 1, 31, 32, 33, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff);
export const word: fc.Arbitrary<number> = fc.oneof(corner32, fc.nat({ max: 300 }), fc.nat({ max: 0xffffffff }));
export const doubleWord: fc.Arbitrary<bigint> = fc
  .tuple(word, word)
  .map(([high, low]) => (BigInt(high) << 32n) | BigInt(low));

/** Also of architectures that libseccomp does not have. */
const auditArch = fc.constantFrom(...ARCHITECTURES.map((each) => each.auditArch), ...Object.values(WITHOUT_TABLE));

export const anySeccompData: fc.Arbitrary<SeccompData> = fc.record({
  nr: word,
  arch: auditArch,
  instructionPointer: doubleWord,
  args: fc.tuple(doubleWord, doubleWord, doubleWord, doubleWord, doubleWord, doubleWord),
});

export const endianness = fc.constantFrom('little' as const, 'big' as const);

const STORED_SLOTS = [0, 1];
const PRELUDE = [
  op(Opcode.LD_ABS, 16),
  op(Opcode.ST, 0),
  op(Opcode.LD_ABS, 20),
  op(Opcode.STX, 1),
  op(Opcode.TAX),
  op(Opcode.LD_ABS),
];

/**
 * Programs that the kernel takes, from the given operations: two argument words are stored and X is set first, then come
 * arbitrary instructions bent into validity, then a return. Jumps often compare with values that inputs often have.
 */
export function validProgram(
  operations: readonly number[] = Object.values(Opcode),
  returnValue: fc.Arbitrary<number> = word,
): fc.Arbitrary<Instruction[]> {
  const seed = fc.record({
    code: fc.constantFrom(...operations),
    k: fc.oneof(word, auditArch),
    jt: fc.nat({ max: 255 }),
    jf: fc.nat({ max: 255 }),
    returnValue,
  });
  const bend = (seeds: readonly (Instruction & { returnValue: number })[], last: Instruction): Instruction[] => {
    const prelude = operations.includes(Opcode.ST) ? PRELUDE : [];
    const body = seeds.map(({ code, k, jt, jf, returnValue }, index) => {
      const room = seeds.length - index;
      if (code === Opcode.RET_K) return op(code, returnValue);
      if (code === Opcode.LD_ABS) return op(code, (k % 16) * 4);
      if (code === Opcode.LD_MEM || code === Opcode.LDX_MEM) return op(code, STORED_SLOTS[k % 2]);
      if (code === Opcode.ST || code === Opcode.STX) return op(code, k % 16);
      if (code === Opcode.LSH_K || code === Opcode.RSH_K) return op(code, k % 32);
      if (code === Opcode.DIV_K) return op(code, k || 1);
      if (code === Opcode.JA) return op(code, k % room);
      return op(code, k, jt % room, jf % room);
    });
    return [...prelude, ...body, last];
  };
  const last = returnValue.map((value) => op(Opcode.RET_K, value));
  return fc.tuple(fc.array(seed, { maxLength: 40 }), last).map(([seeds, end]) => bend(seeds, end));
}
