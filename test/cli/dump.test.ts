import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { compareDecisions } from '../../src/bpf/index.js';
import { isOnPath } from '../on-path.js';
import { ROOT, scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-dump-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SCMP = join(ROOT, 'dist/scmp.cjs');
const canTrace = process.platform === 'linux' && existsSync(join(ROOT, 'dist/launcher/tracer-linux-x86_64'));
const isRoot = process.getuid?.() === 0;
if (!canTrace) {
  if (process.platform === 'linux' && process.env.CI) throw new Error('there is no tracer: ./build.sh launcher');
  console.warn('SKIPPED most of dump.test.ts: there is no tracer for this machine (./build.sh launcher)');
}

const compiled = (profile: string): Uint8Array => {
  const file = join(folder, 'compiled.bpf');
  expect(scmp(['compile', profile, '-o', file]).stderr).toBe('');
  return readFileSync(file);
};

describe.skipIf(!canTrace)('scmp dump -- COMMAND', () => {
  it('writes the very bytes of a filter, and the command has its standard output', () => {
    const to = join(folder, 'one');
    const run = [process.execPath, SCMP, 'run', '--profile', 'builtin:no-network', '--', 'echo', 'hello'];
    const { status, stdout, stderr } = scmp(['dump', '-o', `${to}/`, '--', ...run]);
    expect(stdout.toString()).toBe('hello\n');
    const [file, ...others] = readdirSync(to);
    expect(others).toEqual([]);
    expect(file).toMatch(/^0\.\d+\.bpf$/);
    expect(readFileSync(join(to, file!))).toEqual(compiled('builtin:no-network'));
    expect(stderr).toContain(join(to, file!));
    expect(status).toBe(0);
  });

  it('says that none was installed, and exits 1', () => {
    const { status, stderr } = scmp(['dump', '--', 'true']);
    expect(stderr).toBe('scmp: true installed no seccomp filter\n');
    expect(status).toBe(1);
  });

  it('lists children, threads, flags and failures in their order', () => {
    const program = join(folder, 'installs');
    execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-pthread', 'test/cli/installs.c', '-o', program], {
      cwd: ROOT,
    });
    const { stdout, stderr } = scmp(['dump', '--json', '--', program]);
    const listed = JSON.parse(stdout.toString()) as Record<string, unknown>[];
    const row = ({ order, by, mode, flags, instructions, failure }: Record<string, unknown>) =>
      [order ?? '-', by, mode, (flags as string[]).join('|'), instructions, String(failure ?? '').split(':')[0]].join(
        ' ',
      );
    expect(listed.map(row)).toEqual([
      '0 prctl filter  1 ',
      '- seccomp filter  1 EINVAL',
      '- seccomp filter   EFAULT',
      '1 seccomp filter LOG 2 ',
      '- prctl strict   EINVAL',
      '2 seccomp filter NEW_LISTENER 2 ',
      '3 seccomp filter  1 ',
      expect.stringMatching(/^- seccomp filter TSYNC 1 thread \d+ has filters of its own/),
    ]);
    const [first, , , , , child, thread] = listed;
    expect(child!.process).not.toBe(first!.process);
    expect(thread).toMatchObject({ process: first!.process, command: 'installs' });
    expect(thread!.thread).not.toBe(first!.thread);
    expect(stderr).toContain('ended with exit code 3');
    // Without --json the same in lines.
    const lines = scmp(['dump', '--', program]).stdout.toString().trimEnd().split('\n');
    expect(lines).toHaveLength(8);
    expect(lines[0]).toMatch(/^0 {2}installs\[\d+\] {2}1 instruction {2}prctl\(2\)$/);
  });

  it('reads a 32-bit program’s filter', { skip: process.arch !== 'x64' }, (context) => {
    const [source, program] = [join(folder, 'i386.c'), join(folder, 'i386')];
    writeFileSync(source, I386);
    const options = ['-m32', '-nostdlib', '-static', '-ffreestanding', '-fno-stack-protector', '-no-pie'];
    execFileSync('gcc', [...options, '-o', program, source]);
    if (spawnSync(program).status !== 0) {
      console.warn('SKIPPED: the filters of a 32-bit program, which this kernel does not run');
      return context.skip();
    }
    const listed = JSON.parse(scmp(['dump', '--json', '--', program]).stdout.toString());
    const base64 = Buffer.from([0x20, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0xff, 0x7f]).toString('base64');
    expect(listed).toMatchObject([
      { order: 0, by: 'seccomp', base64 },
      { order: 1, by: 'prctl', base64 },
    ]);
  });

  it.skipIf(!isOnPath('bwrap'))('sees that of bubblewrap', () => {
    const filter = join(folder, 'bwrap.bpf');
    writeFileSync(filter, compiled('builtin:no-network'));
    const command = ['sh', '-c', `exec bwrap --bind / / --seccomp 9 true 9<${filter}`];
    const [found] = JSON.parse(scmp(['dump', '--json', '--', ...command]).stdout.toString());
    expect(found).toMatchObject({ order: 0, command: 'bwrap', base64: readFileSync(filter).toString('base64') });
  });

  it.skipIf(!isRoot)('needs no root', () => {
    const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const inner = [process.execPath, SCMP, 'run', '--profile', 'builtin:no-network', '--', 'true'];
    const outer = ['setpriv', ...nobody, process.execPath, SCMP, 'dump', '--json', '--', ...inner];
    const [found] = JSON.parse(execFileSync(outer[0]!, outer.slice(1), { encoding: 'utf8', cwd: '/' }));
    expect(found).toMatchObject({ order: 0, base64: Buffer.from(compiled('builtin:no-network')).toString('base64') });
  });

  it.skipIf(!isRoot)('says that a set-user-ID program runs without its owner’s rights, and what to do', () => {
    const program = join(folder, 'id');
    copyFileSync('/usr/bin/id', program);
    chmodSync(folder, 0o755);
    chmodSync(program, 0o4755);
    const dump = [process.execPath, SCMP, 'dump', '--', program, '-u'];
    const asUser = (uid: string) =>
      spawnSync('setpriv', ['--reuid', uid, '--regid', uid, '--clear-groups', ...dump], { encoding: 'utf8', cwd: '/' });
    const { stderr } = asUser('65534');
    expect(stderr).toContain(`scmp: warning: ${program} is set-user-ID, which the kernel ignores`);
    expect(stderr).toContain('65534\n'); // what it says of itself: not 0
    expect(stderr).toContain('scmp dump PID --all');
    expect(asUser('0').stderr).not.toContain('set-user-ID');
    chmodSync(program, 0o755);
    expect(asUser('65534').stderr).not.toContain('set-user-ID');
  });
});

describe('arguments of scmp dump', () => {
  it.each([
    [['dump'], 'give a process by its number, or -- and a command to run'],
    [['dump', 'true'], 'a command to run stands after --, as in: scmp dump -- true'],
    [['dump', '-o', 'one.bpf', '--', 'true'], 'a command may install several filters: give -o DIR/'],
    [['dump', '--all', '--', 'true'], '--filter and --all are about a process that runs'],
  ])('%j', (args, message) => {
    const { status, stderr } = scmp(args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});

describe.skipIf(!isRoot || process.platform !== 'linux')('scmp dump PID --all', () => {
  it('says what the filters decide together, and writes them and one program for all', async () => {
    const run = (profile: string) => [process.execPath, SCMP, 'run', '--profile', profile, '--'];
    const [command, ...args] = [...run('builtin:deny-dangerous'), ...run('builtin:no-network'), 'sleep', '60'];
    const child = spawn(command!, args, { stdio: 'ignore' });
    try {
      // The same process all the way.
      const isSleeping = () => readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'sleep\n';
      for (let tries = 0; tries < 300 && !isSleeping(); tries++) await sleep(100);
      const { stdout, status } = scmp(['dump', String(child.pid), '--all']);
      expect(stdout.toString()).toContain('what they decide together, the strictest answer of all');
      expect(stdout.toString()).toMatch(/ERRNO\(EPERM\) always[^:]*:[^:]* ptrace /);
      expect(stdout.toString()).toMatch(/socket: ALLOW when domain == AF_UNIX/);
      expect(status).toBe(0);

      const to = join(folder, 'stack');
      expect(scmp(['dump', String(child.pid), '--all', '-o', `${to}/`]).status).toBe(0);
      expect(readdirSync(to).sort()).toEqual(['0.bpf', '1.bpf', 'joint.bpf']);
      const [first, second, joint] = ['0.bpf', '1.bpf', 'joint.bpf'].map((name) => readFileSync(join(to, name)));
      for (const part of [first!, second!]) {
        const { architectures } = compareDecisions(part, joint!);
        const directions = architectures.flatMap(({ calls }) => calls.flatMap(({ changes }) => changes));
        expect(directions.length).toBeGreaterThan(0);
        expect(directions.filter(({ direction }) => direction === 'weaker')).toEqual([]);
      }
    } finally {
      child.kill('SIGKILL');
    }
  });
});

const I386 = `
struct filter { unsigned short code; unsigned char jt, jf; unsigned k; };
struct fprog { unsigned short len; struct filter *filter; };
static struct filter longer[] = {{0x20, 0, 0, 0}, {6, 0, 0, 0x7fff0000}};
static void call(long n, long a, long b, long c) {
  __asm__ volatile("int $0x80" : "+a"(n) : "b"(a), "c"(b), "d"(c), "S"(0), "D"(0) : "memory");
}
void _start(void) {
  struct fprog program = {2, longer};
  call(172, 38, 1, 0);
  call(354, 1, 0, (long)&program);
  call(172, 22, 2, (long)&program);
  call(1, 0, 0, 0);
}
`;
