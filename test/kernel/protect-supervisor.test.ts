import { readFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { supervisorCalls } from '../../native-loader/libc/supervisor-calls.js';
import { type ChildTools, describeKernel, inChild, nodeCommand, run } from './child.js';

// What a sandboxed command may do to the process that started it. Each command here does it to the test's own process, and
// does nothing more with it.

/** How a command is run under a filter. */
type Way = 'with a listener' | 'without a listener';

/** In the child: what came of a command, and of this process's inspector. */
async function afterCommand(
  { loader, bpf, status, require }: ChildTools,
  {
    way,
    script,
    own,
    dumpable,
  }: { way?: Way; script: string; own?: 'before' | 'after' | 'removed'; dumpable?: boolean },
) {
  let received = 0;
  const listener = () => void received++;
  if (own === 'before' || own === 'removed') process.on('SIGUSR1', listener);
  const sandbox = await loader.spawnSandboxed('sh', ['-c', `read go; ${script}`], {
    filter: bpf.answer('getpriority', bpf.NOTIFY),
    installOptions: { listener: way !== 'without a listener' },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(dumpable === undefined ? {} : { dumpable }),
  });
  if (own === 'after') process.on('SIGUSR1', listener);
  if (own === 'removed') process.off('SIGUSR1', listener);
  let output = '';
  for (const stream of [sandbox.stdout!, sandbox.stderr!]) {
    stream.on('data', (bytes) => {
      output += bytes;
    });
  }
  sandbox.stdin!.end('go\n');
  await sandbox.exited;
  // The inspector would start in a thread of its own.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const signal = 1n << BigInt(require('node:os').constants.signals.SIGUSR1 - 1);
  return {
    inspector: require('node:inspector').url() ?? 'none',
    isIgnored: (BigInt(`0x${status().SigIgn}`) & signal) !== 0n,
    received,
    output,
  };
}

const SIGNAL = 'kill -USR1 $PPID';

describeKernel('a supervisor and its sandboxed command', () => {
  it.each(['with a listener', 'without a listener'] as const)('%s: SIGUSR1 starts no inspector', async (way) => {
    expect(await inChild(afterCommand, { way, script: SIGNAL })).toEqual({
      inspector: 'none',
      isIgnored: true,
      received: 0,
      output: '',
    });
  });

  it.each(['before', 'after'] as const)('leaves SIGUSR1 to a listener that was added %s', async (own) => {
    expect(await inChild(afterCommand, { script: SIGNAL, own })).toMatchObject({ inspector: 'none', received: 1 });
  });

  it('ignores SIGUSR1 when such a listener is gone', async () => {
    expect(await inChild(afterCommand, { script: SIGNAL, own: 'removed' })).toMatchObject({
      inspector: 'none',
      isIgnored: true,
      received: 0,
    });
  });

  it('protects the process when a Worker supervises', async () => {
    const result = await inChild(async ({ startWorker, status }) => {
      const worker = await startWorker();
      const { error } = await worker.attempt(async ({ loader, bpf }) => {
        const sandbox = await loader.spawnSandboxed('true', [], { filter: bpf.allowAll(), stdio: 'ignore' });
        await sandbox.exited;
      });
      return { error, ignored: status().SigIgn };
    });
    expect(result).toEqual({ ignored: expect.stringMatching(/[2367abef]..$/) });
  });

  it('protects the process that waits for containers', async () => {
    const result = await inChild(async ({ loader, status, require }) => {
      const folder = require('node:fs').mkdtempSync(`${require('node:os').tmpdir()}/agent-`);
      const agent = await loader.createSeccompAgent({ socketPath: `${folder}/socket`, onContainer: () => undefined });
      const ignored = status().SigIgn;
      await agent.close();
      require('node:fs').rmdirSync(folder);
      return { ignored };
    });
    expect(result).toEqual({ ignored: expect.stringMatching(/[2367abef]..$/) });
  });

  it('leaves SIGUSR1 as it is in what it starts', async () => {
    const result = await inChild(async ({ loader, bpf, require }) => {
      const script = ['/^SigIgn/p', '/proc/self/status'];
      const read = async (stream: NodeJS.ReadableStream) => {
        let output = '';
        for await (const bytes of stream) output += bytes;
        return output;
      };
      const sandbox = await loader.spawnSandboxed('sed', ['-n', ...script], { filter: bpf.allowAll() });
      const plain = require('node:child_process').spawn('sed', ['-n', ...script]);
      return { sandboxed: await read(sandbox.stdout!), plain: await read(plain.stdout) };
    });
    const notIgnored = expect.stringMatching(/^SigIgn:.*[014589cd]..\n$/);
    expect(result).toEqual({ sandboxed: notIgnored, plain: notIgnored });
  });

  /** Without CAP_SYS_PTRACE, as any user but root is: with it a command may look into every process. */
  const withoutPtraceCapability = async (dumpable: boolean) => {
    const command = nodeCommand(afterCommand, { script: 'readlink /proc/$PPID/exe || echo refused', dumpable }).flat();
    const drop = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-sys_ptrace', '--inh-caps=-sys_ptrace'] : [];
    const [file, ...args] = [...drop, ...command];
    const { stdout, stderr } = await run(file!, args);
    expect(stderr).toBe('');
    return JSON.parse(stdout).output;
  };

  it('cannot be looked into by commands of its own user', async () => {
    expect(await withoutPtraceCapability(false)).toBe('refused\n');
  });

  it('can be, where that was asked for', async () => {
    expect(await withoutPtraceCapability(true)).toBe(`${process.execPath}\n`);
  });

  it('says once what was opened by those who started it', async () => {
    const [command, args] = nodeCommand(async ({ loader, bpf }) => {
      for (let count = 0; count < 2; count++) {
        await (await loader.spawnSandboxed('true', [], { filter: bpf.allowAll(), stdio: 'ignore' })).exited;
      }
    });
    const { stderr } = await run(command, ['--inspect=0', '--report-on-signal', ...args]);
    const warnings = stderr.split('\n').filter((line) => line.includes('SeccompSupervisorWarning'));
    expect(warnings).toEqual([
      expect.stringMatching(/: the inspector listens at ws:.* Deny it AF_INET and AF_INET6 sockets/),
      expect.stringMatching(/: SIGUSR2 writes a diagnostic report, with the environment of this process/),
    ]);
  });

  it('seals the file that the launcher reads the filter from', () => {
    const c = supervisorCalls();
    const file = c.memoryFile('test');
    try {
      writeSync(file, 'filter');
      expect(c.seal(file)).toBe(0);
      expect(() => writeSync(file, 'other', 0)).toThrow(expect.objectContaining({ code: 'EPERM' }));
      expect(c.seal(file)).toBe(-constants.errno.EPERM);
      expect(readFileSync(`/proc/self/fd/${file}`, 'utf8')).toBe('filter');
    } finally {
      c.close(file);
    }
  });
});
