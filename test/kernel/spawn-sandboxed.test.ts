import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Notification, SandboxOptions, SupervisorReport, SyscallNamer } from '../../native-loader/index.js';
import { allowAll, allowOnly, answer, EPERM, errno, KILL_PROCESS, machine, type SystemCall } from './bpf.js';
import { describeLaunchers, held, heldSince, loader, notifyOf, outcome } from './sandbox.js';

const shell = (script: string, options: SandboxOptions) => loader.spawnSandboxed('sh', ['-c', script], options);

describeLaunchers('spawnSandboxed', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'sandbox-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('runs a command with its streams, environment, working directory and exit code', async () => {
    const sandbox = await shell('cat; echo "$GREETING $(pwd)" >&2; exit 7', {
      filter: allowAll(),
      env: { PATH: process.env.PATH, GREETING: 'hello' },
      cwd: directory,
    });
    sandbox.stdin!.end('input');
    expect(await outcome(sandbox)).toEqual({ stdout: 'input', stderr: `hello ${directory}\n`, code: 7, signal: null });
    expect(sandbox.supervision).toBeUndefined();
  });

  it('installs the filter, with no_new_privs, and leaves nothing of ours in the child', async () => {
    const sandbox = await shell('exec 9</dev/null; ls /proc/$$/fd /proc/$$/task; cat /proc/$$/status', {
      filter: answer('getcwd', errno(EPERM)),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout } = await outcome(sandbox);
    const [, fds, tasks] = /fd:\n([\d\n]+)\n\/proc\/\d+\/task:\n([\d\n]+)\n/.exec(stdout) ?? [];
    const inherited = (await loader.spawnSandboxed('ls', ['/proc/self/fd'], { filter: allowAll() }).then(outcome))
      .stdout;
    expect(tasks).toBe(String(sandbox.pid));
    expect(stdout).toMatch(/NoNewPrivs:\t1/);
    expect(stdout).toMatch(/Seccomp:\t2/);
    // What the test's own parent left open is there in any child; ours would be 3 or 4, the first free ones.
    expect(fds!.split('\n').filter((fd) => Number(fd) > 2 && Number(fd) < 9)).toEqual([]);
    expect(inherited.split('\n').filter((fd) => fd !== '' && Number(fd) < 9)).toEqual(['0', '1', '2', '3']);
  });

  it('keeps what a command has written until it is read, also after its end', async () => {
    const sandbox = await shell('echo out; echo err >&2; echo extra >&3', {
      filter: allowAll(),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    await sandbox.exited;
    await sleep(50);
    expect(await outcome(sandbox)).toMatchObject({ stdout: 'out\n', stderr: 'err\n' });
    expect(await text(sandbox.stdio[3] as Readable)).toBe('extra\n');
  });

  it('passes more descriptors on, and only those', async () => {
    const file = join(directory, 'extra');
    writeFileSync(file, 'from three');
    const fd = openSync(file, 'r');
    const sandbox = await shell('cat <&3; echo to four >&4', {
      filter: notifyOf('getpriority'),
      stdio: ['ignore', 'pipe', 'pipe', fd, 'pipe'],
    });
    closeSync(fd);
    expect(sandbox.stdio).toHaveLength(5);
    const four = text(sandbox.stdio[4] as Readable);
    expect((await outcome(sandbox)).stdout).toBe('from three');
    expect(await four).toBe('to four\n');
  });

  // Node marks the first 16 descriptors that it inherits as close-on-exec, not those beyond.
  it('keeps its own descriptors to itself also beyond those that Node looks after', async () => {
    const sandbox = await loader.spawnSandboxed('ls', ['/proc/self/fd'], {
      filter: notifyOf('getpriority'),
      stdio: ['ignore', 'pipe', 'pipe', ...Array<'ignore'>(37).fill('ignore')],
    });
    const fds = (await outcome(sandbox)).stdout.trim().split('\n').map(Number);
    expect(fds.filter((fd) => fd >= 40 && fd < 45)).toEqual([]);
  });

  it('answers calls from a handler that reads strings of the target', async () => {
    const seen: unknown[] = [];
    const sandbox = await shell('mkdir one; echo $?; mkdir two; echo $?', {
      cwd: directory,
      filter: notifyOfMkdir(),
      syscallName: (number, architecture) => `${architecture}:${number}`,
      onNotification: async (call: Notification) => {
        await sleep(1);
        const path = call.readString(call.args[mkdirPath(call)]!);
        seen.push(path, call.name, call.architecture, call.pid > 0);
        return path === 'one' ? { kind: 'errno', errno: 'EXDEV' } : { kind: 'value', value: 0 };
      },
    });
    const { stdout, stderr } = await outcome(sandbox);
    expect(stdout).toBe('1\n0\n');
    expect(stderr).toContain('Invalid cross-device link');
    expect(seen).toHaveLength(8);
    expect(seen.slice(0, 4)).toEqual(['one', expect.stringMatching(/:\d+$/), loader.hostArchitecture(), true]);
    await sandbox.supervision!.closed;
  });

  it('names the call and its arguments without being told how', async () => {
    const seen: unknown[] = [];
    const attempt = (read: () => unknown) => {
      try {
        seen.push(read());
      } catch (error) {
        seen.push((error as Error).message);
      }
    };
    const run = async (syscallName?: SyscallNamer) => {
      const sandbox = await shell('mkdir -m 750 named', {
        cwd: directory,
        filter: notifyOfMkdir(),
        syscallName,
        onNotification: (call) => {
          attempt(() => call.syscall === call.name && call.syscall);
          attempt(() => call.readString(call.uint64('pathname')));
          attempt(() => call.uint32('mode').toString(8));
          attempt(() => call.int64('flags'));
          attempt(() => call.parameters?.map(({ name }) => name).at(-1));
          return { kind: 'value', value: 0 };
        },
      });
      await outcome(sandbox);
    };
    await run();
    expect(seen.splice(0)).toEqual([
      expect.stringMatching(/^mkdir(at)?$/),
      'named',
      '750',
      expect.stringMatching(/^mkdir(at)? has no parameter "flags": it takes .*mode$/),
      'mode',
    ]);
    await run(() => undefined);
    const unnamed = expect.stringMatching(
      /^"\w+": nothing is known of the parameters of call \d+ of \w+; give an index$/,
    );
    expect(seen).toEqual([undefined, unnamed, unnamed, unnamed, undefined]);
  });

  // The bytes of the target go through nobody but the supervisor: the handover must not need any of these calls.
  it.each([['execve'], ['write'], ['sendmsg'], ['futex']] as const)('can hold %s itself', async (call) => {
    let count = 0;
    const sandbox = await shell('/bin/echo done', {
      filter: notifyOf(call),
      onNotification: (notification) => {
        count++;
        return notification.continue();
      },
    });
    expect(await outcome(sandbox)).toMatchObject({ stdout: 'done\n', stderr: '', code: 0 });
    if (call === 'execve') expect(count).toBeGreaterThan(0);
    if (call === 'write') expect(count).toBeGreaterThan(0);
  });

  it('answers from a table without asking the handler', async () => {
    const asked: number[] = [];
    const sandbox = await shell('mkdir table; echo $?; nice 2>/dev/null; echo end', {
      cwd: directory,
      filter: notifyOfMkdir('getpriority'),
      answers: [{ syscalls: [...mkdirNumbers], answer: { kind: 'errno', errno: 'EROFS' } }],
      onNotification: (call) => {
        asked.push(call.number);
        return { kind: 'value', value: 13 };
      },
    });
    const { stdout, stderr } = await outcome(sandbox);
    expect(stdout).toBe('1\n7\nend\n'); // getpriority(2) itself returns 20 - nice
    expect(stderr).toContain('Read-only file system');
    expect(new Set(asked)).toEqual(new Set([machine.syscalls.getpriority]));
  });

  it('says ENOSYS for what nobody handles, or what it is told to', async () => {
    const run = async (options: Partial<SandboxOptions>) =>
      (await outcome(await shell('mkdir unhandled', { cwd: directory, filter: notifyOfMkdir(), ...options }))).stderr;
    expect(await run({ onNotification: () => undefined })).toContain('Function not implemented');
    expect(await run({ answers: [] })).toContain('Function not implemented');
    expect(await run({ unhandled: { kind: 'errno', errno: 'ENOLINK' }, answers: [] })).toContain('severed');
  });

  it('puts a descriptor into the target as the result of the call', async () => {
    const file = join(directory, 'secret');
    writeFileSync(file, 'the secret');
    const sandbox = await shell('cat /does/not/exist', {
      filter: notifyOf('openat'),
      onNotification: (call) => {
        if (call.readString(call.args[1]!) !== '/does/not/exist') {
          return call.continueUnsafe({ reason: 'the test decides nothing by it' });
        }
        return { kind: 'fd', fd: openSync(file, 'r'), closeSource: true, closeOnExec: true };
      },
    });
    expect(await outcome(sandbox)).toEqual({ stdout: 'the secret', stderr: '', code: 0, signal: null });
  });

  it('takes a descriptor out of the target, puts one in at a number, and opens its pidfd', async () => {
    const file = join(directory, 'to take');
    writeFileSync(file, 'taken');
    const results: unknown[] = [];
    const sandbox = await shell('exec 8<"$FILE"; exec cat /wanted', {
      env: { PATH: process.env.PATH, FILE: file },
      filter: notifyOf('openat'),
      onNotification: (call) => {
        if (call.readString(call.args[1]!) !== '/wanted') return call.continueUnsafe({ reason: 'a test' });
        const pidfd = call.openPidfd();
        results.push(/^Pid:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${pidfd}`, 'utf8'))?.[1], String(call.pid));
        closeSync(pidfd);
        const taken = call.takeFd(8);
        const buffer = Buffer.alloc(5);
        readSync(taken, buffer, 0, 5, 0);
        closeSync(taken);
        const source = openSync(file, 'r');
        results.push(buffer.toString(), call.addFd(source, { at: 42 }));
        closeSync(source);
        return { kind: 'value', value: 42 };
      },
    });
    expect(await outcome(sandbox)).toMatchObject({ stdout: 'taken', stderr: '', code: 0 });
    expect(results).toEqual([String(sandbox.pid), String(sandbox.pid), 'taken', 42]);
  });

  it('says what is wrong with a descriptor that cannot be put in', async () => {
    const messages: string[] = [];
    const sandbox = await shell('ulimit -n 64; mkdir peeked', {
      cwd: directory,
      filter: notifyOfMkdir(),
      onNotification: (call) => {
        const add = (fd: number, at?: number) => {
          try {
            call.addFd(fd, at === undefined ? {} : { at });
          } catch (error) {
            messages.push((error as Error).message);
          }
        };
        const source = openSync('/dev/null', 'r');
        add(source, 64);
        add(source, 100_000_000);
        add(9999);
        add(9999, 100_000_000);
        for (let count = 0; count < 64 && messages.length < 5; count++) add(source);
        closeSync(source);
        return { kind: 'value', value: 0 };
      },
    });
    expect(await outcome(sandbox)).toMatchObject({ code: 0 });
    expect(messages).toEqual([
      expect.stringMatching(/EBADF: 64 is past the target's RLIMIT_NOFILE$/),
      expect.stringMatching(/EBADF: 100000000 is past the target's RLIMIT_NOFILE$/),
      expect.stringMatching(/EBADF: descriptor 9999 is not open here$/),
      expect.stringMatching(/EBADF: descriptor 9999 is not open here$/),
      expect.stringMatching(/EMFILE: the target has no file descriptor left \(its RLIMIT_NOFILE\)$/),
    ]);
  });

  it('does not let a call continue by accident once its pointers were looked at', async () => {
    const reports: SupervisorReport[] = [];
    const sandbox = await shell('mkdir peeked', {
      cwd: directory,
      filter: notifyOfMkdir(),
      onReport: (report) => void reports.push(report),
      onNotification: (call) => {
        call.readString(call.args[mkdirPath(call)]!);
        return call.continue();
      },
    });
    expect((await outcome(sandbox)).stderr).toContain('Operation not permitted');
    expect(reports).toMatchObject([{ kind: 'handler-failed', error: { code: 'UNSAFE_CONTINUE' } }]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
      'handler-failed',
    ],
    [
      'rejects',
      async () => {
        throw new Error('broken');
      },
      'handler-failed',
    ],
    ['answers nonsense', () => ({ kind: 'errno', errno: 'ENONSENSE' }) as const, 'handler-failed'],
    ['takes too long', () => new Promise<undefined>(() => {}), 'handler-timeout'],
  ])('answers and reports when a handler %s', async (_, onNotification, kind) => {
    const reports: SupervisorReport[] = [];
    const sandbox = await shell('mkdir failing', {
      cwd: directory,
      filter: notifyOfMkdir(),
      onNotification,
      failure: 'EXDEV',
      handlerTimeout: 50,
      onReport: (report) => void reports.push(report),
    });
    expect((await outcome(sandbox)).stderr).toContain('Invalid cross-device link');
    expect(reports).toMatchObject([{ kind }]);
    if (kind === 'handler-timeout') expect(reports[0]!.notification.signal.aborted).toBe(true);
  });

  it('rejects as the loader raises, and leaves nothing behind', async () => {
    await loader.spawnSandboxed('true', [], { filter: allowAll() }).then(outcome);
    const before = held();
    const attempt = (command: string, options: SandboxOptions) =>
      loader.spawnSandboxed(command, [], options).then(
        () => undefined,
        (error) => ({ name: error.name, code: error.code }),
      );
    expect(await attempt('no-such-command', { filter: allowAll() })).toMatchObject({ code: 'COMMAND_NOT_FOUND' });
    expect(await attempt('/etc/passwd', { filter: allowAll() })).toMatchObject({ code: 'COMMAND_NOT_EXECUTABLE' });
    expect(await attempt('true', { filter: answer('execve', errno(EPERM)) })).toMatchObject({
      code: 'COMMAND_NOT_EXECUTABLE',
    });
    expect(await attempt('true', { filter: notifyOf('execve'), answers: [] })).toMatchObject({
      code: 'COMMAND_NOT_EXECUTABLE',
    });
    expect(await attempt('true', { filter: new Uint8Array(7) })).toMatchObject({ code: 'INSTALL_LENGTH' });
    expect(
      await attempt('true', { filter: Uint8Array.of(6, 0, 1, 0, 0, 0, 0, 0, 0x94, 0, 0, 0, 0, 0, 0, 0) }),
    ).toMatchObject({ code: 'INSTALL_EINVAL' });
    expect(await attempt('true', { filter: allowAll(), cwd: '/does/not/exist' })).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(await attempt('true', { filter: allowAll(), handlerTimeout: 0 })).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await expect.poll(() => heldSince(before)).toEqual([]);
  });

  it('tells of a filter that kills execve(2) by the exit', async () => {
    const sandbox = await loader.spawnSandboxed('true', [], { filter: allowOnly([], KILL_PROCESS) });
    expect(await sandbox.exited).toEqual({ code: null, signal: 'SIGSYS' });
    // The thread alone, of which the launcher has two at least.
    for (const answers of [undefined, []]) {
      const thread = await loader.spawnSandboxed('true', [], { filter: answer('execve', 0), answers });
      expect(await outcome(thread)).toEqual({ stdout: '', stderr: '', code: null, signal: 'SIGSYS' });
    }
  });

  it('ends with its AbortSignal, its timeout and its disposal', async () => {
    const before = held();
    const reason = new Error('enough');
    const abort = new AbortController();
    const sandbox = await shell('sleep 60', { filter: allowAll(), signal: abort.signal });
    abort.abort(reason);
    expect(await sandbox.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await expect(shell('true', { filter: allowAll(), signal: abort.signal })).rejects.toBe(reason);
    const early = new AbortController();
    const starting = shell('sleep 60', { filter: allowAll(), signal: early.signal });
    early.abort(reason);
    await expect(starting).rejects.toBe(reason);
    const timed = await shell('sleep 60', { filter: allowAll(), timeout: 6000, killSignal: 'SIGTERM' });
    expect(await timed.exited).toEqual({ code: null, signal: 'SIGTERM' });
    const disposed = await shell('sleep 60', { filter: notifyOf('getpriority') });
    await disposed[Symbol.asyncDispose]();
    expect(await disposed.exited).toEqual({ code: null, signal: 'SIGKILL' });
    // The pipes of output that nobody reads stay.
    await expect.poll(() => heldSince(before).filter((one) => one.startsWith('process'))).toEqual([]);
  });
});

const mkdirNumbers: ReadonlySet<number> = new Set([machine.syscalls.mkdir, machine.syscalls.mkdirat]);

/** Where the path of mkdir(2) or mkdirat(2) is. */
function mkdirPath(call: Notification): number {
  return process.arch === 'x64' && call.number === 83 ? 0 : 1;
}

function notifyOfMkdir(...others: readonly SystemCall[]): Uint8Array {
  return notifyOf('mkdir', 'mkdirat', ...others);
}
