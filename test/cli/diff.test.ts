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
        'on x86_64:',
        '  weaker    clone3: ERRNO(ENOSYS) → ALLOW',
        '  stronger  socket when domain == AF_VSOCK: ALLOW → ERRNO(EPERM)',
        '',
      ].join('\n'),
    );
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  });

  it('says nothing and exits 0 where there is nothing, a profile against its own program too', () => {
    const file = join(directory, 'after.bpf');
    writeFileSync(file, compileProfileSync(AFTER, { arch: 'x86_64' }).program);
    expect(scmp(['diff', after, file, ...X86_64])).toMatchObject({ status: 0, stderr: '' });
    expect(`${scmp(['diff', after, file, ...X86_64]).stdout}`).toBe('');
  });

  it('--only weaker is a gate: others do not count', () => {
    expect(scmp(['diff', before, stricter, ...X86_64, '--only', 'weaker'])).toMatchObject({ status: 0 });
    const { status, stdout } = scmp(['diff', stricter, '-', ...X86_64, '--only', 'weaker'], {
      input: JSON.stringify(BEFORE),
    });
    expect(status).toBe(1);
    expect(`${stdout}`).toBe('on x86_64:\n  weaker    socket: ERRNO(EPERM) → ALLOW\n');
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
});
