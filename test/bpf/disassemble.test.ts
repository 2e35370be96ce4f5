import { describe, expect, it } from 'vitest';
import {
  type DisassembleOptions,
  disassemble,
  encodeAction,
  encodeProgram,
  formatAssembly,
  formatDisassembly,
  type Instruction,
  InvalidProgramError,
  Opcode,
  UnknownByteOrderError,
} from '../../src/bpf/index.js';
import { ALLOW, AUDIT_ARCH_I386, AUDIT_ARCH_S390X, AUDIT_ARCH_X86_64, EPERM, op } from './programs.js';

const X32_TOKEN = 0x4000003e;
const NAMES: Record<number, Record<number, string>> = {
  [AUDIT_ARCH_X86_64]: { 0: 'read', 1: 'write', 3: 'close', 257: 'openat' },
  [AUDIT_ARCH_I386]: { 0: 'restart_syscall', 3: 'read', 4: 'write', 384: 'arch_prctl' },
  [X32_TOKEN]: { 1073741824: 'read', 1073742081: 'openat' },
};
const syscallName = (token: number, nr: number) => NAMES[token]?.[nr];

const ret = op(Opcode.RET_K, ALLOW);
const LOAD_ARCH = op(Opcode.LD_ABS, 4);
const LOAD_NR = op(Opcode.LD_ABS, 0);

function lines(instructions: Instruction[], { big = false, ...options }: DisassembleOptions & { big?: boolean } = {}) {
  const endianness = big ? 'big' : 'little';
  return disassemble({ instructions, endianness }, { syscallName, ...options });
}
const texts = (...args: Parameters<typeof lines>) => lines(...args).map(({ text }) => text);
/** Text and comment of an instruction behind a load of `nr` under x86_64. */
function underX8664(instruction: Instruction, after = [ret]) {
  const [{ text, comment } = { text: '' }] = lines([
    LOAD_ARCH,
    op(Opcode.JEQ_K, AUDIT_ARCH_X86_64, 1, 0),
    ret,
    LOAD_NR,
    instruction,
    ...after,
  ]).slice(4);
  return comment === undefined ? text : `${text} # ${comment}`;
}

it('a whole filter, as text', () => {
  const program = encodeProgram(
    [
      LOAD_ARCH,
      op(Opcode.JEQ_K, AUDIT_ARCH_X86_64, 0, 7),
      LOAD_NR,
      op(Opcode.JEQ_K, 257, 6, 0),
      op(Opcode.JEQ_K, 0x40000101, 5, 0),
      op(Opcode.JGT_K, 3, 0, 6),
      op(Opcode.LD_ABS, 36),
      op(Opcode.JEQ_K, 0, 3, 4),
      op(Opcode.RET_K, 0x12340000),
      op(Opcode.JEQ_K, AUDIT_ARCH_I386, 0, 3),
      op(Opcode.RET_K, EPERM),
      ret,
      op(Opcode.RET_K, encodeAction({ kind: 'TRACE', data: 7 })),
      op(Opcode.RET_K, encodeAction({ kind: 'KILL_PROCESS' })),
    ],
    'little',
  );
  const text = formatDisassembly(disassemble({ program, arches: ['x86_64', 'x32', 'x86'] }, { syscallName }));
  expect(text).toBe(`\
 line  CODE   JT   JF   K
================================
 0000: 0x0020 0x00 0x00 0x00000004  A = arch
 0001: 0x0015 0x00 0x07 0xc000003e  if (A != x86_64) goto 0009
# x86_64
 0002: 0x0020 0x00 0x00 0x00000000  A = nr
 0003: 0x0015 0x06 0x00 0x00000101  if (A == openat) goto 0010
 0004: 0x0015 0x05 0x00 0x40000101  if (A == x32:openat) goto 0010
 0005: 0x0025 0x00 0x06 0x00000003  if (A <= 3) goto 0012                 # close
 0006: 0x0020 0x00 0x00 0x00000024  A = args[2].high
 0007: 0x0015 0x03 0x04 0x00000000  if (A == 0x0) goto 0011 else goto 0012
 0008: 0x0006 0x00 0x00 0x12340000  return 0x12340000                     # unknown action: KILL_PROCESS; unreachable
# any architecture but x86_64
 0009: 0x0015 0x00 0x03 0x40000003  if (A != x86) goto 0013
# x86_64, x86
 0010: 0x0006 0x00 0x00 0x00050001  return ERRNO(EPERM)
# x86_64
 0011: 0x0006 0x00 0x00 0x7fff0000  return ALLOW
 0012: 0x0006 0x00 0x00 0x7ff00007  return TRACE(7)
# any architecture but x86_64, x86
 0013: 0x0006 0x00 0x00 0x80000000  return KILL_PROCESS
`);
});

it('every operation in words', () => {
  const operations: [Instruction, string][] = [
    [op(Opcode.LD_LEN), 'A = sizeof(seccomp_data)'],
    [op(Opcode.LDX_LEN), 'X = sizeof(seccomp_data)'],
    [op(Opcode.LD_IMM, 16), 'A = 0x10'],
    [op(Opcode.LDX_IMM, 16), 'X = 0x10'],
    [op(Opcode.ST, 3), 'M[3] = A'],
    [op(Opcode.STX, 4), 'M[4] = X'],
    [op(Opcode.LD_MEM, 3), 'A = M[3]'],
    [op(Opcode.LDX_MEM, 4), 'X = M[4]'],
    [op(Opcode.TAX), 'X = A'],
    [op(Opcode.TXA), 'A = X'],
    [op(Opcode.ADD_K, 1), 'A += 0x1'],
    [op(Opcode.ADD_X), 'A += X'],
    [op(Opcode.SUB_K, 1), 'A -= 0x1'],
    [op(Opcode.SUB_X), 'A -= X'],
    [op(Opcode.MUL_K, 1), 'A *= 0x1'],
    [op(Opcode.MUL_X), 'A *= X'],
    [op(Opcode.DIV_K, 1), 'A /= 0x1'],
    [op(Opcode.DIV_X), 'A /= X'],
    [op(Opcode.OR_K, 1), 'A |= 0x1'],
    [op(Opcode.OR_X), 'A |= X'],
    [op(Opcode.AND_K, 0xffff), 'A &= 0xffff'],
    [op(Opcode.AND_X), 'A &= X'],
    [op(Opcode.XOR_K, 1), 'A ^= 0x1'],
    [op(Opcode.XOR_X), 'A ^= X'],
    [op(Opcode.LSH_K, 16), 'A <<= 16'],
    [op(Opcode.LSH_X), 'A <<= X'],
    [op(Opcode.RSH_K, 16), 'A >>= 16'],
    [op(Opcode.RSH_X), 'A >>= X'],
    [op(Opcode.NEG), 'A = -A'],
    [op(Opcode.JA, 1), 'goto 0031'],
    [op(Opcode.JEQ_X, 0, 1, 2), 'if (A == X) goto 0032 else goto 0033'],
    [op(Opcode.JGT_X, 0, 0, 1), 'if (A <= X) goto 0033'],
    [op(Opcode.JGE_X, 0, 1, 0), 'if (A >= X) goto 0034'],
    [op(Opcode.JGT_K, 9, 1, 0), 'if (A > 0x9) goto 0035'],
    [op(Opcode.JGE_K, 9, 0, 1), 'if (A < 0x9) goto 0036'],
    [op(Opcode.JSET_K, 8, 1, 0), 'if (A & 0x8) goto 0037'],
    [op(Opcode.JSET_X, 0, 0, 1), 'if (!(A & X)) goto 0038'],
    [op(Opcode.JEQ_K, 8, 0, 0), 'if (A == 0x8) goto 0038 else goto 0038'],
    [op(Opcode.RET_A), 'return A'],
    [op(Opcode.LD_ABS, 0), 'A = nr'],
    [op(Opcode.RET_K), 'return KILL_THREAD'],
  ];
  expect(new Set(operations.map(([{ code }]) => code)).size).toBe(Object.keys(Opcode).length);
  expect(texts(operations.map(([instruction]) => instruction))).toEqual(operations.map(([, text]) => text));
});

it('loads are named after the field, halves by byte order', () => {
  const loads = [0, 4, 8, 12, 16, 20, 56, 60].map((offset) => op(Opcode.LD_ABS, offset));
  const little = [
    'A = nr',
    'A = arch',
    'A = instruction_pointer.low',
    'A = instruction_pointer.high',
    'A = args[0].low',
    'A = args[0].high',
    'A = args[5].low',
    'A = args[5].high',
  ];
  const swapped = (text: string) => text.replace(/low|high/, (half) => (half === 'low' ? 'high' : 'low'));
  expect(texts(loads)).toEqual(little);
  expect(texts(loads, { big: true })).toEqual(little.map(swapped));
});

describe('system call numbers', () => {
  it('are named under the architecture that was compared', () => {
    expect(underX8664(op(Opcode.JEQ_K, 0, 1, 0), [ret, ret])).toBe('if (A == read) goto 0006');
    expect(underX8664(op(Opcode.JEQ_K, 4000, 1, 0), [ret, ret])).toBe('if (A == 4000) goto 0006');
  });

  it('with bit 30 are x32’s', () => {
    expect(underX8664(op(Opcode.JEQ_K, 0x40000000, 1, 0), [ret, ret])).toBe('if (A == x32:read) goto 0006');
    expect(underX8664(op(Opcode.JEQ_K, 0x40001000, 1, 0), [ret, ret])).toBe('if (A == 0x40001000) goto 0006');
    expect(underX8664(op(Opcode.JGE_K, 0x40000000, 1, 0), [ret, ret])).toBe(
      'if (A >= 0x40000000) goto 0006 # first number of x32',
    );
  });

  it('compared for order stay numbers, the name in the comment', () => {
    expect(underX8664(op(Opcode.JGT_K, 257, 1, 0), [ret, ret])).toBe('if (A > 257) goto 0006 # openat');
    expect(underX8664(op(Opcode.JSET_K, 1, 1, 0), [ret, ret])).toBe('if (A & 0x1) goto 0006');
  });

  it('below 0 have no name', () => {
    const asked: number[] = [];
    const ask = (_: number, nr: number) => String(asked.push(nr));
    const program = [LOAD_NR, op(Opcode.JEQ_K, 0xffffffff, 0, 0), op(Opcode.JEQ_K, 0xffffffff, 1, 0), ret, ret];
    expect(texts(program, { architectures: ['x86_64'], syscallName: ask })[2]).toBe('if (A == -1) goto 0004');
    expect(asked).toEqual([]);
  });

  const SHARED = [
    LOAD_ARCH,
    op(Opcode.JEQ_K, AUDIT_ARCH_X86_64, 1, 0),
    op(Opcode.JEQ_K, AUDIT_ARCH_I386, 0, 3),
    LOAD_NR,
    op(Opcode.JEQ_K, 0, 1, 0),
    op(Opcode.JEQ_K, 384, 0, 0),
    ret,
  ];

  it('that mean different calls on the possible architectures stay numbers, the names in the comment', () => {
    const [line] = lines(SHARED).slice(4);
    expect(line).toMatchObject({
      text: 'if (A == 0) goto 0006',
      comment: 'x86_64:read, x86:restart_syscall',
      architectures: ['x86_64', 'x86'],
    });
  });

  it('that only one of the possible architectures has stay numbers too', () => {
    const program = [...SHARED.slice(0, 4), op(Opcode.JEQ_K, 384, 1, 0), ret, ret];
    expect(lines(program)[4]).toMatchObject({ text: 'if (A == 384) goto 0006', comment: 'x86:arch_prctl' });
  });

  it('of a program that does not compare arch are those of the architectures it is for', () => {
    const program = [LOAD_NR, op(Opcode.JEQ_K, 3, 1, 0), ret, ret];
    expect(texts(program)[1]).toBe('if (A == 3) goto 0003');
    expect(texts(program, { architectures: ['x86_64', 'x32'] })[1]).toBe('if (A == close) goto 0003');
    const bytes = encodeProgram(program, 'little');
    expect(disassemble({ program: bytes, arches: ['x86'] }, { syscallName })[1]!.text).toBe('if (A == read) goto 0003');
  });

  it('are not names of what was computed from the number', () => {
    const program = [LOAD_NR, op(Opcode.AND_K, 0xff), op(Opcode.JEQ_K, 3, 1, 0), ret, ret];
    expect(texts(program, { architectures: ['x86_64'] })[2]).toBe('if (A == 0x3) goto 0004');
  });
});

it('an unknown architecture is given in hexadecimal', () => {
  const [compare, inside] = lines([LOAD_ARCH, op(Opcode.JEQ_K, 0x1234, 0, 1), ret, ret]).slice(1);
  expect(compare!.text).toBe('if (A != 0x1234) goto 0003');
  expect(inside!.architectures).toEqual(['0x1234']);
});

it('errno names are those of every architecture that gets there', () => {
  const enosys = op(Opcode.RET_K, encodeAction({ kind: 'ERRNO', data: 38 }));
  const program = (auditArch: number) => [LOAD_ARCH, op(Opcode.JEQ_K, auditArch, 0, 1), enosys, ret];
  expect(texts(program(AUDIT_ARCH_S390X), { big: true })[2]).toBe('return ERRNO(ENOSYS)');
  expect(texts(program(8), { big: true })[2]).toBe('return ERRNO(EL2NSYNC)');
  expect(texts([enosys], { big: true, architectures: ['mips'] })[0]).toBe('return ERRNO(EL2NSYNC)');
});

it('lines are data: successors, architectures, reachability', () => {
  const [load, jump, taken, , dead] = lines([
    LOAD_ARCH,
    op(Opcode.JEQ_K, AUDIT_ARCH_X86_64, 0, 1),
    ret,
    op(Opcode.RET_A),
    op(Opcode.JA, 0),
    ret,
  ]);
  expect(load).toEqual({
    index: 0,
    instruction: LOAD_ARCH,
    text: 'A = arch',
    successors: [1],
    architectures: [],
    reachable: true,
  });
  expect(jump!.successors).toEqual([2, 3]);
  expect(taken).toMatchObject({ successors: [], architectures: ['x86_64'] });
  expect(dead).toMatchObject({ reachable: false, comment: 'unreachable' });
});

it('programs that do not verify are disassembled as far as they go', () => {
  const broken = [op(0x94, 5), op(Opcode.LD_ABS, 66), op(Opcode.LD_ABS, 64), op(Opcode.JA, 4000)];
  expect(texts(broken)).toEqual(['???', 'A = seccomp_data[66]', 'A = seccomp_data[64]', 'goto 4004']);
  expect(disassemble({ instructions: [], endianness: 'big' })).toEqual([]);
});

it('bytes need a byte order: detected, told, or from the architecture', () => {
  const bytes = encodeProgram([LOAD_NR, ret], 'big');
  expect(disassemble(bytes)[0]!.text).toBe('A = nr');
  expect(disassemble(bytes, { endianness: 'little' })[0]!.text).toBe('???');
  expect(disassemble(bytes, { architectures: ['s390x'] })[1]!.text).toBe('return ALLOW');
  expect(() => disassemble(new Uint8Array(8))).toThrow(UnknownByteOrderError);
  expect(() => disassemble(bytes.subarray(3))).toThrow(InvalidProgramError);
});

describe('arguments', () => {
  const SOCKETS: Record<number, string> = { 2: 'open', 41: 'socket', 53: 'socketpair', 56: 'clone' };
  const behind = (numbers: number[], ...rest: Instruction[]) =>
    lines(
      [
        LOAD_NR,
        ...numbers.map((nr, at) => op(Opcode.JEQ_K, nr, numbers.length - at, 0)),
        ret,
        ...rest,
        ...new Array<Instruction>(4).fill(ret),
      ],
      { architectures: ['x86_64'], syscallName: (_, nr) => SOCKETS[nr] },
    )
      .slice(numbers.length + 2, numbers.length + 2 + rest.length)
      .map(({ comment }) => comment);
  const compare = op(Opcode.JEQ_K, 40, 0, 1);

  it('are named after the system call, and compared values after its constants', () => {
    expect(behind([41], op(Opcode.LD_ABS, 16), compare)).toEqual(['socket(domain)', 'AF_VSOCK']);
    expect(behind([56], op(Opcode.LD_ABS, 16), op(Opcode.AND_K, 0x10020000))).toEqual([
      'clone(flags)',
      'CLONE_NEWNS|CLONE_NEWUSER',
    ]);
  });

  it('in masks are flags, and nothing whose value is 0; values of several bits have no name in them', () => {
    const masked = (nr: number, register: number, code: number, mask: number) =>
      behind([nr], op(Opcode.LD_ABS, register), op(code, mask, 0, code === Opcode.JSET_K ? 1 : 0))[1];
    expect(masked(2, 24, Opcode.AND_K, 0x40)).toBe('O_CREAT');
    expect(masked(2, 24, Opcode.JSET_K, 0x41)).toBe('O_CREAT|0x1');
    expect(masked(2, 24, Opcode.JSET_K, 0xc0)).toBe('O_CREAT|O_EXCL');
    expect(masked(41, 24, Opcode.AND_K, 0xfff7f7ff)).toBe('~(SOCK_NONBLOCK|SOCK_CLOEXEC)');
    expect(masked(56, 16, Opcode.AND_K, 0x11)).toBeUndefined();
  });

  it('of several system calls have the name that all give them', () => {
    expect(behind([41, 53], op(Opcode.LD_ABS, 16), compare)[1]).toBe('AF_VSOCK');
    expect(behind([41, 56], op(Opcode.LD_ABS, 16), compare)).toEqual([undefined, undefined]);
  });

  it('have no constants in their upper half', () => {
    expect(behind([41], op(Opcode.LD_ABS, 20), compare)).toEqual(['socket(domain)', undefined]);
  });
});

it('nothing of a return value is lost', () => {
  const returned = (value: number) => lines([op(Opcode.RET_K, value)])[0];
  expect(returned(0x7fff0005)).toMatchObject({ text: 'return ALLOW(5)', comment: 'the data has no effect' });
  expect(returned(0x00030007)).toMatchObject({ text: 'return TRAP(7)', comment: 'si_errno 7' });
  expect(returned(0x0005ffff)).toMatchObject({ text: 'return ERRNO(65535)', comment: 'the kernel makes it 4095' });
});

it('an errno that is another on each of the architectures stays a number', () => {
  const enosys = op(Opcode.RET_K, encodeAction({ kind: 'ERRNO', data: 38 }));
  const both = lines([enosys], { architectures: ['mips', 'ppc'], big: true });
  expect(both[0]).toMatchObject({ text: 'return ERRNO(38)', comment: 'mips:EL2NSYNC, ppc:ENOSYS' });
});

it('as source: labels where something jumps to, and what words cannot say as fields', () => {
  const program = [LOAD_NR, op(Opcode.JEQ_K, 3, 1, 0), op(Opcode.NEG, 9), ret];
  const target = { architectures: ['x86_64'] as const, endianness: 'little' as const };
  expect(formatAssembly(lines(program, { architectures: ['x86_64'] }), { target })).toBe(`\
.arch x86_64
    A = nr
    if (A == close) goto L0003
    .insn 0x0084 0x00 0x00 0x00000009             # A = -A
L0003:
    return ALLOW
`);
});

it('colours move nothing', () => {
  const listing = lines([LOAD_NR, op(Opcode.JEQ_K, 3, 0, 0), op(Opcode.RET_K, EPERM), ret]);
  const marked = (format: typeof formatAssembly) => format(listing, { paint: (part, text) => `<${part}>${text}</>` });
  for (const format of [formatAssembly, formatDisassembly]) {
    expect(marked(format).replace(/<\/?\w*>/g, '')).toBe(format(listing));
  }
  expect(marked(formatDisassembly)).toContain('<deny>return ERRNO(EPERM)</>');
  expect(marked(formatDisassembly)).toContain('<allow>return ALLOW</>');
});
