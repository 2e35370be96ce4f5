import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { dumpFilters } from '../../native-loader/install/dump-filters.js';
import { allowAll, answer, EAGAIN, errno } from './bpf.js';
import { describeKernel, inChild, nodeCommand } from './child.js';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process under filters that were installed one after the other; it answers each line it is sent with "alive". */
async function filtered(programs: readonly string[]): Promise<ChildProcess> {
  const child = spawn(
    ...nodeCommand(({ loader }, texts) => {
      loader.setNoNewPrivs();
      for (const text of texts) loader.installFilter(Uint8Array.from(Buffer.from(text, 'hex')));
      process.on('SIGUSR1', () => process.stdout.write('signal\n'));
      process.stdin.on('data', () => process.stdout.write('alive\n')).on('end', () => process.exit(0));
      process.stdout.write('ready\n');
    }, programs),
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
/** The kernel rewrites the load for itself, and gives the program back as it was. */
const PROGRAM = hex(answer('mkdir', errno(EAGAIN)));

// Reading filters takes CAP_SYS_ADMIN; who has it not sees the errors only.
const itAsRoot = it.skipIf(process.getuid?.() !== 0);

describeKernel('dumpFilters', () => {
  itAsRoot('gives the very bytes, in the order they were installed, and the process goes on', async () => {
    const programs = [PROGRAM, hex(allowAll())];
    const child = await filtered(programs);
    expect(dumpFilters(child.pid!).map(hex)).toEqual(programs);
    child.stdin!.write('?\n');
    expect(String((await once(child.stdout!, 'data'))[0])).toBe('alive\n');
    expect(readFileSync(`/proc/${child.pid}/status`, 'utf8')).toMatch(/^TracerPid:\s*0$/m);
  });

  itAsRoot('a signal sent just before still arrives', async () => {
    const child = await filtered([PROGRAM]);
    const received = once(child.stdout!, 'data');
    child.kill('SIGUSR1');
    expect(dumpFilters(child.pid!)).toHaveLength(1);
    expect(String((await received)[0])).toBe('signal\n');
  });

  itAsRoot('leaves a stopped process stopped', async () => {
    const child = await filtered([PROGRAM]);
    child.kill('SIGSTOP');
    const state = () => /^State:\s*(\S)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
    await expect.poll(state).toBe('T');
    expect(dumpFilters(child.pid!)).toHaveLength(1);
    await expect.poll(state).toBe('T');
    child.kill('SIGCONT');
    child.stdin!.write('?\n');
    expect(String((await once(child.stdout!, 'data'))[0])).toBe('alive\n');
  });

  itAsRoot('a process without filters has none', async () => {
    expect(dumpFilters((await filtered([])).pid!)).toEqual([]);
  });

  it('there is no such process', () => {
    expect(() => dumpFilters(0x7fffffff)).toThrow(expect.objectContaining({ code: 'DUMP_NO_PROCESS' }));
  });

  it('this process cannot be attached to', () => {
    expect(() => dumpFilters(process.pid)).toThrow(
      expect.objectContaining({ code: 'DUMP_NOT_PERMITTED', errno: 'EPERM' }),
    );
  });

  itAsRoot('explains what it takes, under a filter and without privileges', async () => {
    const { pid } = await filtered([PROGRAM]);
    const underFilter = await inChild(({ loader, bpf, attempt }, target) => {
      loader.installFilter(bpf.allowAll(), { noNewPrivs: true });
      return attempt(() => loader.dumpFilters(target!));
    }, pid);
    expect(underFilter.error).toMatchObject({ code: 'DUMP_NOT_PERMITTED', errno: 'EACCES' });
    expect(underFilter.error!.message).toContain('runs under a seccomp filter itself');
    const asNobody = await inChild(({ loader, attempt }, target) => {
      process.setgroups!([]);
      process.setuid!(65534);
      return attempt(() => loader.dumpFilters(target!));
    }, pid);
    expect(asNobody.error).toMatchObject({ code: 'DUMP_NOT_PERMITTED', errno: 'EPERM' });
    expect(asNobody.error!.message).toContain('CAP_SYS_PTRACE');
  });
});
