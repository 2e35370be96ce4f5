import { describe, expect, it } from 'vitest';
import { mayBeProgramText } from '../../src/bpf/forms/program-text-sign.js';
import {
  AssemblyError,
  decodeProgram,
  disassemble,
  encodeProgram,
  formatAssembly,
  formatDisassembly,
  type Instruction,
  ProgramTextError,
  type ReadProgramOptions,
  readProgramText,
} from '../../src/bpf/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { syscallNaming } from '../../src/libseccomp/syscall-naming.js';
import fc from '../fast-check.js';
import { TEXTS } from '../profile/formats/format-texts.js';
import { validProgram } from './programs.js';

const naming = syscallNaming(loadLibseccompSync());
const read = (text: string, options: ReadProgramOptions = {}) =>
  readProgramText(text, { otherwise: 'x86_64', source: 'filter', ...naming, ...options });

/** The message of the fault, and its place. */
function fault(text: string, options: ReadProgramOptions = {}): string {
  try {
    return `no fault: ${read(text, options)?.form}`;
  } catch (error) {
    if (!(error instanceof ProgramTextError)) throw error;
    expect(error.code).toBe('PROGRAM_TEXT');
    return error.message;
  }
}

const hex = (value: number, digits = 1) => value.toString(16).padStart(digits, '0');
const bytesOf = (instructions: readonly Instruction[]) => [...encodeProgram(instructions, 'little')];
const lines = (instructions: readonly Instruction[], line: (instruction: Instruction, index: number) => string) =>
  instructions.map(line).join('\n');
const heading = ' line  OP   JT   JF   K\n=================================\n';

/** What writes each form, and the name that readers give it. */
const FORMS: Record<string, [form: string, write: (instructions: readonly Instruction[]) => string]> = {
  'scmp --format hex': ['hex', (all) => `${Buffer.from(bytesOf(all)).toString('hex')}\n`],
  'xxd -p': ['hex', (all) => Buffer.from(bytesOf(all)).toString('hex').replace(/.{60}/g, '$&\n')],
  xxd: ['hex dump', (all) => dump(all, (at, row) => `${hex(at, 8)}: ${pairs(row).padEnd(39)}  ${dots(row)}`)],
  'hexdump -C': [
    'hex dump',
    (all) => `${dump(all, (at, row) => `${hex(at, 8)}  ${singles(row)}  |${dots(row)}|`)}\n${hex(8 * all.length, 8)}\n`,
  ],
  'scmp --format base64': ['base64', (all) => `${Buffer.from(bytesOf(all)).toString('base64')}\n`],
  'base64url in lines': ['base64', (all) => Buffer.from(bytesOf(all)).toString('base64url').replace(/.{76}/g, '$&\n')],
  'scmp --format c': [
    'source',
    (all) =>
      `/* { */\n#include <linux/filter.h>\n\nstatic const struct sock_filter seccomp_filter[] = {\n${lines(all, ({ code, jt, jf, k }) => `\t{ 0x${hex(code)}, ${jt}, ${jf}, 0x${hex(k)} },`)}\n};\n`,
  ],
  'tcpdump -dd': [
    'source',
    (all) => lines(all, ({ code, jt, jf, k }) => `{ 0x${hex(code)}, ${jt}, ${jf}, 0x${hex(k, 8)} },`),
  ],
  'tcpdump -ddd': [
    'decimal',
    (all) => `${all.length}\n${lines(all, ({ code, jt, jf, k }) => `${code} ${jt} ${jf} ${k}`)}\n`,
  ],
  iptables: [
    'decimal',
    (all) => `${all.length},${all.map(({ code, jt, jf, k }) => `${code} ${jt} ${jf} ${k}`).join(',')}`,
  ],
  'designated C': [
    'source',
    (all) =>
      `struct sock_filter f[] = {${all.map(({ code, jt, jf, k }) => `{ .code = 0x${hex(code)}, .k = ${k}U, .jt = ${jt}, .jf = ${jf} }`).join()}};`,
  ],
  BPF_STMT: [
    'source',
    (all) =>
      `struct sock_filter filter[] = {\n${all.map(macro).join(',\n')}\n};\nint main(void) { return sizeof(filter) / 8; }`,
  ],
  strace: [
    'source',
    (all) =>
      `execve("./a", ["./a"], 0x7ffe /* 20 vars */) = 0\nprctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, {len=${all.length}, filter=[${all.map(macro).join(', ')}]}) = 0\n+++ exited with 0 +++\n`,
  ],
  'xxd -i': [
    'source',
    (all) =>
      `unsigned char f_bpf[] = {\n  ${bytesOf(all)
        .map((byte) => `0x${hex(byte, 2)}`)
        .join(', ')}\n};\nunsigned int f_bpf_len = ${8 * all.length};\n`,
  ],
  'C string': [
    'source',
    (all) =>
      `const char f[] = ${chunks(bytesOf(all), 16)
        .map((row) => `"${escapes(row)}"`)
        .join('\n  ')};`,
  ],
  'Rust bytes': [
    'source',
    (all) =>
      `pub const FILTER: [u8; ${8 * all.length}] = [${bytesOf(all)
        .map((byte) => `0x${hex(byte)}u8`)
        .join(', ')}];`,
  ],
  'Rust byte string': ['source', (all) => `pub const FILTER: &[u8] = b"${escapes(bytesOf(all))}";`],
  'Rust instructions': [
    'source',
    (all) =>
      `[${all.map(({ code, jt, jf, k }) => `sock_filter { code: ${code}, jt: ${jt}, jf: ${jf}, k: ${k} }`).join(', ')}]`,
  ],
  'Go bytes': ['source', (all) => `var filter = []byte{${bytesOf(all).join(', ')}}`],
  'Go string': ['source', (all) => `var filter = []byte("${escapes(bytesOf(all))}")`],
  'Go x/net/bpf': [
    'source',
    (all) =>
      `var f = []bpf.RawInstruction{\n${lines(all, ({ code, jt, jf, k }) => `\t{Op: 0x${hex(code)}, Jt: 0x${hex(jt)}, Jf: 0x${hex(jf)}, K: 0x${hex(k)}},`)}\n}`,
  ],
  'Go x/sys/unix': [
    'source',
    (all) =>
      `f := []unix.SockFilter{${all.map(({ code, jt, jf, k }) => `unix.SockFilter{${code}, ${jt}, ${jf}, 0x${hex(k)}}`).join(', ')}}`,
  ],
  Python: [
    'source',
    (all) => `f = [${all.map(({ code, jt, jf, k }) => `(${code}, ${jt}, ${jf}, 0x${hex(k)})`).join(', ')}]`,
  ],
  'Python bytes': ['source', (all) => `f = b'${escapes(bytesOf(all))}'`],
  'JSON of fields': ['json', (all) => JSON.stringify(all)],
  'JSON of numbers': ['json', (all) => JSON.stringify(all.map(({ code, jt, jf, k }) => [code, jt, jf, k]))],
  'scmp disasm --json': ['json', (all) => JSON.stringify({ endianness: 'little', instructions: all })],
  'scmp compile --format json': [
    'json',
    (all) =>
      JSON.stringify({ arches: ['x86_64'], instructions: all, program: Buffer.from(bytesOf(all)).toString('base64') }),
  ],
  'scmp disasm': [
    'assembler',
    (all) => formatDisassembly(words(all), { target: { architectures: [], endianness: 'little' } }),
  ],
  'scmp disasm --format asm': [
    'assembler',
    (all) => formatAssembly(words(all), { target: { architectures: [], endianness: 'little' } }),
  ],
  scmp_bpf_disasm: [
    'listing',
    (all) =>
      heading +
      lines(
        all,
        ({ code, jt, jf, k }, at) =>
          ` ${String(at).padStart(4, '0')}: 0x${hex(code, 2)} 0x${hex(jt, 2)} 0x${hex(jf, 2)} 0x${hex(k, 8)}   ld  $data[4]`,
      ),
  ],
  'seccomp-tools': [
    'listing',
    (all) =>
      ` line  CODE  JT   JF      K\n=================================\n${lines(all, ({ code, jt, jf, k }, at) => ` ${String(at).padStart(4, '0')}: 0x${hex(code, 2)} 0x${hex(jt, 2)} 0x${hex(jf, 2)} 0x${hex(k, 8)}  if (A != ARCH_X86_64) goto 0014`)}\n`,
  ],
  firejail: [
    'listing',
    (all) =>
      ` line  OP JT JF    K\n=================================\n${lines(all, ({ code, jt, jf, k }, at) => ` ${hex(at, 4)}: ${hex(code, 2)} ${hex(jt, 2)} ${hex(jf, 2)} ${hex(k, 8)}   jeq ARCH_64 0003 (false 0002)`)}\n`,
  ],
};

const words = (all: readonly Instruction[]) =>
  disassemble(encodeProgram(all, 'little'), { endianness: 'little', ...naming });
const pairs = (row: readonly number[]) =>
  Buffer.from(row)
    .toString('hex')
    .replace(/.{4}(?=.)/g, '$& ');
const singles = (row: readonly number[]) => row.map((byte) => hex(byte, 2)).join(' ');
const dots = (row: readonly number[]) =>
  row.map((byte) => (byte > 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
const escapes = (row: readonly number[]) => row.map((byte) => `\\x${hex(byte, 2)}`).join('');
const chunks = (bytes: readonly number[], size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.slice(at * size, (at + 1) * size));
function dump(all: readonly Instruction[], line: (at: number, row: readonly number[]) => string): string {
  return chunks(bytesOf(all), 16)
    .map((row, at) => line(16 * at, row))
    .join('\n');
}
function macro({ code, jt, jf, k }: Instruction): string {
  return jt || jf
    ? `BPF_JUMP(BPF_JMP + (${code} - BPF_JMP), 0x${hex(k)}, ${jt}, (${jf}))`
    : `BPF_STMT(0|${code}, ${k})`;
}

/** Ones whose fields that nobody looks at are 0: text in words has no place for them. */
const program = validProgram();

describe.each(Object.entries(FORMS))('%s', (_, [form, write]) => {
  it('is read as the program it is', () => {
    fc.assert(
      fc.property(program, (instructions) => {
        const found = read(write(instructions));
        expect(found && decodeProgram(found.program, 'little')).toEqual(instructions);
        expect(found?.form).toBe(form);
      }),
      { numRuns: 40 },
    );
  });
});

describe('names and expressions', () => {
  const instructionsOf = (text: string, options: ReadProgramOptions = {}) => {
    const found = read(text, options);
    return found && decodeProgram(found.program, found.endianness);
  };

  it('knows those of the kernel headers', () => {
    const text = `
      struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offsetof(struct seccomp_data, arch))),
        BPF_JUMP(BPF_JMP + BPF_JEQ + BPF_K, AUDIT_ARCH_X86_64, 1, 0), // another machine
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        /* the number */
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_ptrace, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1]) + 4),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      };`;
    expect(instructionsOf(text)).toEqual([
      { code: 0x20, jt: 0, jf: 0, k: 4 },
      { code: 0x15, jt: 1, jf: 0, k: 0xc000003e },
      { code: 0x06, jt: 0, jf: 0, k: 0x80000000 },
      { code: 0x20, jt: 0, jf: 0, k: 0 },
      { code: 0x15, jt: 0, jf: 2, k: 101 },
      { code: 0x20, jt: 0, jf: 0, k: 28 },
      { code: 0x06, jt: 0, jf: 0, k: 0x50001 },
      { code: 0x06, jt: 0, jf: 0, k: 0x7fff0000 },
    ]);
  });

  it('numbers of calls are those of the architecture that the text names, or that is asked for', () => {
    const text = (more: string) =>
      `f = [ BPF_STMT(BPF_LD|BPF_W|BPF_ABS, 0), BPF_JUMP(BPF_JMP|BPF_JEQ|BPF_K, libc::SYS_ptrace as u32, 0, 1), BPF_STMT(BPF_RET|BPF_K, ${more}), BPF_STMT(6, 0x7fff0000) ]`;
    expect(instructionsOf(text('0'))?.[1]?.k).toBe(101);
    expect(instructionsOf(text('0'), { architectures: ['aarch64'] })?.[1]?.k).toBe(117);
    expect(fault(text('AUDIT_ARCH_AARCH64 & AUDIT_ARCH_X86_64'))).toMatch(
      /^filter:1:74: ptrace has another number on each of aarch64, x86_64/,
    );
    expect(fault(text('0'), { otherwise: undefined })).toContain('nothing says of which');
    expect(fault(text('0').replace('ptrace', 'ptrce'))).toContain('x86_64 has no system call ptrce');
  });

  it('a big-endian machine is told by what the program compares, or by what is asked for', () => {
    const s390x = '{ 0x20, 0, 0, 4 }, { 0x15, 0, 1, 0x80000016 }, { 0x06, 0, 0, 0 }, { 0x06, 0, 0, 0x7fff0000 },';
    expect(read(s390x)?.endianness).toBe('big');
    expect(read('{ 0x06, 0, 0, 0 },')?.endianness).toBe('little');
    expect(read('{ 0x06, 0, 0, 0 },', { architectures: ['s390x'] })?.endianness).toBe('big');
    const args = '{ 0x20, 0, 0, 16 }, { 0x06, 0, 0, 0 },';
    expect(fault(args, { otherwise: undefined })).toContain('which byte order');
  });
});

describe('what is no whole program is refused, with what to do', () => {
  const LISTING = `${heading} 0000: 0x20 0x00 0x00 0x00000004  A = arch\n`;
  it.each([
    [
      'cut short',
      'x = {len=3, filter=[BPF_STMT(0x20, 0), BPF_STMT(0x6, 0), ...]}',
      /^filter:1:58: the program is cut short here; strace prints all of it with -v/,
    ],
    ['not printed', 'seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=11, filter=0x55a2736a8040}) = 0', /run strace -v/],
    [
      'a macro of its own',
      'struct sock_filter f[] = {\n BPF_STMT(0x20, 0),\n ALLOW(read),\n BPF_STMT(6, 0) };',
      /^filter:3:2: "ALLOW" is no instruction/,
    ],
    ['only macros', 'struct sock_filter f[] = {\n ALLOW(read),\n DENY };', /macros of its own.*scmp dump/],
    ['an unknown name', 'f = { BPF_STMT(BPF_LD|BPF_W|BPF_ABS, syscall_nr) };', /"syscall_nr" is not known here/],
    [
      'preprocessor',
      'struct sock_filter f[] = {\nBPF_STMT(0x20, 0),\n#ifdef X\nBPF_STMT(6, 0),\n#endif\n};',
      /^filter:3:1: what the preprocessor decides/,
    ],
    ['operands', 'f = { BPF_JUMP(0x15, 1, 2) };', /BPF_JUMP takes 4 operands, and 3 are here/],
    ['a field too large', '{ BPF_JUMP(0x15, 1, 256, 0) }', /jt is 256, and can be 255 at most/],
    ['a third of a row', '{ 0x20, 0, 0, 4 }, { 0x06, 0, 0 },', /four fields/],
    [
      'two programs',
      'a = {{ 0x06, 0, 0, 0 }};\nb = {{ 0x06, 0, 0, 1 }};',
      /^filter:2:6: 2 programs are here, in lines 1, 2/,
    ],
    ['hex cut off', '0600000000000', /no fault/],
    ['longer hex cut off', '060000000000ff7f06000000', /24 hex digits are no whole number/],
    [
      'hexdump without -v',
      '00000000  06 00 00 00 00 00 ff 7f  06 00 00 00 00 00 ff 7f  |................|\n*\n00000030\n',
      /hexdump -v/,
    ],
    [
      'a listing with a hole',
      `${LISTING} 0002: 0x06 0x00 0x00 0x00000000  return KILL\n`,
      /instruction 1 should be here, and this is 0002/,
    ],
    ['a listing in words', `${LISTING} 0001: return KILL\n`, /needs the fields code, jt, jf and k/],
    ['two listings', `${LISTING}${LISTING}`, /a second listing begins here/],
    ['tcpdump cut off', '3\n32 0 0 4\n6 0 0 0\n', /3 instructions are announced and 2 are there/],
    [
      'PFC',
      '#\n# pseudo filter code start\n#\n# filter for arch x86_64\n'.slice(2),
      /pseudo filter code \(PFC\).*no program.*seccomp_export_bpf/,
    ],
    ['JSON without fields', '{"instructions": [{"code": 6}]}', /instructions\[0\] has not the numbers/],
  ])('%s', (_, text, message) => {
    expect(fault(text)).toMatch(message);
  });

  it('assembler with a fault is the assembler’s to report', () => {
    expect(() => read('.arch x86_64\nA = nr\nreturn ERNO(1)\n')).toThrow(AssemblyError);
  });
});

it('no profile is taken for a program', () => {
  for (const [format, text] of TEXTS) expect(read(text), format).toBeUndefined();
  for (const text of [
    '',
    'read\nwrite\n',
    'allow read write',
    '{}',
    '[]',
    '[Service]\nSystemCallFilter=read\n',
    'deadbeef',
    'read write openat close fstat\n',
    '# BPF_STMT\n',
  ]) {
    expect(read(text), text).toBeUndefined();
  }
});

it('any text is read or refused, in bounded time', () => {
  const hostile = [
    '/*'.repeat(1 << 16),
    `b"${'\\"'.repeat(1 << 16)}`,
    `\\x20 ${'"'.repeat(1 << 16)}`,
    `sock_filter ${'{'.repeat(1 << 16)}`,
    `f = { BPF_STMT(${'('.repeat(1 << 14)}`,
    `f = { BPF_STMT(${'~'.repeat(1 << 14)}`,
    `f = { BPF_STMT(${'(u16)'.repeat(1 << 16)}`,
    `{ 0x20, 0, 0, 4 }, ${'{ 0x20, 0, 0, 4 },'.repeat(1 << 16)}`,
    `0x1,${'['.repeat(1 << 16)}`,
    `${' '.repeat(1 << 16)}!`,
    `${'\n'.repeat(1 << 16)}!`,
    `A${' '.repeat(1 << 16)}!`,
    `AAAAAAAAAAAA${'\n '.repeat(1 << 16)}!`,
    `00000000: ${'aa '.repeat(1 << 16)}zz`,
    `00000000  aa ${' '.repeat(1 << 16)}x`,
    ` 0000: 0x20 ${' '.repeat(1 << 16)}x`,
    `${' 0000: 0x20 0x00 0x00 0x00000004\n'.repeat(2)}`,
    `3\n1 1 1 1${' '.repeat(1 << 16)}x`,
    `[${'['.repeat(1 << 16)}`,
    `{"instructions": [${'['.repeat(1 << 16)}`,
  ];
  for (const text of hostile) {
    mayBeProgramText(text);
    try {
      read(text);
    } catch (error) {
      expect(error).toSatisfy((each) => each instanceof ProgramTextError || each instanceof AssemblyError);
    }
  }
  const pieces = [
    '{',
    '}',
    '[',
    '(',
    ')',
    '"',
    "b'",
    '\\x20',
    '0x20',
    ', ',
    '4',
    'BPF_STMT(',
    'BPF_JUMP(',
    'sock_filter',
    ' = ',
    '/*',
    '//',
    '#if',
    '\n',
    '|',
    '~',
    'offsetof(',
    'struct seccomp_data',
    ' 0000: ',
    'A = nr',
    '.arch x86_64',
    '...',
    'filter=[',
    '\\',
    '\u{1f600}',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (parts) => {
      try {
        read(parts.join(''));
      } catch (error) {
        expect(error).toSatisfy((each) => each instanceof ProgramTextError || each instanceof AssemblyError);
      }
    }),
    { numRuns: 2000 },
  );
}, 60_000);
