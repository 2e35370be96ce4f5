import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, type ArchitectureName } from '../../src/architecture.js';
import {
  type AssembleOptions,
  AssemblyError,
  assemble,
  disassemble,
  encodeAction,
  encodeProgram,
  formatAssembly,
  formatDisassembly,
  type Instruction,
  isConditionalJump,
  Opcode,
} from '../../src/bpf/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { syscallNaming } from '../../src/libseccomp/syscall-naming.js';
import fc from '../fast-check.js';
import {
  ALLOW,
  AUDIT_ARCH_I386,
  AUDIT_ARCH_S390X,
  AUDIT_ARCH_X86_64,
  EPERM,
  endianness,
  op,
  validProgram,
  word,
} from './programs.js';

const naming = syscallNaming(loadLibseccompSync());
const make = (text: string, options: AssembleOptions = {}) => assemble(text, { ...naming, ...options });

/** What is wrong with a text: `LINE:COLUMN code`, and the messages. */
function wrong(text: string, options: AssembleOptions = {}) {
  try {
    make(text, options);
  } catch (error) {
    if (!(error instanceof AssemblyError)) throw error;
    const places = error.issues.map(({ code, position: { line, column } }) => `${line}:${column} ${code}`);
    return { places, messages: error.issues.map(({ message }) => message), message: error.message };
  }
  throw new Error('it assembles');
}

describe('reads back what the disassembler writes', () => {
  /** Real filters' shape: comparisons of arch and nr among anything else, and system calls, errnos and arguments with names. */
  const numbers = fc.oneof(
    fc.nat({ max: 460 }),
    fc.nat({ max: 460 }).map((nr) => nr + 0x40000000),
    fc.nat({ max: 6400 }),
  );
  const returns = fc.oneof(
    fc.nat({ max: 140 }).map((errno) => (0x00050000 | errno) >>> 0),
    fc.constantFrom(ALLOW, 0x7fff0001, 0x80000005, 0x00030007, 0x7ff00003, 0x7fc00000, 0x7ffc0000, 0, 5, 0x0005ffff),
    word,
  );
  const filterLike = fc
    .array(
      fc.oneof(
        fc.constantFrom(op(Opcode.LD_ABS, 4), op(Opcode.LD_ABS, 0), op(Opcode.LD_ABS, 16), op(Opcode.LD_ABS, 20)),
        fc.record({
          code: fc.constantFrom<number>(Opcode.JEQ_K, Opcode.JEQ_K, Opcode.JGE_K, Opcode.JGT_K, Opcode.JSET_K),
          jt: fc.nat({ max: 3 }),
          jf: fc.nat({ max: 3 }),
          k: fc.oneof(fc.constantFrom(...ARCHITECTURES.map(({ auditArch }) => auditArch)), numbers),
        }),
        returns.map((value) => op(Opcode.RET_K, value)),
      ),
      { maxLength: 30 },
    )
    .map((body) => [...body, ...new Array<Instruction>(4).fill(op(Opcode.RET_K, EPERM))]);
  /** What the machine ignores need not be zero. */
  const ignored = fc
    .tuple(validProgram(), fc.record({ at: fc.nat(), jt: fc.nat({ max: 255 }), jf: fc.nat({ max: 255 }), k: word }))
    .map(([program, { at, jt, jf, k }]) => {
      const index = at % program.length;
      const old = program[index]!;
      const free = [Opcode.TAX, Opcode.TXA, Opcode.NEG, Opcode.RET_A, Opcode.ADD_X, Opcode.LD_LEN] as number[];
      const changed = isConditionalJump(old.code) ? old : { ...old, jt, jf, ...(free.includes(old.code) && { k }) };
      return program.map((each, at) => (at === index ? changed : each));
    });
  const target = fc.oneof(
    fc
      .uniqueArray(fc.constantFrom(...ARCHITECTURES), { minLength: 1, maxLength: 3 })
      .filter((list) => new Set(list.map((each) => each.endianness)).size === 1)
      .map((list) => ({ architectures: list.map(({ name }) => name), endianness: list[0]!.endianness })),
    endianness.map((order) => ({ architectures: [] as ArchitectureName[], endianness: order })),
  );

  it.each([
    ['as a listing', formatDisassembly],
    ['as source', formatAssembly],
  ])('%s, bit for bit', (_, format) => {
    let named = 0;
    fc.assert(
      fc.property(fc.oneof(validProgram(undefined, returns), filterLike, ignored), target, (instructions, target) => {
        const program = encodeProgram(instructions, target.endianness);
        const lines = disassemble(program, { ...target, ...naming });
        const text = format(lines, { target });
        if (/A == [a-z_0-9]*[g-z_]/.test(text)) named++;
        const again = make(text);
        expect(again.instructions).toEqual(instructions);
        expect(Buffer.from(again.program).equals(program)).toBe(true);
      }),
      { numRuns: 1500 },
    );
    expect(named).toBeGreaterThan(50);
  });
});

describe('a text made by hand', () => {
  it('with labels, comments, names and constants', () => {
    const { instructions, arches } = make(`
      .arch amd64            ; what this is for
      A = arch
      if (A != AUDIT_ARCH_X86_64) goto kill
      A = nr
      A >= 0x40000000 ? kill : next
      if (A == socket) goto socket
      if (A != openat) goto allow
      return ERRNO(EACCES)   // by name
    socket:
      A = args[0].low        # domain
      if (A == AF_UNIX) goto allow else kill
    allow: return ALLOW
    kill:  return KILL_PROCESS
    `);
    expect(arches).toEqual(['x86_64']);
    expect(instructions).toEqual([
      op(Opcode.LD_ABS, 4),
      op(Opcode.JEQ_K, AUDIT_ARCH_X86_64, 0, 8),
      op(Opcode.LD_ABS, 0),
      op(Opcode.JGE_K, 0x40000000, 6, 0),
      op(Opcode.JEQ_K, 41, 2, 0),
      op(Opcode.JEQ_K, 257, 0, 3),
      op(Opcode.RET_K, encodeAction({ kind: 'ERRNO', data: 13 })),
      op(Opcode.LD_ABS, 16),
      op(Opcode.JEQ_K, 1, 0, 1),
      op(Opcode.RET_K, ALLOW),
      op(Opcode.RET_K, 0x80000000),
    ]);
  });

  it.each<[string, Instruction]>([
    ['A = sizeof(seccomp_data)', op(Opcode.LD_LEN)],
    ['A = seccomp_data[8]', op(Opcode.LD_ABS, 8)],
    ['A = instruction_pointer.high', op(Opcode.LD_ABS, 12)],
    ['A = -1', op(Opcode.LD_IMM, 0xffffffff)],
    ['A = -A', op(Opcode.NEG)],
    ['A &= ~0xf', op(Opcode.AND_K, 0xfffffff0)],
    ['A &= CLONE_NEWUSER|CLONE_NEWNS', op(Opcode.AND_K, 0x10020000)],
    ['A |= 0b101', op(Opcode.OR_K, 5)],
    ['A <<= X', op(Opcode.LSH_X)],
    ['X = 0o17', op(Opcode.LDX_IMM, 15)],
    ['if (A < 3) goto a else goto b', op(Opcode.JGE_K, 3, 1, 0)],
    ['if (!(A != 3)) goto b', op(Opcode.JEQ_K, 3, 1, 0)],
    ['if (!(A & X)) goto b', op(Opcode.JSET_X, 0, 0, 1)],
    ['A <= X ? a : b', op(Opcode.JGT_X, 0, 1, 0)],
    ['goto b', op(Opcode.JA, 1)],
    ['return KILL', op(Opcode.RET_K, 0)],
    ['return SECCOMP_RET_USER_NOTIF', op(Opcode.RET_K, 0x7fc00000)],
    ['return TRAP(3)', op(Opcode.RET_K, 0x00030003)],
    ['return 0x7fff0000', op(Opcode.RET_K, ALLOW)],
    ['.insn 0x6 0 0 0x50001', op(Opcode.RET_K, EPERM)],
  ])('%s', (statement, expected) => {
    const text = `.endian little\n${statement}\na: return A\nb: return A`;
    expect(make(text).instructions[0]).toEqual(expected);
  });

  it('halves of arguments are those of the byte order', () => {
    const text = 'A = args[1].high\nreturn ALLOW';
    expect(make(text, { architectures: ['s390x'] }).instructions[0]).toEqual(op(Opcode.LD_ABS, 24));
    expect(make(text, { architectures: ['x86_64'] }).instructions[0]).toEqual(op(Opcode.LD_ABS, 28));
  });

  it('is for the architectures it compares, where it does not say', () => {
    const one = (arch: string) => `A = arch\nif (A != ${arch}) goto kill\nreturn ALLOW\nkill: return KILL`;
    expect(make(one('s390x'))).toMatchObject({ arches: ['s390x'], endianness: 'big' });
    expect(make(one(`0x${AUDIT_ARCH_S390X.toString(16)}`))).toMatchObject({ arches: ['s390x'], endianness: 'big' });
  });

  it('names mean what they mean in their section', () => {
    const { instructions } = make(`
      A = arch
      if (A == x86) goto i386
      if (A != x86_64) goto kill
      A = nr
      if (A == openat) goto no
      if (A == x32:openat) goto no else goto kill
    i386:
      A = nr
      if (A == openat) goto no
    kill: return KILL_PROCESS
    no: return ERRNO(ENOSYS)
    `);
    expect(instructions.filter(({ code }) => code === Opcode.JEQ_K).map(({ k }) => k)).toEqual([
      AUDIT_ARCH_I386,
      AUDIT_ARCH_X86_64,
      257,
      0x40000101,
      295,
    ]);
    expect(make('return ERRNO(ENOSYS)', { architectures: ['mips'] }).instructions[0]!.k & 0xffff).toBe(89);
  });

  it('a listing of seccomp-tools', () => {
    const listing = ` line  CODE  JT   JF      K
=================================
 0000: 0x20 0x00 0x00 0x00000004  A = arch
 0001: 0x15 0x00 0x02 0xc000003e  if (A != ARCH_X86_64) goto 0004
 0002: 0x20 0x00 0x00 0x00000000  A = sys_number
 0003: 0x15 0x01 0x00 0x0000003b  if (A == execve) goto 0005
 0004: 0x06 0x00 0x00 0x00000000  return KILL
 0005: 0x06 0x00 0x00 0x7fff0000  return ALLOW
`;
    expect(make(listing).instructions.length).toBe(6);
  });
});

describe('says what is wrong, and where', () => {
  const HEAD = '.arch x86_64\n';
  it('everything at once', () => {
    const { places, message } = wrong(
      'A = nrr\nif (A = 3) goto x\nfoo\nA = args[6].low\nA = args[0]\nreturn ERRNO\nreturn ALLOW extra\n@',
      { source: 'my.asm', architectures: ['x86_64'] },
    );
    expect(places).toEqual([
      '2:7 bad-syntax',
      '3:1 bad-syntax',
      '4:10 bad-number',
      '5:12 bad-syntax',
      '6:13 bad-syntax',
      '7:14 bad-syntax',
      '8:1 bad-syntax',
    ]);
    expect(message).toContain(
      'my.asm:5:12: the field has 64 bits and A has 32: add .low or .high, found the end of the line',
    );
  });

  it.each<[string, string[]]>([
    ['A = nrr\nreturn A', ['2:5 unknown-name']],
    ['A = nr\nif (A == opnat) goto a\na: return A', ['3:10 unknown-name']],
    ['return ERRNO(EPREM)', ['2:14 unknown-name']],
    ['A = arch\nif (A == amd65) goto a\na: return A', ['3:10 unknown-architecture']],
    ['goto a\nreturn A', ['2:6 unknown-label']],
    ['a: A = nr\ngoto a\nreturn A', ['3:6 backward-jump']],
    ['a: A = nr\na: return A', ['3:1 duplicate-label']],
    ['A = 0x1ffffffff\nreturn A', ['2:5 bad-number']],
    ['A = 010\nreturn A', ['2:5 bad-number']],
    ['A = -0x80000001\nreturn A', ['2:6 bad-number']],
    ['A = 12monkeys\nreturn A', ['2:5 bad-number']],
    ['return ERRNO(65536)', ['2:14 bad-number']],
    ['return A\n.arch x86', ['3:1 misplaced-directive']],
    ['A = nr', ['2:1 invalid-program']],
    ['A = M[3]\nreturn A', ['2:1 invalid-program']],
    ['.insn 0x94 0 0 1\nreturn A', ['2:1 invalid-program']],
    ['', ['2:1 invalid-program']],
    ['0000: 0x20 0 0 0  A = arch\nreturn A', ['2:7 fields-disagree']],
    ['0x15 0 1 1  if (A == 2) goto a\na: return A', ['2:1 fields-disagree']],
  ])('%j', (text, places) => {
    expect(wrong(HEAD + text).places).toEqual(places);
  });

  it('a conditional jump reaches 255 instructions, and 255 it reaches', () => {
    const jump = (distance: number) => `${HEAD}if (A == 1) goto far\n${'A = 1\n'.repeat(distance)}far: return A`;
    expect(make(jump(255)).instructions[0]).toEqual(op(Opcode.JEQ_K, 1, 255, 0));
    const { places, messages } = wrong(jump(256));
    expect(places).toEqual(['2:18 jump-too-far']);
    expect(messages[0]).toMatch(/^label far is 256 instructions ahead; a conditional jump skips 255 at most/);
    const far = `${HEAD}goto far\n${'A = 1\n'.repeat(3000)}far: return A`;
    expect(make(far).instructions[0]).toEqual(op(Opcode.JA, 3000));
  });

  it('a name that stands for several numbers', () => {
    const shared = `A = arch\nif (A == x86) goto go\nif (A == x86_64) goto go\nreturn KILL\ngo: A = nr\nif (A == openat) goto no\nno: return ERRNO(1)`;
    expect(wrong(shared)).toMatchObject({
      places: ['6:10 ambiguous-name'],
      messages: ['openat is 295 on x86, 257 on x86_64: compare arch before, add .arch, or write the number'],
    });
    const errno = 'return ERRNO(ENOSYS)';
    expect(wrong(errno, { architectures: ['mips', 'parisc'] }).places).toEqual(['1:14 ambiguous-name']);
    expect(wrong('.endian little\nA = nr\nif (A == openat) goto a\na: return A').places).toEqual([
      '3:10 no-architecture',
    ]);
    expect(wrong('.endian little\nA = TIOCSTI\nreturn A').places).toEqual(['2:5 ambiguous-name']);
  });

  it('what machine it is for: nothing, two things, both byte orders', () => {
    expect(wrong('return ALLOW').places).toEqual(['1:13 no-byte-order']);
    expect(wrong('.arch x86\nreturn ALLOW', { architectures: ['x86_64'] }).places).toEqual(['1:1 misplaced-directive']);
    expect(wrong('.arch x86, s390x\nreturn ALLOW').places).toEqual(['2:13 no-byte-order']);
    expect(wrong('.arch pdp11\nreturn ALLOW').places).toEqual(['1:7 unknown-architecture']);
  });
});

it('any text is assembled or refused with AssemblyError', () => {
  const pieces = fc.constantFrom(
    ...['A', 'X', '=', '==', 'if', '(', ')', 'goto', 'a', ':', '0x20', '7', 'return', 'ALLOW', '.arch', 'x86', '.insn'],
    ...['&', '|', '?', 'next', '!', 'M', '[', ']', 'ERRNO', '\n', '\n', ' ', '#', 'constructor', '__proto__', 'é'],
  );
  const texts = fc.oneof(
    fc.array(pieces, { maxLength: 40 }).map((list) => list.join(' ')),
    fc.string(),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        make(text, { architectures: ['x86_64'] });
      } catch (error) {
        expect(error).toBeInstanceOf(AssemblyError);
        for (const { position } of (error as AssemblyError).issues) {
          const line = text.split('\n')[position.line - 1]!;
          expect(position.column - 1).toBeLessThanOrEqual(line.length);
        }
      }
    }),
    { numRuns: 2000 },
  );
});
