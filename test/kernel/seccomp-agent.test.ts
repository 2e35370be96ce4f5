import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type {
  ContainerProcessState,
  Notification,
  SeccompAgent,
  SeccompAgentOptions,
} from '../../native-loader/index.js';
import { hostArchitecture } from '../../native-loader/index.js';
import { parseArchitecture } from '../../src/architecture.js';
import { isOnPath } from '../on-path.js';
import { machine } from './bpf.js';
import { describeKernel, run, spawnChild } from './child.js';
import { describeSupervisor, held, heldSince, loader } from './sandbox.js';

/** The path that mkdir(2) or mkdirat(2) is called with. */
const mkdirPath = (call: Notification) =>
  call.readString(call.args[process.arch === 'x64' && call.number === machine.syscalls.mkdir ? 0 : 1]!);

let directory: string;
let socketPath: string;
let agent: SeccompAgent | undefined;
const containers: ContainerProcessState[] = [];
const errors: unknown[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'agent-'));
  socketPath = join(directory, 'agent.sock');
  containers.length = 0;
  errors.length = 0;
});
afterEach(async () => {
  await agent?.close();
  agent = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const start = async (onContainer: SeccompAgentOptions['onContainer']) => {
  agent = await loader.createSeccompAgent({
    socketPath,
    onContainer: (container) => {
      containers.push(container);
      return onContainer(container);
    },
    onError: (error) => void errors.push(error),
  });
  return agent;
};

/** Answers mkdir of paths that end in `denied` with EXDEV, and makes believe of all others. */
const answerMkdir: SeccompAgentOptions['onContainer'] = () => ({
  onNotification: async (call) =>
    mkdirPath(call).endsWith('denied') ? { kind: 'errno', errno: 'EXDEV' } : { kind: 'value', value: 0 },
});

describeSupervisor('createSeccompAgent', () => {
  it('makes a socket for its own user, and removes it', async () => {
    await start(answerMkdir);
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    await expect(start(answerMkdir)).rejects.toMatchObject({ code: 'SOCKET', errno: 'EADDRINUSE' });
    await expect(
      loader.createSeccompAgent({ socketPath: `/tmp/${'x'.repeat(104)}`, onContainer: answerMkdir }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await agent!.close();
    expect(existsSync(socketPath)).toBe(false);
  });

  it('reports what is no container process state, and goes on', async () => {
    await start(answerMkdir);
    const before = held();
    const send = (text: string) =>
      new Promise((resolve) => createConnection(socketPath).on('close', resolve).on('error', resolve).end(text));
    const good = { ociVersion: '1.0.2', fds: ['seccompFd'], pid: 1, state: {} };
    for (const message of ['', 'not JSON', '[]', JSON.stringify(good), JSON.stringify({ ...good, fds: [] })]) {
      await send(message);
    }
    await expect.poll(() => errors.length).toBe(5);
    expect(errors.map((error) => (error as { code: string }).code)).toEqual(Array(5).fill('CONTAINER_STATE'));
    expect(containers).toEqual([]);
    await expect.poll(() => heldSince(before)).toEqual([]);
  });

  // Debian: runc and busybox-static; a container needs root.
  const canRun = process.getuid?.() === 0 && isOnPath('runc') && existsSync('/bin/busybox');
  it.skipIf(!canRun && !process.env.CI)("answers a runc container's mkdir", async () => {
    await start(answerMkdir);
    const bundle = join(directory, 'bundle');
    mkdirSync(join(bundle, 'rootfs/bin'), { recursive: true });
    copyFileSync('/bin/busybox', join(bundle, 'rootfs/bin/busybox'));
    symlinkSync('busybox', join(bundle, 'rootfs/bin/sh'));
    symlinkSync('busybox', join(bundle, 'rootfs/bin/mkdir'));
    execFileSync('runc', ['spec'], { cwd: bundle });
    const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
    config.process.terminal = false;
    config.process.args = ['/bin/sh', '-c', 'mkdir /x/granted; echo $?; mkdir /x/denied; echo $?'];
    config.linux.seccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: [parseArchitecture(hostArchitecture()).ociName],
      listenerPath: socketPath,
      listenerMetadata: 'for the agent',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }],
    };
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
    const id = `scmp-test-${process.pid}`;
    const result = await run('runc', ['--root', join(directory, 'runc'), 'run', '--bundle', bundle, id], {
      timeout: 20_000,
    });
    expect(result).toMatchObject({ status: 0, stdout: '0\n1\n' });
    expect(result.stderr).toContain('Invalid cross-device link');
    expect(containers).toMatchObject([{ metadata: 'for the agent', fds: ['seccompFd'], state: { id, bundle } }]);
    expect(containers[0]!.pid).toBeGreaterThan(0);
    expect(errors).toEqual([]);
  });
});

describeSupervisor('a profile’s listenerPath', () => {
  describeKernel('with installAndExec', () => {
    const runMkdir = () =>
      spawnChild(({ loader, bpf, attempt }, socketPath) => {
        const filter = bpf.assemble(
          bpf.load(0),
          bpf.jumpIfEqual(bpf.machine.syscalls.mkdir, 1, 0),
          bpf.jumpIfEqual(bpf.machine.syscalls.mkdirat, 0, 1),
          bpf.ret(bpf.NOTIFY),
          bpf.ret(bpf.ALLOW),
        );
        const { error } = attempt(() =>
          loader.installAndExec({
            filter,
            installOptions: { listener: true, noNewPrivs: true },
            command: 'sh',
            args: ['-c', 'echo $$; mkdir /x/granted; echo $?; mkdir /x/denied; echo $?'],
            listenerReceiver: loader.connectListenerPath(socketPath, 'metadata'),
          }),
        );
        process.stderr.write(`${error?.code}: ${error?.message}`);
        process.exitCode = 99;
      }, socketPath);

    it('sends what a runtime sends, and the agent answers', async () => {
      await start(answerMkdir);
      const result = await runMkdir();
      expect(result).toMatchObject({ status: 0, stdout: `${result.pid}\n0\n1\n` });
      expect(result.stderr).toContain('Invalid cross-device link');
      expect(containers).toMatchObject([
        {
          fds: ['seccompFd'],
          pid: result.pid,
          metadata: 'metadata',
          state: { id: `scmp-${result.pid}`, pid: result.pid },
        },
      ]);
      expect(errors).toEqual([]);
    });

    it('fails calls with ENOSYS where the agent declines', async () => {
      await start(() => undefined);
      expect((await runMkdir()).stderr).toContain('Function not implemented');
    });

    it('runs nothing without an agent', async () => {
      const result = await runMkdir();
      expect(result).toMatchObject({ stdout: '' });
      expect(result.status).not.toBe(0);
      expect(result.stderr).toContain('ENOENT');
    });
  });
});
