import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-fmt-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string | Uint8Array) => {
  writeFileSync(join(folder, name), text, { mode: 0o640 });
  return join(folder, name);
};

describe('scmp fmt', () => {
  it('replaces files that change, names them, and leaves the others', () => {
    const [changed, other] = [file('a.list', 'default   allow\n'), file('b.list', 'default allow\n')];
    const { mtimeMs } = statSync(other);
    const { status, stdout, stderr } = scmp(['fmt', changed, other]);
    expect({ status, stdout: stdout.toString(), stderr }).toEqual({ status: 0, stdout: `${changed}\n`, stderr: '' });
    expect(readFileSync(changed, 'utf8')).toBe('default allow\n');
    expect([statSync(changed).mode & 0o777, statSync(other).mtimeMs]).toEqual([0o640, mtimeMs]);
    expect(scmp(['fmt', '--check', changed, other])).toMatchObject({ status: 0, stdout: Buffer.alloc(0) });
  });

  it('--check changes nothing and says which file would change', () => {
    const path = file('c.list', 'default   allow\n');
    const { status, stdout } = scmp(['fmt', '--check', path]);
    expect([status, stdout.toString(), readFileSync(path, 'utf8')]).toEqual([1, `${path}\n`, 'default   allow\n']);
  });

  it('--diff changes nothing, and shows what would change', () => {
    const path = file('d.list', 'default allow\nlog   read\n');
    const other = file('e.list', 'default allow\n');
    const { status, stdout } = scmp(['fmt', '--diff', path, other]);
    const lines = ['@@ -1,2 +1,2 @@', ' default allow', '-log   read', '+log read', ''];
    expect([status, stdout.toString()]).toEqual([1, `--- ${path}.orig\n+++ ${path}\n${lines.join('\n')}`]);
    expect(readFileSync(path, 'utf8')).toBe('default allow\nlog   read\n');
    expect(scmp(['fmt', '--diff', other])).toMatchObject({ status: 0, stdout: Buffer.alloc(0) });
    const painted = scmp(['fmt', '--diff', '-'], { input: 'default   allow', env: { FORCE_COLOR: '1' } });
    expect(painted.stdout.toString()).toContain('\x1b[32m+default allow\x1b[0m\n');
  });

  it('takes standard input, and the format’s name', () => {
    const input = 'ioctl :arg1==1; return EPERM\n';
    expect(scmp(['fmt', '-'], { input })).toMatchObject({ status: 2, stdout: Buffer.alloc(0) });
    const { status, stdout } = scmp(['fmt', '-', '--from', 'minijail-py'], { input });
    expect([status, stdout.toString()]).toEqual([0, 'ioctl: arg1 == 1; return EPERM\n']);
    expect(scmp(['fmt', '-', '--check'], { input: 'default   allow' }).status).toBe(1);
  });

  it('says what is wrong with a file, leaves it, and goes on with the others', () => {
    const [bad, good] = [file('bad.json', '{"defaultAction": 1}'), file('good.list', 'default   allow')];
    const { status, stdout, stderr } = scmp(['fmt', bad, good]);
    expect([status, stdout.toString()]).toEqual([2, `${good}\n`]);
    expect(stderr).toContain(`scmp: ${bad}:1:19: `);
    expect(readFileSync(bad, 'utf8')).toBe('{"defaultAction": 1}');
    expect(readdirSync(folder).filter((name) => name.startsWith('.scmp-'))).toEqual([]);
  });

  it.each([
    ['a program', Buffer.from('0600000000000000', 'hex')],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x20])],
  ])('refuses %s', (_what, bytes) => {
    const path = file('x', bytes);
    const { status, stdout, stderr } = scmp(['fmt', path]);
    expect([status, stdout.toString()]).toEqual([2, '']);
    expect(stderr).toMatch(/^scmp: .*x/);
    expect(readFileSync(path)).toEqual(bytes);
  });

  it('needs a file', () => {
    expect(scmp(['fmt']).status).toBe(2);
    expect(scmp(['fmt', join(folder, 'missing.json')])).toMatchObject({ status: 2 });
  });
});
