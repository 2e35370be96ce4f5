import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileProfileSync } from '../../src/compiler/index.js';
import { scmp } from './scmp.js';

const OLD = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 1,
  syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }],
};
/** As OLD, and `keyctl` opened on amd64 alone. */
const NEW = {
  ...OLD,
  syscalls: [...OLD.syscalls, { names: ['keyctl'], action: 'SCMP_ACT_ALLOW', includes: { arches: ['amd64'] } }],
};
const program = (arch: string) => Buffer.from(compileProfileSync(NEW, { arch }).program);

let directory: string;
let old: string;
let opened: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'scmp-arches-'));
  old = join(directory, 'old.json');
  opened = join(directory, 'new.json');
  writeFileSync(old, JSON.stringify(OLD));
  writeFileSync(opened, JSON.stringify(NEW));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('--arch given several times', () => {
  const FORMS = {
    'the opened one first': ['--arch', 'amd64', '--arch', 'arm64'],
    'the opened one last': ['--arch', 'arm64', '--arch', 'amd64'],
    'separated by commas': ['--arch', 'amd64,arm64'],
  };
  for (const [what, arches] of Object.entries(FORMS)) {
    it(`is a gate that no architecture passes for another: ${what}`, () => {
      const weaker = scmp(['diff', old, opened, '--only', 'weaker', ...arches]);
      expect(weaker.status).toBe(1);
      expect(`${weaker.stdout}`).toMatch(/x86_64[\s\S]*weaker +keyctl/);
      expect(scmp(['implies', opened, old, ...arches]).status).toBe(1);
      expect(scmp(['implies', old, opened, ...arches]).status).toBe(0);
    });
  }

  it('exits 0 where no architecture differs', () => {
    expect(scmp(['diff', old, opened, '--arch', 'arm64,riscv64']).status).toBe(0);
  });

  it('is answered for each by simulate and explain', () => {
    const simulated = `${scmp(['simulate', opened, 'keyctl', '--arch', 'amd64,arm64']).stdout}`;
    expect(simulated).toMatch(/^x86_64: .*ALLOW$/m);
    expect(simulated).toMatch(/^aarch64: .*ERRNO\(EPERM\)$/m);
    const explained = `${scmp(['explain', opened, 'keyctl', '--arch', 'amd64', '--arch', 'arm64']).stdout}`;
    expect(explained).toMatch(/x86_64/);
    expect(explained).toMatch(/aarch64/);
  });

  it('makes a program each in a folder, or by %a in the name', () => {
    const folder = `${join(directory, 'out')}/`;
    expect(scmp(['compile', opened, '--arch', 'amd64,arm64', '-o', folder]).status).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(['new.aarch64.bpf', 'new.x86_64.bpf']);
    expect(readFileSync(join(folder, 'new.aarch64.bpf'))).toEqual(program('aarch64'));
    const named = join(directory, 'filter-%a.bpf');
    expect(scmp(['compile', opened, '--arch', 'amd64', '--arch', 'arm64', '-o', named]).status).toBe(0);
    expect(readFileSync(join(directory, 'filter-x86_64.bpf'))).toEqual(program('x86_64'));
  });

  it('is an error that says how, and writes nothing, where one program comes out', () => {
    const file = join(directory, 'one.bpf');
    const { status, stderr } = scmp(['compile', opened, '--arch', 'amd64,arm64', '-o', file]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/-o DIR\/ or a name with %a/);
    expect(existsSync(file)).toBe(false);
  });
});

describe('an option given again', () => {
  it.each([
    ['--kernel', ['compile', '--kernel', '5.4', '--kernel', '6.1']],
    ['--only', ['diff', '--only', 'weaker', '--only', 'other']],
    ['--runtime', ['simulate', 'read', '--runtime', 'runc', '--runtime', 'crun']],
    ['--no-enosys-stub', ['compile', '--enosys-stub', '--no-enosys-stub']],
  ])('is an error, never the last one: %s', (option, [command = '', ...rest]) => {
    const files = command === 'diff' ? [old, opened] : [opened];
    const { status, stderr } = scmp([command, ...files, ...rest]);
    expect(status).toBe(2);
    expect(stderr).toMatch(new RegExp(`${option}.*(given twice|contradict)`));
  });

  it('leaves those that may be repeated alone', () => {
    const capabilities = ['--cap', 'SYS_ADMIN', '--cap', 'CHOWN'];
    expect(scmp(['simulate', opened, 'read', '--arch', 'amd64', ...capabilities]).status).toBe(0);
  });
});

describe('data of a TRAP', () => {
  it('is kept by diff, simulate and explain, and makes neither filter the more permissive', () => {
    const made = (data: number) => {
      const [text, file] = ['asm', 'bpf'].map((extension) => join(directory, `trap-${data}.${extension}`)) as [
        string,
        string,
      ];
      writeFileSync(text, `A = nr\nif (A == read) goto allow\nreturn TRAP(${data})\nallow: return ALLOW\n`);
      expect(scmp(['asm', text, '--arch', 'x86_64', '-o', file]).stderr).toBe('');
      return file;
    };
    const [one, other] = [made(1), made(23)];
    const difference = scmp(['diff', one, other, '--arch', 'x86_64']);
    expect(difference.status).toBe(1);
    expect(`${difference.stdout}`).toMatch(/other .*TRAP\(1\) → TRAP\(23\)/);
    expect(scmp(['implies', one, other, '--arch', 'x86_64']).status).toBe(0);
    expect(`${scmp(['simulate', other, 'write', '--arch', 'x86_64']).stdout}`).toMatch(/TRAP\(23\)/);
    expect(`${scmp(['explain', other, '--arch', 'x86_64']).stdout}`).toMatch(/TRAP\(23\)/);
  });
});
