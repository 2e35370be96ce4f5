import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-compose-'));
afterAll(() => rmSync(folder, { recursive: true }));

const put = (name: string, text: string | Uint8Array) => writeFileSync(join(folder, name), text);
const run = (...args: string[]) => scmp([...args, '--arch', 'x86_64'], { cwd: folder });
const allowing = (...names: string[]) =>
  JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] });

put('a.json', allowing('read', 'write', 'ptrace'));
put('b.list', 'default errno EPERM\nallow read\nptrace -> errno ENOSYS\nallow exit\n');

/** What a profile on standard output lets run. */
const allowed = (stdout: Buffer): string[] =>
  JSON.parse(stdout.toString())
    .syscalls.filter(({ action }: { action: string }) => action === 'SCMP_ACT_ALLOW')
    .flatMap(({ names }: { names: string[] }) => names)
    .sort();

describe('scmp intersect, union, subtract', () => {
  it('take inputs of any format, and programs', () => {
    expect(allowed(run('intersect', 'a.json', 'b.list').stdout)).toEqual(['read']);
    expect(allowed(run('union', 'a.json', 'b.list').stdout)).toEqual(['exit', 'ptrace', 'read', 'write']);
    expect(allowed(run('subtract', 'a.json', 'b.list').stdout)).toEqual(['ptrace', 'write']);
    expect(run('compile', 'b.list', '-o', 'b.bpf').status).toBe(0);
    expect(allowed(run('intersect', 'a.json', 'b.bpf').stdout)).toEqual(['read']);
  });

  it('write a result that implies each input, in another format, and a report beside it', () => {
    const { status, stdout, stderr } = run(
      'intersect',
      'a.json',
      'b.list',
      '--to',
      'list',
      '-o',
      'both.list',
      '--report',
    );
    expect(status, stderr).toBe(0);
    expect(readFileSync(join(folder, 'both.list'), 'utf8')).toContain('ptrace -> errno 38');
    expect(stdout.toString()).toMatch(/a\.json[\s\S]*b\.list[\s\S]*ptrace/);
    for (const input of ['a.json', 'b.list']) expect(run('implies', 'both.list', input).status).toBe(0);
    expect(run('implies', 'a.json', 'both.list').status).toBe(1);
    const json = JSON.parse(run('union', 'a.json', 'b.list', '--report', '--json').stdout.toString());
    expect(json).toMatchObject({ inputs: ['a.json', 'b.list'] });
  });

  it('take the order of actions, and the answer of what is taken away', () => {
    const answer = (...args: string[]) => {
      const { syscalls } = JSON.parse(run(...args).stdout.toString());
      return syscalls.find(({ names }: { names: string[] }) => names.includes('ptrace'))?.errnoRet;
    };
    put('c.json', allowing('read').replace('[{', '[{"names":["ptrace"],"action":"SCMP_ACT_ERRNO","errnoRet":13},{'));
    expect(answer('intersect', 'b.list', 'c.json')).toBe(38);
    expect(answer('intersect', 'b.list', 'c.json', '--order', 'EACCES,ENOSYS')).toBe(13);
    put(
      'd.json',
      JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['read'], action: 'SCMP_ACT_LOG' }] }),
    );
    put('p.json', allowing('ptrace'));
    expect(answer('subtract', 'd.json', 'p.json', '--deny', 'ERRNO(5)')).toBe(5);
  });

  it('what the format cannot say is an error that names the call, and nothing is written; --stricter says what was lost', () => {
    put('trap.list', 'default allow\nptrace -> trap 7\n');
    put('old.json', 'kept\n');
    const args = ['intersect', 'a.json', 'trap.list', '--fallback', 'min', '--report'];
    const { status, stderr } = run(...args, '-o', 'old.json');
    expect(status).toBe(2);
    expect(stderr).toContain('ptrace on x86_64: the format has no data for TRAP');
    expect(readFileSync(join(folder, 'old.json'), 'utf8')).toBe('kept\n');
    const stricter = run(...args, '-o', 'new.json', '--stricter');
    expect(stricter.status, stricter.stderr).toBe(0);
    expect(stricter.stdout.toString()).toMatch(/^Lost[\s\S]*ptrace/);
    expect(run(...args, '-o', 'new.list', '--to', 'list').status).toBe(0);
    expect(readFileSync(join(folder, 'new.list'), 'utf8')).toContain('ptrace -> trap 7');
  });

  it('bad input is an error with its place, exit 2', () => {
    put('bad.json', '{"defaultAction": "SCMP_ACT_ALOW"}');
    for (const [args, message] of [
      [['intersect', 'a.json', 'bad.json', '-o', 'none.json'], 'bad.json:1:19'],
      [['union', 'a.json', 'missing.json', '-o', 'none.json'], 'missing.json'],
      [['subtract', 'a.json', 'b.list', '--deny', 'ALLOW', '-o', 'none.json'], 'does not deny'],
      [['intersect', 'a.json', 'b.list', '--order', 'ALLOW', '-o', 'none.json'], 'ALLOW'],
    ] as const) {
      const { status, stderr } = run(...args);
      expect(status, stderr).toBe(2);
      expect(stderr).toContain(message);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(existsSync(join(folder, 'none.json'))).toBe(false);
    }
  });
});
