import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ExecRequest } from '../../native-loader/index.js';
import { exit42Executable } from './bpf.js';
import { type ChildResult, type ChildTools, describeKernel, inChild, nodeCommand, run, spawnChild } from './child.js';

type Command = Pick<ExecRequest, 'command' | 'args' | 'env'>;

/** What `scmp run` does, with a filter that allows everything. Typed errors become exit codes, as the CLI makes them. */
function exec({ loader, bpf, attempt }: ChildTools, command: Command): void {
  const { error } = attempt(() =>
    loader.installAndExec({ filter: bpf.allowAll(), installOptions: { noNewPrivs: true }, ...command }),
  );
  process.stderr.write(`${error?.code}: ${error?.message}`);
  process.exitCode = error?.exitCode ?? 99;
}

const shell = (script: string, ...args: string[]): Command => ({ command: 'sh', args: ['-c', script, ...args] });

const clean = (result: ChildResult) => ({ status: result.status, signal: result.signal, stderr: result.stderr });
const success = { status: 0, signal: null, stderr: '' };

describeKernel('installAndExec', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'exec-'));
    const write = (path: string, content: string | Uint8Array, mode = 0o755) => {
      writeFileSync(join(directory, path), content);
      chmodSync(join(directory, path), mode);
    };
    chmodSync(directory, 0o755);
    mkdirSync(join(directory, 'first'));
    mkdirSync(join(directory, 'second'));
    write('exit42', exit42Executable());
    write('first/tool', 'not executable', 0o644);
    write('second/tool', '#!/bin/sh\necho second "$0" "$@"\n');
    write('second/denied', '#!/bin/sh\n', 0o644);
    write('second/no-interpreter', '#!/does/not/exist\n');
    write('second/bare-script', 'echo "bare $0 $*"; exit 5\n');
    write('second/bad-elf', Buffer.concat([Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1), new Uint8Array(120)]));
    symlinkSync('tool', join(directory, 'second/link'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('replaces the process: same process id, its exit code', async () => {
    const result = await spawnChild(exec, shell('echo $$; exit 7'));
    expect(result).toMatchObject({ status: 7, signal: null, stderr: '', stdout: `${result.pid}\n` });
  });

  it('passes a death by signal on', async () => {
    expect(await spawnChild(exec, shell('kill -TERM $$'))).toMatchObject({ status: null, signal: 'SIGTERM' });
  });

  it('passes arguments exactly, empty and non-ASCII ones too', async () => {
    const args = ['', 'ä €', ' two  spaces ', '🐧', '-n', '*', 'new\nline', '"\'\\'];
    const result = await spawnChild(exec, shell('printf "<%s>" "$0" "$@"', 'zero', ...args));
    expect(clean(result)).toEqual(success);
    expect(result.stdout).toBe(['zero', ...args].map((text) => `<${text}>`).join(''));
  });

  it('passes many and long arguments', async () => {
    const args = Array.from({ length: 3000 }, (_, index) => `${index}`.padStart(30, 'x'));
    const result = await spawnChild(exec, {
      command: 'sh',
      args: ['-c', 'echo $#; shift 2999; echo "$1"', '-', ...args],
    });
    expect(result.stdout).toBe(`3000\n${args.at(-1)}\n`);
  });

  it('keeps the environment, byte for byte', async () => {
    const result = await run(
      'sh',
      [
        '-c',
        'export LATIN1="$(printf "caf\\351")"; exec "$@"',
        '-',
        ...nodeCommand(exec, shell('printf %s "$LATIN1" | od -An -tx1; echo "$PLAIN"')).flat(),
      ],
      { env: { ...process.env, PLAIN: 'as it was' } },
    );
    expect(clean(result)).toEqual(success);
    expect(result.stdout).toBe(' 63 61 66 e9\nas it was\n');
  });

  it('replaces the environment if told to, and searches its PATH', async () => {
    const env = { PATH: join(directory, 'second'), ONE: 'eins=1', EMPTY: '' };
    const result = await spawnChild(exec, { command: 'tool', args: ['a'], env });
    expect(result).toMatchObject({ status: 0, stdout: `second ${directory}/second/tool a\n` });
    const all = await spawnChild(exec, { command: '/usr/bin/env', env: { ...env, PATH: undefined } });
    expect(all.stdout).toBe('ONE=eins=1\nEMPTY=\n');
  });

  it('keeps the working directory', async () => {
    const result = await spawnChild(exec, shell('pwd -P'), { cwd: join(directory, 'second') });
    expect(result.stdout.endsWith('/second\n')).toBe(true);
  });

  it('leaves stdin, stdout and stderr to the command', async () => {
    const input = 'line\n'.repeat(50_000);
    const result = await spawnChild(exec, shell('cat; echo error >&2'), { input });
    expect(result).toMatchObject({ status: 0, stderr: 'error\n' });
    expect(result.stdout).toBe(input);
  });

  it('gives blocking descriptors to the command even where Node has made streams of them', async () => {
    const result = await spawnChild(({ loader, bpf }, command: Command) => {
      process.stdin.resume().pause();
      process.stdout.write('');
      process.stderr.write('');
      loader.installAndExec({ filter: bpf.allowAll(), installOptions: { noNewPrivs: true }, ...command });
    }, shell('cat /proc/self/fdinfo/0 /proc/self/fdinfo/1 /proc/self/fdinfo/2'));
    const flags = [...result.stdout.matchAll(/^flags:\s*(\d+)/gm)].map(([, octal]) => Number.parseInt(octal!, 8));
    expect(flags).toHaveLength(3);
    for (const flag of flags) expect(flag & 0o4000).toBe(0); // O_NONBLOCK
  });

  it('leaks no descriptor', async () => {
    const list = shell('exec ls -l /proc/self/fd');
    // Through a shell that closes what the test runner may have left open.
    const close =
      'for fd in $(ls /proc/self/fd); do [ "$fd" -gt 2 ] && [ "$fd" -lt 10 ] && eval "exec $fd>&-"; done; exec "$@"';
    const direct = await run('sh', ['-c', close, '-', list.command, ...list.args!]);
    const filtered = await run('sh', ['-c', close, '-', ...nodeCommand(exec, list).flat()]);
    const descriptors = ({ stdout }: ChildResult) => [...stdout.matchAll(/ (\d+) -> /g)].map(([, fd]) => fd);
    expect(descriptors(filtered).slice(0, 3)).toEqual(['0', '1', '2']);
    expect(descriptors(filtered)).toEqual(descriptors(direct));
  });

  it('resets ignored signals and the signal mask', async () => {
    const result = await spawnChild(exec, { command: 'grep', args: ['^Sig[BI]', '/proc/self/status'] });
    expect(result.stdout).toBe('SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
    const pipe = await spawnChild(exec, shell('{ yes; echo "status $?" >&2; } | head -n 1'));
    expect(pipe).toMatchObject({ stdout: 'y\n', stderr: 'status 141\n' }); // 128 + SIGPIPE
  });

  it('restores the soft limit of open files from the parent process', async () => {
    const limits = 'ulimit -Sn; ulimit -Hn';
    const child = nodeCommand(exec, shell(limits)).flat();
    const under = (set: string, exec: string) => run('sh', ['-c', `${set}; ${limits}; ${exec}; true`, '-', ...child]);
    const [soft, hard, childSoft, childHard] = (await under('ulimit -Sn 512', '"$@"')).stdout.split('\n');
    expect([soft, childSoft, childHard]).toEqual(['512', '512', hard]);
    // Set between parent and child, in the process that becomes Node: the parent's limit says nothing then.
    const both = (await under('ulimit -Sn 512', '(ulimit -Hn 2000; ulimit -Sn 2000; exec "$@")')).stdout.split('\n');
    expect(both.slice(2, 4)).toEqual(['2000', '2000']);
  });

  it('enforces the filter in the command and its children', async () => {
    const result = await spawnChild(({ loader, bpf }) => {
      const filter = bpf.answer('getpriority', bpf.errno(bpf.EAGAIN));
      const script = 'cat /proc/self/status; "$0" -p "os.getPriority()"; true';
      const args = ['-c', script, process.execPath];
      loader.installAndExec({ filter, command: 'sh', args, installOptions: { noNewPrivs: true } });
    });
    expect(result.status).toBe(0);
    expect(result.stdout).toMatch(/^Seccomp:\t2$/m);
    expect(result.stdout).toMatch(/^NoNewPrivs:\t1$/m);
    expect(result.stderr).toContain('EAGAIN');
  });

  it('needs nothing of the filter but execve: a strict one kills on any other call', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 10; round++) {
      const result = await spawnChild(
        ({ loader, bpf }, command: Command) => {
          const filter = bpf.allowOnly(['execve', 'exit_group'], bpf.KILL_PROCESS);
          loader.installAndExec({ filter, installOptions: { noNewPrivs: true }, ...command });
        },
        { command: join(directory, 'exit42'), args: ['a', 'b'] },
      );
      expect(result).toMatchObject({ status: 42, signal: null, stdout: '', stderr: '' });
    }
  });

  it('dies by SIGSYS when the filter kills execve itself', async () => {
    const result = await spawnChild(({ loader, bpf }, command: Command) => {
      const filter = bpf.answer('execve', bpf.KILL_PROCESS);
      // The warm-up's execve call is made before the filter is there.
      loader.installAndExec({ filter, installOptions: { noNewPrivs: true }, ...command });
    }, shell('true'));
    expect(result).toMatchObject({ status: null, signal: 'SIGSYS' });
  });

  it('dies by SIGSYS, and says why, when the filter kills the thread that calls execve', async () => {
    const result = await spawnChild(({ loader, bpf }, command: Command) => {
      loader.installAndExec({ filter: bpf.answer('execve', 0), installOptions: { noNewPrivs: true }, ...command });
    }, shell('true'));
    expect(result).toMatchObject({
      status: null,
      signal: 'SIGSYS',
      stderr: expect.stringMatching(/^\S*sh: not executed: the filter kills the thread .*\(SCMP_ACT_KILL_THREAD\)\n$/),
    });
  });

  it('reports an execve that the filter forbids, with nothing else allowed than to say so', async () => {
    const result = await spawnChild(
      ({ loader, bpf }, command: Command) => {
        const filter = bpf.allowOnly(['write', 'exit_group'], bpf.errno(bpf.EPERM));
        loader.installAndExec({ filter, installOptions: { noNewPrivs: true }, ...command });
      },
      { command: '/bin/sh' },
    );
    expect(result).toMatchObject({
      status: 126,
      stderr: '/bin/sh: not executed: EPERM (does the filter allow execve?)\n',
    });
  });

  it('searches PATH as execvp does', async () => {
    const path = (...directories: string[]) => ({ env: { PATH: directories.join(':') } });
    const first = join(directory, 'first');
    const second = join(directory, 'second');
    const tool = { command: 'tool', args: ['x'] };
    // A file that is not executable is skipped for one that is.
    expect((await spawnChild(exec, { ...tool, ...path('/does/not/exist', first, second) })).stdout).toBe(
      `second ${second}/tool x\n`,
    );
    // An empty directory is the current one.
    expect((await spawnChild(exec, { ...tool, ...path('/bin', '') }, { cwd: second })).stdout).toBe('second tool x\n');
    expect((await spawnChild(exec, { command: './link', ...path('/bin') }, { cwd: second })).stdout).toBe(
      'second ./link\n',
    );
    expect(await spawnChild(exec, { ...tool, ...path(first) })).toMatchObject({
      status: 126,
      stderr: expect.stringContaining('COMMAND_NOT_EXECUTABLE'),
    });
  });

  it('ends with 127 and 126 as shells do', async () => {
    const second = join(directory, 'second');
    // A PATH of our own: a directory in it that this user may not search would make it 126, as with execvp.
    const env = { PATH: '/bin:/usr/bin' };
    const end = async (command: string) => (await spawnChild(exec, { command, env })).status;
    expect(await end('no-such-command-anywhere')).toBe(127);
    expect(await end('./no/such/file')).toBe(127);
    expect(await end('')).toBe(127);
    expect(await end(join(second, 'denied'))).toBe(126);
    expect(await end(second)).toBe(126);
    const interpreter = await spawnChild(exec, { command: join(second, 'no-interpreter') });
    expect(interpreter).toMatchObject({ status: 127, stderr: expect.stringContaining('interpreter') });
    const tooLong = await spawnChild(({ loader, bpf }) => {
      const env = { TOO_LONG: 'x'.repeat(1 << 22) }; // one string may have 32 pages: execve(2), MAX_ARG_STRLEN
      loader.installAndExec({ filter: bpf.allowAll(), command: '/bin/sh', env, installOptions: { noNewPrivs: true } });
    });
    expect(tooLong).toMatchObject({ status: 126, stderr: expect.stringContaining('E2BIG') });
  });

  it('gives a file of unknown format to /bin/sh, as execvp does', async () => {
    const second = join(directory, 'second');
    const result = await spawnChild(exec, { command: 'bare-script', args: ['a', 'b'], env: { PATH: second } });
    expect(result).toMatchObject({ status: 5, stdout: `bare ${second}/bare-script a b\n` });
  });

  it('leaves the process as it was when it raises', async () => {
    const result = await inChild(({ loader, bpf, attempt, status, require }) => {
      const { readFileSync } = require('node:fs') as typeof import('node:fs');
      const look = () => ({
        signals: [status().SigBlk, status().SigIgn],
        limit: /^Max open files.*/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[0],
        descriptors: [0, 1, 2].map((fd) => /^flags:.*/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[0]),
        mode: status().Seccomp,
      });
      const before = look();
      const invalid = bpf.assemble([0x94, 0, 0, 7], bpf.ret(bpf.ALLOW));
      const filter = {
        program: bpf.answer('getpriority', bpf.NOTIFY),
        arches: [loader.hostArchitecture()],
        usesListener: true,
      };
      const installOptions = { noNewPrivs: true };
      const outcomes = [
        attempt(() => loader.installAndExec({ filter: invalid, command: 'true', installOptions })),
        attempt(() => loader.installAndExec({ filter, command: 'true', installOptions })),
        attempt(() =>
          loader.installAndExec({ filter: bpf.allowAll(), command: 'true', args: ['a\0b'], installOptions }),
        ),
        attempt(() => loader.installAndExec({ filter: bpf.allowAll(), command: 'a\0b', installOptions })),
      ];
      return { before, after: look(), codes: outcomes.map(({ error }) => error?.code) };
    });
    expect(result.codes).toEqual(['INSTALL_EINVAL', 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'INVALID_ARGUMENT']);
    expect(result.after).toEqual(result.before);
  });

  it('works on the main thread only', async () => {
    const outcome = await inChild(async ({ startWorker }) => {
      const worker = await startWorker();
      return worker.attempt(({ loader, bpf }) => loader.installAndExec({ filter: bpf.allowAll(), command: 'true' }));
    });
    expect(outcome.error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('main thread') });
  });

  it('installs a NOTIFY filter without a listener if told so', async () => {
    const result = await spawnChild(({ loader, bpf }) => {
      const program = bpf.answer('getpriority', bpf.NOTIFY);
      const filter = { program, arches: [loader.hostArchitecture()], usesListener: true };
      const args = ['-p', 'os.getPriority()'];
      const installOptions = { noNewPrivs: true, listener: false };
      loader.installAndExec({ filter, command: process.execPath, args, installOptions });
    });
    expect(result).toMatchObject({ status: 1, stderr: expect.stringContaining('ENOSYS') });
  });
});
