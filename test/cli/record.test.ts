import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-record-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);
const namesOf = (profile: string): string[] =>
  JSON.parse(profile).syscalls.flatMap((entry: { names: string[] }) => entry.names);

const AUDIT =
  'type=1326 audit(1.2:3): comm="x" exe="/x" sig=0 arch=c000003e syscall=83 compat=0 ip=0x7f code=0x50001\n';

describe('scmp record from logs', () => {
  it('learns from audit records, and says what it did not use', () => {
    const { status, stdout, stderr } = scmp(['record', '--from-audit', '-', '--arch', 'x86_64'], {
      input: `${AUDIT}${AUDIT}nonsense\n`,
    });
    expect(status).toBe(0);
    // Neither execve nor anything else that no line tells of.
    expect(namesOf(stdout.toString())).toEqual(['mkdir']);
    expect(stderr).toBe('stdin: learned from 2 lines\nstdin:3: warning: not used, no audit record: nonsense\n');
  });

  it('learns from strace with arguments, into a list', () => {
    const { stdout } = scmp(['record', '--from-strace', '-', '--args', '--to', 'list', '--arch', 'x86_64'], {
      input: '7  socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3\n7  exit_group(0) = ?\n',
    });
    expect(stdout.toString()).toContain('allow socket(domain == AF_UNIX && ');
  });

  it('says that a filter ended a process of the log', () => {
    const log = '7  getppid() = 110\n7  +++ killed by SIGSYS +++\n8  sync() = 162\n8  +++ killed by SIGSYS +++\n';
    const { stderr } = scmp(['record', '--from-strace', '-', '--arch', 'x86_64'], { input: log });
    expect(stderr).toBe(
      'stdin: learned from 2 lines\nstdin:2: warning: a filter ended process 7 (and 1 more) by SIGSYS, with getppid as the last call: its own, or one above strace; the recording lacks what would have followed. A log of strace --seccomp-bpf lacks the fatal call too\n',
    );
  });

  it('adds to a profile, and keeps what it says', () => {
    writeFileSync(file('base.list'), 'default errno EPERM\nallow read\nmkdir -> errno EACCES\n');
    const merge = (log: string) =>
      scmp(['record', '--from-audit', '-', '--merge', file('base.list'), '--arch', 'x86_64'], { input: log });
    const added = merge(AUDIT.replace('syscall=83', 'syscall=84'));
    expect(namesOf(added.stdout.toString())).toEqual(['read', 'mkdir', 'rmdir']);
    const { status, stdout, stderr } = merge(AUDIT);
    expect({ status, names: namesOf(stdout.toString()) }).toEqual({ status: 0, names: ['read', 'mkdir'] });
    expect(stderr).toContain('base.list:3:1: warning: line 3: mkdir was called, and the profile denies it');
  });

  it('merges as scmp merge does: by nodes and days, with who made each call, and a report', () => {
    writeFileSync(file('base.list'), 'default errno EPERM\nallow read\nmkdir -> errno EACCES\n');
    const line = (node: string, syscall: number, day: number) =>
      `node=${node} ${AUDIT.trim()
        .replace(/syscall=\d+/, `syscall=${syscall}`)
        .replace(/audit\(\d+/, `audit(${Date.UTC(2026, 10, day) / 1000}`)}\n`;
    // rmdir on both, sync long ago, chdir on one; read and mkdir are in the profile.
    const log = [line('a', 84, 20), line('b', 84, 21), line('a', 162, 1), line('b', 162, 2), line('a', 80, 21)].join(
      '',
    );
    const merge = (...args: string[]) =>
      scmp(['record', '--from-audit', '-', '--merge', file('base.list'), '--arch', 'x86_64', ...args], {
        input: log + line('a', 0, 20) + line('b', 83, 20),
      });
    const { status, stdout, stderr } = merge('--min-nodes', '2', '--stale', '7', '--report', file('report.json'));
    expect(status, stderr).toBe(0);
    expect(namesOf(stdout.toString())).toEqual(['read', 'mkdir', 'rmdir']);
    const added = JSON.parse(stdout.toString()).syscalls.at(-1).comment;
    expect(added).toMatch(
      /observed, not complete.*rmdir: on 2 of 2 nodes \(a, b\), in 2 of 2 recordings, 2 times; last seen 2026-11-21/s,
    );
    const { taken, rare, stale } = JSON.parse(readFileSync(file('report.json'), 'utf8'));
    const calls = (list: { call: string }[]) => list.map(({ call }) => call);
    expect([calls(rare), calls(stale)]).toEqual([['chdir', 'mkdir'], ['sync']]);
    expect(calls(taken)).toEqual(['rmdir']);
    const all = merge('--to', 'spo', '--name', 'app');
    expect(all.stdout.toString()).toMatch(/^ {2}name: app$/m);
    expect(all.stdout.toString()).toContain('# ');
    expect(scmp(['record', '--from-audit', '-', '--min-nodes', '2'], { input: log }).stderr).toContain(
      '--min-nodes goes with --merge',
    );
  });

  it.each([
    [['--from-audit', '-'], 'hello\n'],
    [['--from-audit', '-', '--from-strace', '-'], ''],
    [['--from-audit', '/no/such/file'], ''],
    [['--from-audit', '-', 'ls'], AUDIT],
    [[], ''],
    [['--arch', 'arm64', 'ls'], ''],
    [['--from-audit', '-', '--counts', '/dev/null'], AUDIT],
  ])('is unusable with %j', (args, input) => {
    const { status, stdout } = scmp(['record', ...args], { input });
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 2, stdout: '' });
  });
});

const NODE_SCRIPT = `
const { Worker } = require('node:worker_threads');
require('node:http').createServer((_, response) => response.end('served')).listen(0, async function () {
  const answer = await fetch('http://127.0.0.1:' + this.address().port);
  console.log(await answer.text(), require('node:child_process').execFileSync('echo', ['child']).toString());
  new Worker('', { eval: true }).on('exit', () => process.exit(4));
});`;
const PYTHON_SCRIPT = `
import socket, threading
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
accepted, _ = server.accept(); accepted.send(b"hello"); print(client.recv(9))
a, b = socket.socketpair(); threading.Thread(target=lambda: a.send(b"x")).start(); print(b.recv(1))`;

const COMMANDS: [name: string, code: number, command: string[]][] = [
  ['ls -l', 0, ['ls', '-l', '/usr']],
  [
    'a shell pipeline',
    7,
    ['sh', '-c', 'trap "echo caught" USR1; ls / | sort -r | wc -l; kill -USR1 $$ & wait; exit 7'],
  ],
  ['node -e', 4, ['node', '-e', NODE_SCRIPT]],
  ['python3 -c with sockets', 0, ['python3', '-c', PYTHON_SCRIPT]],
];

describe.skipIf(process.platform !== 'linux')('scmp record of a command', () => {
  it.each([...COMMANDS.map((each) => [...each, ['--args']] as const), [...COMMANDS[1]!, []] as const])(
    '%s (exit code %d): its profile runs it, and nothing else',
    (_, code, command, options) => {
      const profile = file('profile.json');
      const recorded = scmp(['record', ...options, '-o', profile, '--', ...command]);
      // Whether threads and children come by clone3 is the C library's choice.
      const stderr = recorded.stderr.replace(/^profile: warning: clone3 was called, .*\n/, '');
      expect({ status: recorded.status, stderr }).toEqual({ status: code, stderr: '' });
      const again = scmp(['run', '--profile', profile, '--', ...command]);
      expect({ status: again.status, stderr: again.stderr }).toEqual({ status: code, stderr: '' });
      expect(again.stdout.toString()).toBe(recorded.stdout.toString());
      const other = scmp(['run', '--profile', profile, '--', 'sh', '-c', `mkdir ${file('made')}`]);
      expect(other.status).not.toBe(0);
      expect(existsSync(file('made'))).toBe(false);
    },
  );

  it('records a profile that check calls sound, and that says what it is', () => {
    scmp(['record', '--args', '-o', file('true.json'), 'true']);
    const profile = JSON.parse(readFileSync(file('true.json'), 'utf8'));
    expect(profile.syscalls.every(({ comment }: { comment: string }) => /observed/i.test(comment))).toBe(true);
    expect(namesOf(JSON.stringify(profile))).toEqual(expect.arrayContaining(['execve', 'mmap', 'exit_group']));
    expect(scmp(['compile', file('true.json'), '--unknown-syscall', 'error']).status).toBe(0);
  });

  it('allows what bubblewrap does under the filter, where it starts the program', () => {
    const script = ['sh', '-c', 'exit 3'];
    scmp(['record', '--for', 'bwrap', '-o', file('bwrap.json'), '--', ...script]);
    const { syscalls } = JSON.parse(readFileSync(file('bwrap.json'), 'utf8'));
    expect(syscalls.at(-1)).toMatchObject({
      names: expect.arrayContaining(['wait4']),
      comment: expect.stringMatching(/^Not observed: the process 1 of bwrap/),
    });
  });

  it('writes with --counts how often each call was made', () => {
    const { status } = scmp(['record', '-o', file('p.json'), '--counts', file('c.list'), '--', 'ls', '/']);
    expect(status).toBe(0);
    const [head, ...rows] = readFileSync(file('c.list'), 'utf8').trimEnd().split('\n');
    expect(head).toMatch(/^# system calls that ls \/ made, on Linux /);
    const counts = new Map(rows.map((row) => [row.split(' ')[1], Number(row.split(' ')[2])]));
    expect(new Set(counts.keys())).toEqual(
      new Set(namesOf(readFileSync(file('p.json'), 'utf8')).filter((name) => counts.has(name))),
    );
    expect(counts.get('mmap')).toBeGreaterThan(3);
    expect(counts.get('exit_group')).toBe(1);
  });

  it('without -o, the profile alone goes to standard output', () => {
    const { status, stdout, stderr } = scmp(['record', '--', 'sh', '-c', 'echo from the command']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'from the command\n' });
    expect(namesOf(stdout.toString())).toContain('write');
  });

  it('passes on a death by signal as a shell does, and a command that is not there', () => {
    expect(scmp(['record', '-o', file('x'), '--', 'sh', '-c', 'kill -TERM $$']).status).toBe(143);
    expect(scmp(['record', '-o', file('none'), '--', 'no-such-command']).status).toBe(127);
    expect(existsSync(file('none'))).toBe(false);
  });

  it('does not run the command if the profile could not be written', () => {
    const { status, stderr } = scmp(['record', '-o', '/no/such/folder/x', '--', 'mkdir', file('not-made')]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'scmp: /no/such/folder/x: no such file\n' });
    expect(existsSync(file('not-made'))).toBe(false);
  });

  it('waits for what the command leaves behind, and records that', () => {
    const made = file('late');
    expect(scmp(['record', '-o', file('p'), 'sh', '-c', `(sleep 0.3; mkdir ${made}) & exit 3`]).status).toBe(3);
    expect(existsSync(made)).toBe(true);
    expect(namesOf(readFileSync(file('p'), 'utf8'))).toContain('mkdir');
  });

  it('passes SIGTERM on, and still writes the profile', async () => {
    const args = [
      'dist/scmp.cjs',
      'record',
      '-o',
      file('term'),
      'sh',
      '-c',
      'trap "echo asked; exit 5" TERM; echo up; while :; do sleep 0.05; done',
    ];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'readable');
    child.kill('SIGTERM');
    const output = text(child.stdout);
    const [code] = await once(child, 'close');
    expect({ code, output: await output }).toEqual({ code: 5, output: 'up\nasked\n' });
    expect(namesOf(readFileSync(file('term'), 'utf8'))).toContain('rt_sigreturn');
  });

  it('counts the calls of a 32-bit program as such', (context) => {
    const source =
      'void _start(void){ __asm__ volatile("int $0x80" :: "a"(20)); __asm__ volatile("int $0x80" :: "a"(1), "b"(9)); }';
    const build = ['-m32', '-nostdlib', '-static', '-xc', '-', '-o', file('small')];
    if (spawnSync('gcc', build, { input: source }).status !== 0 || spawnSync(file('small')).status !== 9) {
      context.skip('no 32-bit programs here: neither the compiler nor the kernel has to take them');
    }
    expect(scmp(['record', '-o', file('small.json'), file('small')]).status).toBe(9);
    const profile = readFileSync(file('small.json'), 'utf8');
    expect(JSON.parse(profile).architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
    expect(namesOf(profile)).toEqual(expect.arrayContaining(['execve', 'getpid', 'exit']));
    expect(scmp(['run', '--profile', file('small.json'), file('small')]).status).toBe(9);
  });
});
