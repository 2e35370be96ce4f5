import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, scmp } from './scmp.js';

const CLEAN =
  '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],"syscalls":[{"names":["swapon"],"action":"SCMP_ACT_ERRNO","errnoRet":1}]}';
const ADVISED = CLEAN.replace(',"errnoRet":1', '');
const FAULTY = CLEAN.replace('swapon', 'swapoon');

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'scmp-check-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

describe('scmp check', () => {
  it('leaves with 0 where nothing is wrong, 1 with findings, 2 where a profile cannot be read', () => {
    const [clean, faulty] = [file('clean.json', CLEAN), file('faulty.json', FAULTY)];
    const none = scmp(['check', clean]);
    expect(none).toMatchObject({ status: 0, stderr: '' });
    expect(none.stdout.toString()).toBe('nothing found\n');
    const some = scmp(['check', clean, faulty]);
    expect(some).toMatchObject({ status: 1, stderr: '' });
    expect(some.stdout.toString()).toMatch(
      /faulty\.json:1:\d+: error: syscalls\[0\]\.names\[0\]: no architecture .*\[unknown-syscall\]\n {4}write "swapon"/,
    );
    const unreadable = scmp(['check', faulty, join(directory, 'missing.json')]);
    expect(unreadable).toMatchObject({ status: 2, stderr: '' });
    expect(unreadable.stdout.toString()).toMatch(/missing\.json: error: .*no such file \[unreadable\]/);
    expect(unreadable.stdout.toString()).toContain('[unknown-syscall]');
  });

  it('takes advice for a finding when it is told to', () => {
    expect(scmp(['check', '-'], { input: ADVISED })).toMatchObject({ status: 0 });
    expect(scmp(['check', '-', '--strict'], { input: ADVISED })).toMatchObject({ status: 1 });
  });

  it('passes over what it is told to, and counts it', () => {
    const { status, stdout } = scmp(['check', '-', '--ignore', 'unknown-syscall'], { input: FAULTY });
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(/nothing found; 1 ignored\n$/);
    const unknown = scmp(['check', '-', '--ignore', 'unknown-sycall'], { input: FAULTY });
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toMatch(/^scmp: .*did you mean unknown-syscall\?/);
  });

  it('checks for the machines it is told to, or for the usual ones', () => {
    const input =
      '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"syscalls":[{"names":["open"],"action":"SCMP_ACT_ALLOW"}]}';
    const message = (...args: string[]) => scmp(['check', '-', ...args], { input }).stdout.toString();
    expect(message()).toMatch(/aarch64 has no open.*\(on aarch64\)/);
    expect(message('--arch', 'amd64')).not.toContain('has no open');
    expect(message('--arch', 'arm64', '--arch', 'riscv64')).toMatch(/riscv64 has no open/);
    expect(scmp(['check', '-', '--arch', 'z80'], { input })).toMatchObject({ status: 2 });
  });

  it('reports as JSON, SARIF and annotations, a profile that cannot be read too', () => {
    for (const input of [FAULTY, '{']) {
      const status = input === '{' ? 2 : 1;
      const id = input === '{' ? 'unreadable' : 'unknown-syscall';
      const json = scmp(['check', '-', '--json'], { input });
      expect(json.status).toBe(status);
      expect(JSON.parse(json.stdout.toString()).files[0].findings[0]).toMatchObject({ id, source: 'stdin' });
      const sarif = scmp(['check', '-', '--format', 'sarif'], { input });
      expect(sarif.status).toBe(status);
      expect(JSON.parse(sarif.stdout.toString()).runs[0].results[0]).toMatchObject({ ruleId: id, level: 'error' });
      const github = scmp(['check', '-', '--format', 'github'], { input });
      expect(github.stdout.toString()).toMatch(/^::error file=stdin,line=1,col=\d+,title=/);
    }
  });

  it('--stat counts the findings of all files, the severest first', () => {
    const profile = (...names: string[]) =>
      JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names, action: 'SCMP_ACT_ERRNO' }] });
    const [one, two] = [join(directory, 'stat-1.json'), join(directory, 'stat-2.json')];
    writeFileSync(one, profile('ptrce', 'mounnt'));
    writeFileSync(two, profile('ptrce'));
    const run = (...args: string[]) => scmp(['check', one, two, '--arch', 'x86_64', '--stat', ...args]);
    const text = run();
    expect(text.status).toBe(1);
    const [summary, , head, first] = `${text.stdout}`.split('\n');
    expect(summary).toMatch(/^3 errors/);
    expect(head?.split(/ +/)).toEqual(['SEVERITY', 'FINDING', 'TIMES', 'FILES', 'FIXABLE']);
    expect(first?.split(/ +/).slice(0, 4)).toEqual(['error', 'unknown-syscall', '3', '2']);
    const { statistics, summary: counts, files } = JSON.parse(`${run('--json').stdout}`);
    expect(statistics[0]).toMatchObject({ id: 'unknown-syscall', severity: 'error', count: 3, files: 2 });
    expect({ files, errors: counts.errors }).toEqual({ files: 2, errors: 3 });
    expect(run('--format', 'sarif')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--format text and json'),
    });
  });

  it('reads other formats', () => {
    const input = 'SystemCallFilter=~swapoon\n';
    expect(scmp(['check', '-', '--from', 'systemd'], { input })).toMatchObject({ status: 1 });
  });
});

describe('scmp check --fix', () => {
  const fixedText = ADVISED.replace('"SCMP_ACT_ERRNO"', '"SCMP_ACT_ERRNO","errnoRet":1');

  it('fixes the file, and the second time there is nothing to fix', () => {
    const path = file('fix.json', ADVISED);
    const { status, stdout } = scmp(['check', path, '--fix']);
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(/fixed: .*\[errno-missing\]\nnothing found; 1 fixed\n$/);
    expect(readFileSync(path, 'utf8')).toBe(fixedText);
    expect(scmp(['check', path, '--fix']).stdout.toString()).toBe('nothing found\n');
  });

  it('changes no file in a dry run', () => {
    const path = file('dry.json', ADVISED);
    expect(scmp(['check', path, '--fix', '--dry-run']).stdout.toString()).toContain('1 fixed');
    expect(readFileSync(path, 'utf8')).toBe(ADVISED);
    expect(scmp(['check', path, '--dry-run'])).toMatchObject({ status: 2 });
  });

  it('writes the fixed standard input to standard output, and the report beside it', () => {
    const { status, stdout, stderr } = scmp(['check', '-', '--fix'], { input: ADVISED });
    expect(status).toBe(0);
    expect(stdout.toString()).toBe(fixedText);
    expect(stderr).toContain('1 fixed');
  });

  it('leaves a file alone that cannot be read', () => {
    const path = file('broken.json', '{"defaultAction": "SCMP_ACT_ALOW"}');
    expect(scmp(['check', path, '--fix'])).toMatchObject({ status: 2 });
    expect(readFileSync(path, 'utf8')).toBe('{"defaultAction": "SCMP_ACT_ALOW"}');
  });
});

it('check --explain of a released package ends with a link to the section, of the version that runs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-released-'));
  try {
    cpSync(join(ROOT, 'dist'), join(folder, 'dist'), {
      recursive: true,
      filter: (path) => !/\.(map|wasm)$/.test(path),
    });
    for (const page of ['check.md', 'programs.md']) cpSync(join(ROOT, 'docs', page), join(folder, 'docs', page));
    const explain = () =>
      spawnSync(process.execPath, [join(folder, 'dist/scmp.cjs'), 'check', '--explain', 'x32-open'], {
        encoding: 'utf8',
      });
    const manifest = { version: '1.2.3', homepage: 'https://forge.example/owner/name#readme' };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    expect(explain().stdout).toMatch(
      /\n\nhttps:\/\/forge\.example\/owner\/name\/blob\/v1\.2\.3\/docs\/programs\.md#x32-open-warning\n$/,
    );
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '1.2.3' }));
    expect(explain().stdout).toMatch(/\/docs\/programs\.md:\d+\n$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
