import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileProfileSync } from '../../src/compiler/index.js';
import { ROOT, scmp } from './scmp.js';

// The commands about programs: disasm, asm and simulate.

const PROFILE = join(ROOT, 'examples/container-default.json');
const ARCH = ['--arch', 'x86_64'];
const program = (arch = 'x86_64') => compileProfileSync(readFileSync(PROFILE), { arch }).program;

let directory: string;
let filter: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'scmp-programs-'));
  filter = join(directory, 'filter.bpf');
  writeFileSync(filter, program());
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('scmp disasm and scmp asm', () => {
  it.each([['text'], ['asm']])('%s goes there and back', (format) => {
    for (const bytes of [program(), program('s390x')]) {
      const { stdout: text, status } = scmp(['disasm', '-', '--format', format], { input: bytes });
      expect(status).toBe(0);
      expect(scmp(['asm', '-'], { input: text }).stdout.equals(bytes)).toBe(true);
    }
  });

  it('shows names, and no colours where it is not on a terminal', () => {
    const text = scmp(['disasm', filter, ...ARCH]).stdout.toString();
    expect(text).toMatch(/^\.arch x86_64\n/);
    expect(text).toContain('# socket(domain)');
    expect(text).not.toContain('\x1b');
  });

  it('gives every line as JSON', () => {
    const { endianness, instructions } = JSON.parse(scmp(['disasm', filter, '--json']).stdout.toString());
    expect(endianness).toBe('little');
    expect(instructions).toHaveLength(program().length / 8);
    expect(instructions[0]).toMatchObject({ index: 0, code: 0x20, k: 4, text: 'A = arch', reachable: true });
  });

  it('writes a file, and other forms', () => {
    const out = join(directory, 'out.bpf');
    const input = '.arch x86_64\nreturn ALLOW\n';
    expect(scmp(['asm', '-', '-o', out], { input })).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(out).toString('hex')).toBe('060000000000ff7f');
    expect(scmp(['asm', '-', '--format', 'hex'], { input }).stdout.toString()).toBe('060000000000ff7f\n');
    expect(scmp(['asm', '-', '--format', 'c'], { input }).stdout.toString()).toContain('{ 0x06, 0, 0, 0x7fff0000 },');
  });

  it.each([
    [
      'a listing of firejail',
      ' line  OP JT JF    K\n=================================\n 0000: 20 00 00 00000004   ld  data.architecture\n' +
        ' 0001: 15 01 00 c000003e   jeq ARCH_64 0003 (false 0002)\n 0002: 06 00 00 7fff0000   ret ALLOW\n' +
        ' 0003: 06 00 00 00000000   ret KILL\n',
    ],
    [
      'an array in C',
      '{ { 0x20, 0, 0, 4 }, { 0x15, 1, 0, 0xc000003e }, { 0x06, 0, 0, 0x7fff0000 }, { 0x06, 0, 0, 0 } };\n',
    ],
    ['hexadecimal digits', '2000000004000000150001003e0000c006000000 0000ff7f0600000000000000\n'],
  ])('asm takes %s for the program that it shows', (_, input) => {
    const { stdout, stderr, status } = scmp(['asm', '-', '--format', 'hex'], { input });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout.toString()).toBe('2000000004000000150001003e0000c0060000000000ff7f0600000000000000\n');
  });

  it('says of a listing that is cut which instruction leaves it', () => {
    const input = ' 0000: 20 00 00 00000004   ld  data.architecture\n 0001: 15 01 00 c000003e   jeq ARCH_64 0003\n';
    const end = ' 0002: 06 00 00 7fff0000   ret ALLOW\n';
    const stderr = 'scmp: invalid BPF program: instruction 1: jump to 3, past the last instruction 2\n';
    expect(scmp(['asm', '-'], { input: input + end })).toMatchObject({ status: 2, stderr });
  });

  it('says where a text is wrong, exit 2', () => {
    const { status, stdout, stderr } = scmp(['asm', '-', ...ARCH], { input: 'A = nr\nreturn ERNO(1)\nfoo\n' });
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/stdin:2:8: expected an action.*\nstdin:3:1: expected an instruction/s);
    expect(scmp(['asm', filter])).toMatchObject({ status: 2 });
    expect(scmp(['disasm', PROFILE])).toMatchObject({ status: 2 });
  });
});

describe('scmp simulate', () => {
  it('answers for a profile and for a program alike, exit 0', () => {
    for (const input of [PROFILE, filter]) {
      const { status, stdout } = scmp(['simulate', input, 'socket', 'AF_VSOCK', ...ARCH]);
      expect(status).toBe(0);
      expect(stdout.toString()).toBe('x86_64: socket(domain=0x28, type=0x0, protocol=0x0): ERRNO(EPERM)\n');
    }
    const allowed = scmp(['simulate', filter, 'socket', 'domain=AF_UNIX', ...ARCH]).stdout.toString();
    expect(allowed).toMatch(/: ALLOW\n$/);
  });

  it('takes negative numbers', () => {
    const { stdout } = scmp(['simulate', filter, 'read', '-1', ...ARCH]);
    expect(stdout.toString()).toContain('read(fd=0xffffffffffffffff, ');
  });

  it('shows the path, as listing and as JSON', () => {
    const args = ['simulate', filter, 'socket', 'AF_VSOCK', ...ARCH, '--trace'];
    const rows = scmp(args).stdout.toString().trimEnd().split('\n');
    expect(rows.at(-1)).toContain('return ERRNO(EPERM)');
    const { action, trace, instructions } = JSON.parse(scmp([...args, '--json']).stdout.toString());
    expect(action).toEqual({ kind: 'ERRNO', data: 1 });
    expect(trace).toHaveLength(instructions);
    expect(trace[0]).toEqual({ index: 0, text: 'A = arch' });
  });

  it('refuses what it cannot answer, exit 2', () => {
    for (const args of [['nonesuch'], ['read', 'x=1'], ['read', '--ip', 'here']]) {
      expect(scmp(['simulate', filter, ...args, ...ARCH])).toMatchObject({ status: 2, stdout: Buffer.from('') });
    }
  });
});
