import { describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture.js';
import { parseCall } from '../../src/bpf/execution/parse-call.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { syscallNaming } from '../../src/libseccomp/syscall-naming.js';

const naming = syscallNaming(loadLibseccompSync());
const parse = (arch: string, syscall: string, ...args: string[]) =>
  parseCall({ syscall, args, architecture: parseArchitecture(arch), ...naming });
const firstArgument = (arch: string, text: string) => parse(arch, 'read', text).data.args[0];

it('names have the number of the architecture', () => {
  expect(parse('x86_64', 'openat').data).toMatchObject({ nr: 257, arch: 0xc000003e });
  expect(parse('x86', 'openat').data).toMatchObject({ nr: 295, arch: 0x40000003 });
  expect(parse('x32', 'openat').data).toMatchObject({ nr: 0x40000101, arch: 0xc000003e });
  // A call that libseccomp knows by a pseudo-number, since socketcall reaches it too.
  expect(parse('x86', 'socket').data.nr).toBe(359);
  expect(parse('mips', 'exit').data.nr).toBe(4001);
});

it('numbers are taken as they are', () => {
  expect(parse('x86_64', '-1')).toMatchObject({ data: { nr: -1 }, name: undefined });
  expect(parse('x86_64', '0x101')).toMatchObject({ data: { nr: 257 }, name: 'openat' });
});

describe('arguments', () => {
  it.each([
    ['x86_64', '12', 12n],
    ['x86_64', '0xffffffffffffffff', (1n << 64n) - 1n],
    ['x86_64', '-1', (1n << 64n) - 1n],
    ['x86_64', '-0x8000000000000000', 1n << 63n],
    ['x32', '-1', (1n << 64n) - 1n],
    ['x86', '-1', 0xffffffffn],
    ['arm', '0xffffffff', 0xffffffffn],
    ['x86_64', 'CLONE_NEWUSER|CLONE_NEWNS', 0x10020000n],
    ['x86_64', 'SOCK_STREAM', 1n],
    ['mips', 'SOCK_STREAM', 2n],
  ])('on %s: %s', (arch, text, value) => {
    expect(firstArgument(arch, text)).toBe(value);
  });

  it('by name and in order', () => {
    const { data } = parse('x86_64', 'socket', 'AF_UNIX', 'protocol=3', 'a1=2');
    expect(data.args).toEqual([1n, 2n, 3n, 0n, 0n, 0n]);
    // The parameters of clone stand in another order on s390x.
    expect(parse('x86_64', 'clone', 'flags=1').data.args.indexOf(1n)).toBe(0);
    expect(parse('s390x', 'clone', 'flags=1').data.args.indexOf(1n)).toBe(1);
  });
});

it.each<[string, string[]]>([
  ['a call the architecture lacks', ['aarch64', 'open']],
  ['a call nobody has', ['x86_64', 'opne']],
  ['no call', ['x86_64', '']],
  ['a number of 33 bits', ['x86_64', '4294967296']],
  ['seven arguments', ['x86_64', 'read', '1', '2', '3', '4', '5', '6', '7']],
  ['an argument the call lacks', ['x86_64', 'read', 'flags=1']],
  ['an argument given twice', ['x86_64', 'read', '1', 'fd=1']],
  ['an unknown constant', ['x86_64', 'read', 'AF_UNIXX']],
  ['nothing for a value', ['x86_64', 'read', 'fd=']],
  ['an octal of C', ['x86_64', 'read', '010']],
  ['a value of 65 bits', ['x86_64', 'read', '0x10000000000000000']],
  ['a value of 33 bits on a 32-bit machine', ['x86', 'read', '0x100000000']],
  ['a negative value of 65 bits', ['x86_64', 'read', '-0x8000000000000001']],
])('refuses %s', (_, [arch = '', syscall = '', ...args]) => {
  expect(() => parse(arch, syscall, ...args)).toThrow(InvalidArgumentError);
});
