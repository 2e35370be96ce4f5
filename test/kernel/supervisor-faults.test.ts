import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Notification, SandboxedProcess, SandboxOptions, SupervisorReport } from '../../native-loader/index.js';
import { assemble, type Instruction, load, machine, ret } from './bpf.js';
import { describeKernel, inChild, nodeCommand } from './child.js';
import { describeLaunchers, held, heldSince, loader, notifyOf, outcome } from './sandbox.js';

const root = process.getuid?.() === 0;
const LAST_PID = '/proc/sys/kernel/ns_last_pid';

describeLaunchers('supervising, when something goes wrong', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'faults-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** A sandbox that waits in mkdir, and the call. */
  async function waiting(
    script: string,
    options: Partial<SandboxOptions> = {},
  ): Promise<{ sandbox: SandboxedProcess; call: Notification; reports: SupervisorReport[]; proceed: () => void }> {
    const reports: SupervisorReport[] = [];
    let proceed = () => {};
    const held = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    let sandbox: Promise<SandboxedProcess> | undefined;
    const call = await new Promise<Notification>((resolve) => {
      sandbox = loader.spawnSandboxed('sh', ['-c', script], {
        filter: notifyOf('mkdir', 'mkdirat'),
        cwd: directory,
        ...options,
        onReport: (report) => void reports.push(report),
        onNotification: async (call) => {
          resolve(call);
          await held;
          return { kind: 'value', value: 0 };
        },
      });
    });
    return { sandbox: await sandbox!, call, reports, proceed };
  }

  it('takes the death of the target in the middle of a call for what it is', async () => {
    const { sandbox, call, reports, proceed } = await waiting('exec mkdir dying');
    expect(call.isPending()).toBe(true);
    sandbox.kill('SIGKILL');
    expect(await sandbox.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(call.isPending()).toBe(false);
    expect(() => call.readString(call.args[0]!)).toThrow(expect.objectContaining({ code: 'NOTIFICATION_GONE' }));
    expect(() => call.openPidfd()).toThrow(expect.objectContaining({ code: 'NOTIFICATION_GONE' }));
    proceed();
    await sandbox.supervision!.closed;
    await sleep(10);
    expect(reports).toEqual([]);
  });

  // proc_sys_kernel(5): what the next process is to be called, for whoever may say so.
  it.skipIf(!existsSync(LAST_PID) || !root)('does not take another process of the same id for the target', async () => {
    const { sandbox, call, proceed } = await waiting('exec mkdir reused');
    sandbox.kill('SIGKILL');
    await sandbox.exited;
    let stranger: ChildProcess | undefined;
    // Others may be faster, or may have the number next.
    for (let attempt = 0; attempt < 100 && stranger?.pid !== call.pid; attempt++) {
      stranger?.kill('SIGKILL');
      writeFileSync(LAST_PID, `${call.pid - 1}`);
      stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
    }
    try {
      expect(stranger?.pid).toBe(call.pid);
      const isGone = expect.objectContaining({ code: 'NOTIFICATION_GONE' });
      expect(() => call.readString(call.args[0]!)).toThrow(isGone);
      expect(() => call.openPidfd()).toThrow(isGone);
      expect(() => call.takeFd(0)).toThrow(isGone);
      expect(() => call.addFd(0)).toThrow(isGone);
    } finally {
      stranger?.kill('SIGKILL');
    }
    proceed();
    await sandbox.supervision!.closed;
  });

  // cd is the shell's own, and its trap has no SA_RESTART.
  const TRAPPED = 'trap "echo trapped" USR1; cd /does/not/exist && echo answered; echo end';

  it('does not let a signal interrupt a call that it has', async () => {
    const { sandbox, call, proceed } = await waiting(TRAPPED, { filter: notifyOf('chdir') });
    sandbox.kill('SIGUSR1');
    await sleep(200);
    expect(call.isPending()).toBe(true);
    proceed();
    expect(await outcome(sandbox)).toMatchObject({ stdout: 'trapped\nanswered\nend\n', code: 0 });
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('lets a fatal %s end such a call', async (signal) => {
    const { sandbox, call } = await waiting('exec mkdir never');
    sandbox.kill(signal);
    expect(await sandbox.exited).toEqual({ code: null, signal });
    expect(call.isPending()).toBe(false);
  });

  it('drops the answer to a call that a signal interrupted, where that was asked for', async () => {
    const { sandbox, call, reports, proceed } = await waiting(TRAPPED, {
      filter: notifyOf('chdir'),
      installOptions: { waitKillable: false },
    });
    sandbox.kill('SIGUSR1');
    await expect.poll(() => call.isPending()).toBe(false);
    proceed();
    expect(await outcome(sandbox)).toMatchObject({ stdout: 'trapped\nend\n', code: 0 });
    expect(reports).toEqual([]);
  });

  it('fails waiting calls with ENOSYS when it is closed, and every later one', async () => {
    const { sandbox, call } = await waiting('mkdir one; mkdir two');
    await sandbox.supervision!.close();
    expect(call.signal.aborted).toBe(true);
    expect((await outcome(sandbox)).stderr.match(/Function not implemented/g)).toHaveLength(2);
  });

  it('says which memory cannot be read, and answers all the same', async () => {
    const codes: unknown[] = [];
    const attempt = (read: () => unknown) => {
      try {
        read();
        codes.push('read');
      } catch (error) {
        codes.push((error as { code: string }).code);
      }
    };
    const sandbox = await loader.spawnSandboxed('mkdir', ['caf\u00e9'], {
      filter: notifyOf('mkdir', 'mkdirat'),
      onNotification: (call) => {
        const path = call.args[call.number === 83 ? 0 : 1]!;
        attempt(() => call.readMemory(0n, 8));
        attempt(() => call.readMemory((1n << 64n) - 8n, 8));
        attempt(() => call.readMemory(path, 2 ** 40));
        attempt(() => call.readString(path, 2));
        attempt(() => call.readString(path + 4n));
        attempt(() => call.readString(path));
        attempt(() => call.readString(path, 5));
        return { kind: 'value', value: 0 };
      },
    });
    expect(await outcome(sandbox)).toMatchObject({ code: 0 });
    expect(codes).toEqual([
      'TARGET_MEMORY',
      'TARGET_MEMORY',
      'TARGET_MEMORY',
      'TARGET_STRING',
      'TARGET_STRING',
      'read',
      'read',
    ]);
  });

  it('leaves the event loop its turn while a target calls without end', async () => {
    let calls = 0;
    const sandbox = await loader.spawnSandboxed(process.execPath, ['-e', 'for (;;) require("node:os").getPriority()'], {
      filter: notifyOf('getpriority'),
      onNotification: () => ({ kind: 'value', value: ++calls > 0 ? 20 : 0 }),
    });
    await expect.poll(() => calls).toBeGreaterThan(100);
    const begin = performance.now();
    for (let i = 0; i < 20; i++) await sleep(1);
    expect(performance.now() - begin).toBeLessThan(10_000);
    await sandbox[Symbol.asyncDispose]();
  });

  it('gives constant answers while a handler holds up the main thread, which has received calls itself', async () => {
    const [begun, mark] = [join(directory, 'begun'), join(directory, 'mark')];
    const target = 'for (let i = 0; i < 200; i++) require("node:os").getPriority()';
    const script = `"$0" -e '${target}' & while ! [ -e ${begun} ]; do sleep 0.01; done; cd / || touch ${mark}; wait`;
    let calls = 0;
    const sandbox = await loader.spawnSandboxed('sh', ['-c', script, process.execPath], {
      filter: notifyOf('getpriority', 'chdir'),
      answers: [{ syscalls: [machine.syscalls.chdir], answer: { kind: 'errno', errno: 'EXDEV' } }],
      onNotification: () => {
        if (++calls === 100) {
          writeFileSync(begun, '');
          const end = performance.now() + 20_000;
          while (!existsSync(mark) && performance.now() < end);
        }
        return { kind: 'value', value: 20 };
      },
    });
    const begin = performance.now();
    expect(await outcome(sandbox)).toMatchObject({ code: 0 });
    expect(performance.now() - begin).toBeLessThan(20_000);
    expect(existsSync(mark)).toBe(true);
  });

  it('takes a filter of 4096 instructions', async () => {
    const nops = Array.from({ length: 4094 }, () => load(0));
    const sandbox = await loader.spawnSandboxed('true', [], { filter: assemble(...nops, load(4), ret(0x7fff0000)) });
    expect(await sandbox.exited).toEqual({ code: 0, signal: null });
  });

  // `SANDBOX_COUNT=1000 npx vitest run test/kernel/supervisor-faults.test.ts`: a thousand, and a hundred at once.
  it('leaves no descriptor, process or memory behind, one after another and at once', async () => {
    const total = Number(process.env.SANDBOX_COUNT ?? 20);
    const one = async () => {
      const options = { filter: notifyOf('execve', 'getpriority'), stdio: 'ignore' as const };
      const sandbox = await loader.spawnSandboxed('nice', [], {
        ...options,
        onNotification: (call) => call.continue(),
      });
      expect(await sandbox.exited).toEqual({ code: 0, signal: null });
      await sandbox.supervision!.closed;
    };
    for (let i = 0; i < 5; i++) await one();
    const before = held();
    const memory = process.memoryUsage().rss;
    for (let i = 0; i < total; i++) await one();
    await Promise.all(Array.from({ length: Math.max(total / 10, 8) }, one));
    await expect.poll(() => heldSince(before)).toEqual([]);
    expect(process.memoryUsage().rss - memory).toBeLessThan(64 * 1024 * 1024);
  }, 600_000);

  describeKernel('in a process of its own', () => {
    it('lets calls that wait fail with ENOSYS when the supervisor is killed', async () => {
      const [command, args] = nodeCommand(async ({ loader, bpf }) => {
        const filter = bpf.answer('mkdir', bpf.NOTIFY);
        await loader.spawnSandboxed('sh', ['-c', 'mkdir /does/not/matter; echo "mkdir: $?"; mkdir x; echo end'], {
          filter,
          stdio: ['ignore', 'inherit', 'inherit'],
          onNotification: () => {
            process.stdout.write('waiting\n');
            return new Promise(() => {});
          },
        });
        await new Promise(() => setInterval(() => {}, 1000));
      });
      const supervisor = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      const [stdout, stderr] = [text(supervisor.stdout), text(supervisor.stderr)];
      await once(supervisor.stdout, 'data');
      supervisor.kill('SIGKILL');
      // The target holds the pipes too: this is its end.
      expect(await stdout).toMatch(/mkdir: 1\nend\n$/);
      expect((await stderr).match(/Function not implemented/g)).toHaveLength(2);
    });

    it('lets the command fail when the supervisor is killed while execve(2) itself waits', async () => {
      const [command, args] = nodeCommand(async ({ loader, bpf }) => {
        await loader.spawnSandboxed('echo', ['executed'], {
          filter: bpf.answer('execve', bpf.NOTIFY),
          stdio: ['ignore', 'inherit', 'inherit'],
          onNotification: () => {
            process.stdout.write('waiting\n');
            return new Promise(() => {});
          },
        });
      });
      const supervisor = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const stdout = text(supervisor.stdout);
      await once(supervisor.stdout, 'data');
      supervisor.kill('SIGKILL');
      // It ends with the pipe: the process that was to become the command must not hold the listener itself.
      expect(await stdout).toBe('waiting\n');
    });

    it('does not keep the process from ending', async () => {
      const secondsToEnd = async () => {
        const ending = await inChild(async ({ loader, bpf }) => {
          await loader.spawnSandboxed('sleep', ['3'], {
            filter: bpf.answer('getpriority', bpf.NOTIFY),
            stdio: 'ignore',
            answers: [],
          });
          return Date.now();
        });
        return (Date.now() - ending) / 1000;
      };
      // The thread would notice by itself after a second, every time; a busy machine is late some times.
      await expect.poll(secondsToEnd).toBeLessThan(0.7);
    });

    it('gives up on a handler that never settles when the child is gone', async () => {
      const timers = await inChild(async ({ loader, bpf }) => {
        let proceed = () => {};
        const called = new Promise<void>((resolve) => {
          proceed = resolve;
        });
        const sandbox = await loader.spawnSandboxed('mkdir', ['never'], {
          filter: bpf.answer('mkdir', bpf.NOTIFY),
          stdio: 'ignore',
          onNotification: () => {
            proceed();
            return new Promise(() => {});
          },
        });
        await called;
        const timersOf = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
        const waiting = timersOf();
        sandbox.kill('SIGKILL');
        await sandbox.supervision!.closed;
        return { waiting, left: timersOf() };
      });
      expect(timers).toEqual({ waiting: 1, left: 0 });
    });

    it('warns of failed handlers once, and counts them', async () => {
      const result = await inChild(async ({ loader, bpf }) => {
        const warnings: string[] = [];
        process.on('warning', ({ name, message }) => void warnings.push(`${name}: ${message}`));
        const sandbox = await loader.spawnSandboxed('sh', ['-c', 'for i in 1 2 3 4 5 6; do mkdir never; done'], {
          filter: bpf.answer('mkdir', bpf.NOTIFY),
          stdio: 'ignore',
          handlerTimeout: 10,
          onNotification: () => {
            if (warnings.length > 0) return new Promise(() => {});
            throw new Error('broken \u001b[31m');
          },
        });
        await sandbox.supervision!.closed;
        await new Promise((resolve) => setImmediate(resolve));
        return { warnings, failures: sandbox.supervision!.failures };
      });
      const warning = (text: string) => expect.stringMatching(`^SeccompSupervisorWarning: ${text}$`);
      const counted = '\\(more of this kind are counted, and reported at the end\\)';
      expect(result).toEqual({
        failures: 6,
        warnings: [
          warning(`the handler for mkdir\\w* of thread \\d+ failed: broken \\\\u001b\\[31m ${counted}`),
          warning(`the handler for mkdir\\w* of thread \\d+ took longer than 10 ms ${counted}`),
          warning('the handler took too long: 5 times in all'),
        ],
      });
    });

    it('works with descriptor 0 as the listener', async () => {
      const result = await inChild(async ({ loader, bpf, require }) => {
        const { closeSync, readdirSync, readlinkSync } = require('node:fs');
        // The thread and what it opens come first, so that 0 is free when the listener comes.
        await (await loader.spawnSandboxed('true', [], { filter: bpf.allowAll(), stdio: 'ignore', answers: [] }))
          .exited;
        closeSync(0);
        let listener = '';
        const sandbox = await loader.spawnSandboxed('sh', ['-c', 'mkdir /x/y && echo made'], {
          filter: bpf.answer('mkdir', bpf.NOTIFY),
          stdio: ['ignore', 'pipe', 'ignore'],
          onNotification: () => {
            const fds: string[] = readdirSync('/proc/self/fd');
            listener = fds
              .filter((fd) => {
                try {
                  return readlinkSync(`/proc/self/fd/${fd}`).includes('seccomp');
                } catch {
                  return false;
                }
              })
              .join();
            return { kind: 'value', value: 0 };
          },
        });
        let stdout = '';
        sandbox.stdout!.on('data', (bytes) => {
          stdout += bytes;
        });
        const exit = await sandbox.exited;
        await sandbox.supervision!.closed;
        return { listener, stdout, exit };
      });
      expect(result).toEqual({ listener: '0', stdout: 'made\n', exit: { code: 0, signal: null } });
    });

    it('works with closed standard streams', async () => {
      const [command, args] = nodeCommand(async ({ loader, bpf }) => {
        const sandbox = await loader.spawnSandboxed('sh', ['-c', 'nice >&2; echo end'], {
          filter: bpf.answer('getpriority', bpf.NOTIFY),
          answers: [{ syscalls: [bpf.machine.syscalls.getpriority], answer: { kind: 'value', value: 13 } }],
          stdio: ['inherit', 'inherit', 'inherit'],
        });
        await sandbox.exited;
        await sandbox.supervision!.closed;
        return undefined;
      });
      const child = spawn('sh', ['-c', 'exec "$@" <&- 2>&-', '-', command, ...args]);
      expect(await text(child.stdout)).toBe('end\n');
      if (child.exitCode === null) await once(child, 'exit');
      expect(child.exitCode).toBe(0);
    });

    it('reports a filter over this process that forbids seccomp(2), or leaves no room', async () => {
      const forbidden = await inChild(async ({ loader, bpf }) => {
        const seccomp = process.arch === 'x64' ? 317 : 277;
        const forbid = [bpf.load(0), bpf.jumpIfEqual(seccomp, 0, 1), bpf.ret(bpf.errno(bpf.EPERM)), bpf.ret(bpf.ALLOW)];
        loader.installFilter(bpf.assemble(...(forbid as Instruction[])), { noNewPrivs: true });
        return loader.spawnSandboxed('true', [], { filter: bpf.allowAll() }).then(
          () => undefined,
          (error) => ({ name: error.name, code: error.code, errno: error.errno }),
        );
      });
      expect(forbidden).toEqual({ name: 'InstallFilterError', code: 'INSTALL_EPERM', errno: 'EPERM' });
      const full = await inChild(async ({ loader, bpf, attempt }) => {
        const long = bpf.assemble(...Array.from({ length: 4096 }, () => bpf.ret(bpf.ALLOW)));
        while (!attempt(() => loader.installFilter(long, { noNewPrivs: true })).error);
        return loader.spawnSandboxed('true', [], { filter: long }).then(
          () => undefined,
          (error) => error.code,
        );
      });
      expect(full).toBe('INSTALL_ENOMEM');
    });

    it.skipIf(!root)('needs no_new_privs without CAP_SYS_ADMIN, and has it by default', async () => {
      const result = await inChild(async ({ loader, bpf, require }) => {
        // prctl(2), PR_CAPBSET_DROP of CAP_SYS_ADMIN: what this process executes has not got it any more.
        const prctl = require('koffi').load(null).func('int prctl(int, long, long, long, long)');
        if (prctl(24, 21, 0, 0, 0) !== 0) return 'CAP_SYS_ADMIN cannot be dropped';
        const attempt = (noNewPrivs: boolean | undefined) =>
          loader
            .spawnSandboxed('true', [], {
              filter: bpf.allowAll(),
              stdio: 'ignore',
              cwd: '/',
              ...(noNewPrivs === undefined ? {} : { installOptions: { noNewPrivs } }),
            })
            .then(
              (sandbox) => sandbox.exited,
              (error) => error.code,
            );
        return [await attempt(false), await attempt(undefined)];
      });
      expect(result).toEqual(['INSTALL_EACCES', { code: 0, signal: null }]);
    });

    it.skipIf(!root)('needs no /proc', async () => {
      const [command, args] = nodeCommand(async ({ loader, bpf }) => {
        const seen: string[] = [];
        const sandbox = await loader.spawnSandboxed('mkdir', ['/hidden/proc'], {
          filter: bpf.answer('mkdir', bpf.NOTIFY),
          stdio: 'ignore',
          onNotification: (call) => {
            seen.push(call.readString(call.args[0]!));
            return { kind: 'value', value: 0 };
          },
        });
        return { seen, exit: await sandbox.exited };
      });
      const hide = 'mount -t tmpfs -o ro,size=4k none /proc && exec "$@"';
      const child = spawn('unshare', ['--mount', 'sh', '-c', hide, '-', command, ...args]);
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      expect({ stdout, stderr }).toEqual({
        stdout: JSON.stringify({ seen: ['/hidden/proc'], exit: { code: 0, signal: null } }),
        stderr: '',
      });
    });
  });
});
