import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareDecisions } from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/index.js';
import { ROOT, scmp } from './scmp.js';

const PROFILE = join(ROOT, 'examples/container-default.json');
const ARCH = ['--arch', 'x86_64'];
/** Of two ranges of one call's argument libseccomp 2.6.0 makes something else. */
const RANGES = JSON.stringify({
  defaultAction: 'SCMP_ACT_ERRNO',
  syscalls: [
    { names: ['lseek'], action: 'SCMP_ACT_ALLOW', args: [{ index: 1, value: 0x100000100, op: 'SCMP_CMP_LT' }] },
    { names: ['lseek'], action: 'SCMP_ACT_ALLOW', args: [{ index: 1, value: 0x200000200, op: 'SCMP_CMP_GT' }] },
  ],
});

let directory: string;
let filter: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'scmp-minimize-'));
  filter = join(directory, 'filter.bpf');
  writeFileSync(filter, compileProfileSync(readFileSync(PROFILE), { arch: 'x86_64' }).program);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('scmp compile --optimize min', () => {
  it('writes what the library makes, smaller, and diff finds no difference', () => {
    const out = join(directory, 'min.bpf');
    const { status } = scmp(['compile', PROFILE, ...ARCH, '--optimize', 'min', '-o', out]);
    expect(status).toBe(0);
    const made = readFileSync(out);
    expect(made.equals(compileProfileSync(readFileSync(PROFILE), { arch: 'x86_64', optimize: 'min' }).program)).toBe(
      true,
    );
    expect(made.length).toBeLessThan(0.7 * readFileSync(filter).length);
    const { status: differs, stdout } = scmp(['diff', PROFILE, out, '--cap', 'none', ...ARCH]);
    expect({ differs, stdout: stdout.toString() }).toEqual({
      differs: 0,
      stdout: 'no difference: both decide alike, on every possible input\n',
    });
  });

  it('compiles what libseccomp gets wrong, and without it the error says so', () => {
    const without = scmp(['compile', '-', ...ARCH], { input: RANGES });
    expect(without).toMatchObject({ status: 2 });
    expect(without.stderr).toMatch(
      /libseccomp does not make of these entries .*; --optimize min compiles it as it is\n$/,
    );
    expect(scmp(['compile', '-', ...ARCH, '--optimize', 'min'], { input: RANGES })).toMatchObject({
      status: 0,
      stderr: '',
    });
    const { status, stderr } = scmp(['compile', '-', ...ARCH, '--fallback', 'min'], { input: RANGES });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^stdin:1:\d+: warning: .*libseccomp's program is not used, this one is the minimiser's: /);
  });

  it.each(['diff', 'implies', 'explain', 'simulate'])('%s takes the same options', (command) => {
    const inputs =
      command === 'diff' || command === 'implies' ? ['-', filter] : ['-', 'lseek', '3', '0x100000000', '0'];
    const args = command === 'explain' ? [command, '-', 'lseek'] : [command, ...inputs];
    expect(scmp([...args, ...ARCH], { input: RANGES }).stderr).toContain('--optimize min compiles it');
    for (const option of [
      ['--optimize', 'min'],
      ['--fallback', 'min'],
    ]) {
      const { status, stderr } = scmp([...args, ...ARCH, ...option], { input: RANGES });
      expect(stderr).not.toMatch(/^scmp: /m);
      expect(status).toBe(command === 'diff' ? 1 : 0);
    }
  });

  it.each([
    [['--optimize', 'min', '--format', 'pfc'], /--format pfc is libseccomp's text .*: use --format asm/],
    [['--fallback', 'min', '--format', 'pfc'], /--format pfc is libseccomp's text/],
    [['--weights', 'uncached'], /--weights goes with --optimize min or --fallback min/],
    [['--optimize', '3'], /Allowed choices are 0, 1, 2, min/],
  ])('refuses %j', (options, message) => {
    const { status, stderr, stdout } = scmp(['compile', PROFILE, ...ARCH, ...options]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stdout.length).toBe(0);
  });
});

describe('scmp compile of a program', () => {
  it.each(['x86_64', 's390x'] as const)('makes a smaller one that decides the same, in its byte order (%s)', (arch) => {
    const { program } = compileProfileSync(readFileSync(PROFILE), { arch });
    for (const option of [[], ['--arch', arch], ['--weights', 'uncached']]) {
      const { status, stdout, stderr } = scmp(['compile', '-', '--optimize', 'min', ...option], { input: program });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout.length).toBeLessThan(program.length);
      expect(compareDecisions({ program, arches: [arch] }, { program: stdout, arches: [arch] }).equal).toBe(true);
    }
  });

  it('takes programs with arithmetic, X and scratch memory, and gives them as text too', () => {
    const asm =
      '.arch x86_64\nA = nr\nX = A\nA = 1\nA += X\nmem[3] = A\nA = mem[3]\nif (A == 40) goto deny\nreturn ALLOW\ndeny:\nreturn ERRNO(1)\n';
    const { stdout: program, stderr } = scmp(['asm', '-'], { input: asm });
    expect(stderr).toBe('');
    const { status, stdout } = scmp(['compile', '-', '--optimize', 'min', '--format', 'asm', ...ARCH], {
      input: program,
    });
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(/if \(A [!=]= getpid\)/);
  });

  it('is an error for a program beyond the budget', () => {
    const asm =
      '.arch x86_64\nA = args[0].low\nX = A\nA = args[1].low\nA *= X\nif (A == 40) goto deny\nreturn ALLOW\ndeny:\nreturn ERRNO(1)\n';
    const { stdout: input, stderr: refused } = scmp(['asm', '-'], { input: asm });
    expect(refused).toBe('');
    const { status, stderr } = scmp(['compile', '-', '--optimize', 'min'], { input });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^scmp: too complex to decide exactly/);
  });

  it.each([
    [[], /this is a compiled program, which --optimize min alone compiles/],
    [['--optimize', '2'], /this is a compiled program, which --optimize min alone compiles/],
    [['--optimize', 'min', '--cap', 'all'], /this is a compiled program, and --cap is about profiles/],
    [['--optimize', 'min', '--runtime', 'runc'], /--runtime is about profiles/],
    [['--optimize', 'min', '--fallback', 'min'], /--fallback is about profiles/],
    [['--optimize', 'min', '--explain-resolution'], /--explain-resolution is about profiles/],
    [['--optimize', 'min', '--format', 'pfc'], /--format pfc is libseccomp's text/],
    [['--optimize', 'min', '--arch', 'x86_64,s390x'], /a program is of one byte order/],
  ])('refuses %j', (options, message) => {
    const { status, stderr, stdout } = scmp(['compile', filter, ...options]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stdout.length).toBe(0);
  });
});
