import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileProfileSync } from '../../src/compiler/index.js';
import { scmp } from './scmp.js';

const allow = (...names: string[]) => ({ names, action: 'SCMP_ACT_ALLOW' });
const profile = (...syscalls: object[]) => ({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 1, syscalls });
const BEFORE = profile(allow('read', 'socket'), { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 });
const AFTER = profile(allow('read', 'clone3'), {
  names: ['socket'],
  action: 'SCMP_ACT_ALLOW',
  args: [{ index: 0, value: 40, op: 'SCMP_CMP_NE' }],
});
const STRICTER = profile(allow('read'));

let directory: string;
let before: string;
let after: string;
let stricter: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'scmp-diff-'));
  const write = (name: string, data: object | Uint8Array) => {
    const file = join(directory, name);
    writeFileSync(file, data instanceof Uint8Array ? data : JSON.stringify(data));
    return file;
  };
  before = write('before.json', BEFORE);
  after = write('after.json', AFTER);
  stricter = write('stricter.bpf', compileProfileSync(STRICTER, { arch: 'x86_64' }).program);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const X86_64 = ['--arch', 'x86_64'];

describe('scmp diff', () => {
  it('says in words what changed, the weaker first, and exits 1', () => {
    const { status, stdout, stderr } = scmp(['diff', before, after, ...X86_64]);
    expect(`${stdout}`).toBe(
      [
        '1 call weaker, 1 stronger',
        'on x86_64:',
        '  weaker    clone3: ERRNO(ENOSYS) → ALLOW',
        '  stronger  socket when domain == AF_VSOCK: ALLOW → ERRNO(EPERM)',
        '',
      ].join('\n'),
    );
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  });

  it('says so and exits 0 where there is no difference, a profile against its own program too', () => {
    const file = join(directory, 'after.bpf');
    writeFileSync(file, compileProfileSync(AFTER, { arch: 'x86_64' }).program);
    expect(scmp(['diff', after, file, ...X86_64])).toMatchObject({ status: 0, stderr: '' });
    expect(`${scmp(['diff', after, file, ...X86_64]).stdout}`).toBe(
      'no difference: both decide alike, on every possible input\n',
    );
  });

  it('--only weaker is a gate: others do not count', () => {
    const none = scmp(['diff', before, stricter, ...X86_64, '--only', 'weaker']);
    expect({ ...none, stdout: `${none.stdout}` }).toMatchObject({
      status: 0,
      stdout: 'no difference of those asked for\n',
    });
    const { status, stdout } = scmp(['diff', stricter, '-', ...X86_64, '--only', 'weaker'], {
      input: JSON.stringify(BEFORE),
    });
    expect(status).toBe(1);
    expect(`${stdout}`).toBe('1 call weaker\non x86_64:\n  weaker    socket: ERRNO(EPERM) → ALLOW\n');
  });

  it('writes alike ABIs together, others by what is otherwise there, and long lists below the change', () => {
    const path = (name: string, data: object) => {
      writeFileSync(join(directory, name), JSON.stringify(data));
      return join(directory, name);
    };
    const abis = { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'] };
    const a = path('a.json', { ...BEFORE, ...abis });
    const names = 'ptrace bpf mount umount2 openat openat2 renameat2 linkat unlinkat symlinkat mknodat'.split(' ');
    const b = path('b.json', { ...profile(allow('read', 'socket', ...names)), ...abis });
    const text = `${scmp(['diff', a, b, ...X86_64]).stdout}`;
    expect(text).toBe(
      [
        '11 calls weaker, 1 other',
        'on x86_64, x32 and x86:',
        '  weaker    ERRNO(EPERM) → ALLOW (11 calls):',
        '              bpf linkat mknodat mount openat openat2 ptrace renameat2 symlinkat umount2 unlinkat',
        '  other     clone3: ERRNO(ENOSYS) → ERRNO(EPERM)',
        '',
      ].join('\n'),
    );
    const c = path('c.json', { ...AFTER, ...abis, syscalls: [...AFTER.syscalls, allow('waitpid', 'epoll_ctl_old')] });
    expect(`${scmp(['diff', a, c, ...X86_64]).stdout}`).toBe(
      [
        '3 calls weaker, 1 stronger',
        'on x86_64:',
        '  weaker    epoll_ctl_old: ERRNO(EPERM) → ALLOW',
        '  weaker    clone3: ERRNO(ENOSYS) → ALLOW',
        '  stronger  socket when domain == AF_VSOCK: ALLOW → ERRNO(EPERM)',
        'on x32: as on x86_64, but for',
        '            by the low 32 bits of the arguments alone: socket',
        'on x86: as on x86_64',
        'on x86: calls that x86_64 lacks',
        '  weaker    waitpid: ERRNO(EPERM) → ALLOW',
        '',
      ].join('\n'),
    );
    // JSON has each.
    const json = JSON.parse(`${scmp(['diff', a, c, ...X86_64, '--json']).stdout}`);
    expect(
      json.differences.filter(({ architecture }: { architecture: string }) => architecture === 'x86'),
    ).toHaveLength(3);
  });

  it('--abi, --call and --action choose, and the others do not count', () => {
    const chosen = (...args: string[]) => {
      const { status, stdout } = scmp(['diff', before, after, ...X86_64, ...args]);
      return { status, lines: `${stdout}`.split('\n').filter((line) => line.startsWith('  ')) };
    };
    const weaker = '  weaker    clone3: ERRNO(ENOSYS) → ALLOW';
    expect(chosen('--call', 'clone3,read')).toEqual({ status: 1, lines: [weaker] });
    expect(chosen('--action', 'ENOSYS')).toEqual({ status: 1, lines: [weaker] });
    expect(chosen('--call', 'read')).toEqual({ status: 0, lines: [] });
    expect(chosen('--abi', 'arm64')).toEqual({ status: 0, lines: [] });
    expect(scmp(['diff', before, after, '--call', 'clone4']).stderr).toContain('did you mean clone');
  });

  it('--stat counts calls by change and ABI', () => {
    const { stdout } = scmp(['diff', before, after, ...X86_64, '--stat']);
    expect(`${stdout}`.trimEnd().split('\n')).toEqual([
      '1 call weaker, 1 stronger',
      '',
      expect.stringMatching(/^ +x86_64$/),
      expect.stringMatching(/^weaker {4}ERRNO\(ENOSYS\) → ALLOW +1$/),
      expect.stringMatching(/^stronger {2}ALLOW → ERRNO\(EPERM\) +1$/),
    ]);
    const json = JSON.parse(`${scmp(['diff', before, after, ...X86_64, '--stat', '--json']).stdout}`);
    expect(json).toEqual({
      equal: false,
      statistics: [
        { architecture: 'x86_64', direction: 'stronger', from: 'ALLOW', to: 'ERRNO(EPERM)', calls: 1 },
        { architecture: 'x86_64', direction: 'weaker', from: 'ERRNO(ENOSYS)', to: 'ALLOW', calls: 1 },
      ],
    });
  });

  it('compiles the profile for the machine that a program is for, where none is asked for', () => {
    // One of the two is no program for this machine.
    const [foreign, other] =
      process.arch === 'arm64' ? (['x86_64', 'aarch64'] as const) : (['aarch64', 'x86_64'] as const);
    const file = join(directory, 'foreign.bpf');
    writeFileSync(file, compileProfileSync(BEFORE, { arch: foreign }).program);
    const { status, stdout, stderr } = scmp(['diff', file, before]);
    expect({ status, stdout: `${stdout}` }).toEqual({
      status: 0,
      stdout: 'no difference: both decide alike, on every possible input\n',
    });
    expect(stderr).toContain(`foreign.bpf is a program for ${foreign}: the profile is compiled for that machine`);
    expect(scmp(['implies', file, before]).status).toBe(0);
    // Where there is nothing to compare, there is no list of all calls.
    const asked = scmp(['diff', file, before, '--arch', other]);
    expect(`${asked.stdout}`).toMatch(/^The filters are for different machines: /);
    expect(`${asked.stdout}`.length).toBeLessThan(2000);
  });

  it('names the calls of the machine where neither filter looks at the architecture, and says so', () => {
    const program = (name: string, ...numbers: number[]) => {
      const denied = numbers.map((number) => `if (A == ${number}) goto no`).join('\n');
      const text = join(directory, `${name}.asm`);
      writeFileSync(text, `.arch x86_64\nA = nr\n${denied}\nreturn ALLOW\nno: return ERRNO(EPERM)\n`);
      const file = join(directory, `${name}.bpf`);
      expect(scmp(['asm', text, '-o', file]).status).toBe(0);
      return file;
    };
    const [one, two] = [program('one', 117), program('two', 117, 129)];
    const said = (machine: string) =>
      `Neither filter looks at the architecture: each decides a number alike, whatever call that is there. The names are those of ${machine}.`;
    const plain = (text: unknown) => `${text}`.replace(/\s+/g, ' ');
    for (const [machine, name] of [
      ['x86_64', 'rt_sigqueueinfo'],
      ['aarch64', 'kill'],
    ] as const) {
      const differing = plain(scmp(['diff', one, two, '--arch', machine]).stdout);
      expect(differing).toContain(`${said(machine)} 1 call stronger; other architectures stronger on ${machine}:`);
      expect(differing).toContain(`stronger ${name}: ALLOW → ERRNO(EPERM)`);
      expect(differing).toContain('on any other architecture (0-0x');
      const weaker = plain(scmp(['implies', one, two, '--arch', machine]).stdout);
      expect(weaker).toContain(`on ${machine}, ${name}(0x0`);
      expect(weaker).toContain(said(machine));
    }
    expect(plain(scmp(['diff', one, one]).stdout)).not.toContain('Neither');
    expect(plain(scmp(['diff', one, before, ...X86_64, '--stat']).stdout)).not.toContain('Neither');
  });

  it('--json has every difference with a call that shows it', () => {
    const { status, stdout } = scmp(['diff', before, after, ...X86_64, '--json']);
    expect(status).toBe(1);
    const x86_64 = { from: 0xc000003e, to: 0xc000003e };
    expect(JSON.parse(`${stdout}`)).toMatchObject({
      equal: false,
      differences: [
        {
          architecture: 'x86_64',
          auditArches: [x86_64],
          syscalls: ['socket'],
          numbers: [],
          from: 'ALLOW',
          to: 'ERRNO(EPERM)',
          direction: 'stronger',
          when: 'domain == AF_VSOCK',
          example: { arch: 0xc000003e, nr: 41, args: ['0x28', '0x0', '0x0', '0x0', '0x0', '0x0'] },
        },
        { syscalls: ['clone3'], from: 'ERRNO(ENOSYS)', to: 'ALLOW', direction: 'weaker' },
      ],
    });
  });

  it.each([
    ['a file that is not there', () => ['diff', before, join(directory, 'none.json')]],
    ['text that is no profile', () => ['diff', before, import.meta.filename]],
    ['standard input twice', () => ['diff', '-', '-']],
    ['one filter', () => ['implies', before]],
  ])('exits 2 for %s', (_, args) => {
    const { status, stdout, stderr } = scmp(args());
    expect(status).toBe(2);
    expect(stderr).not.toBe('');
    expect(`${stdout}`).toBe('');
  });
});

describe('scmp implies', () => {
  it('exits 0 where the first filter is nowhere more permissive', () => {
    const { status, stdout } = scmp(['implies', stricter, before, ...X86_64]);
    expect(status).toBe(0);
    // Nor are they equal: of calls that both deny the errno differs.
    expect(`${stdout}`).toMatch(/^\S+ is nowhere more permissive than \S+, and not equal to it: on x86_64, clone3\(/);
    expect(`${stdout}`).toContain(
      `: ERRNO(EPERM) in ${stricter}, ERRNO(ENOSYS) in ${before}, which lets the call do the same\n`,
    );
    expect(`${scmp(['implies', before, before, ...X86_64]).stdout}`).toBe(
      `${before} is nowhere more permissive than ${before}\n`,
    );
    expect(scmp(['implies', before, before, ...X86_64, '--json']).stdout.toString()).toBe('{\n  "holds": true\n}\n');
  });

  it('exits 1 and shows a call where it is', () => {
    const { status, stdout } = scmp(['implies', before, stricter, ...X86_64]);
    expect(status).toBe(1);
    expect(`${stdout}`).toBe(
      `${before} is more permissive than ${stricter}: on x86_64, socket(0x0, 0x0, 0x0, 0x0, 0x0, 0x0): ALLOW in ${before}, ERRNO(EPERM) in ${stricter}\n`,
    );
    const json = scmp(['implies', before, stricter, ...X86_64, '--json']);
    expect(JSON.parse(`${json.stdout}`)).toMatchObject({ holds: false, counterexample: { nr: 41, a: 'ALLOW' } });
  });

  it('shows one of the machine that is asked about, where others are let do more too', () => {
    const architectures = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'];
    const [open, closed] = ['ALLOW', 'ERRNO'].map((action) => {
      const path = join(directory, `${action}.json`);
      const syscalls = [{ names: ['uname'], action: `SCMP_ACT_${action}` }];
      writeFileSync(path, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', architectures, syscalls }));
      return path;
    }) as [string, string];
    for (const arch of ['x86_64', 'x86']) {
      const { stdout } = scmp(['implies', open, closed, '--arch', arch]);
      expect(`${stdout}`).toContain(`: on ${arch}, uname(`);
    }
  });
});
