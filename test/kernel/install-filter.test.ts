import { expect, it } from 'vitest';
import { describeKernel, inChild } from './child.js';

// Where a test is not about no_new_privs it sets it, so that the suite runs as any user.

describeKernel('installFilter', () => {
  it('covers every thread by default', async () => {
    const result = await inChild(async ({ loader, bpf, attempt, startWorker }) => {
      const worker = await startWorker();
      const before = await worker.attempt(() => process.cwd());
      const other = await startWorker();
      const installed = attempt(() =>
        loader.installFilter(bpf.answer('getcwd', bpf.errno(bpf.EAGAIN)), { noNewPrivs: true }),
      );
      process.chdir('/'); // forgets the directory that Node has remembered
      return { before, installed, here: attempt(() => process.cwd()), there: await other.attempt(() => process.cwd()) };
    });
    expect(result.before.value).toBe(process.cwd());
    expect(result.installed).toEqual({});
    expect(result.here.error?.code).toBe('EAGAIN');
    expect(result.there.error?.code).toBe('EAGAIN');
  });

  it('covers the calling thread alone without tsync', async () => {
    const result = await inChild(async ({ loader, bpf, attempt, startWorker }) => {
      const worker = await startWorker();
      loader.installFilter(bpf.answer('getcwd', bpf.errno(bpf.EAGAIN)), { tsync: false, noNewPrivs: true });
      process.chdir('/');
      return { here: attempt(() => process.cwd()), there: await worker.attempt(() => process.cwd()) };
    });
    expect(result.here.error?.code).toBe('EAGAIN');
    expect(result.there).toEqual({ value: '/' });
  });

  it('can be called on a Worker, for that Worker alone', async () => {
    const result = await inChild(async ({ attempt, startWorker, require }) => {
      const worker = await startWorker();
      const there = await worker.attempt(({ loader, bpf, require }) => {
        loader.installFilter(bpf.answer('getpriority', bpf.errno(bpf.EAGAIN)), { tsync: false, noNewPrivs: true });
        return require('node:os').getPriority();
      });
      return { there, here: attempt(() => typeof require('node:os').getPriority()) };
    });
    expect(result.there.error?.message).toContain('EAGAIN');
    expect(result.here).toEqual({ value: 'number' });
  });

  it('installs nothing and names the thread when one cannot follow', async () => {
    const result = await inChild(async ({ loader, bpf, attempt, status, startWorker, require }) => {
      const worker = await startWorker();
      const own = await worker.attempt(({ loader, bpf, require }) => {
        loader.installFilter(bpf.allowAll(), { tsync: false, noNewPrivs: true });
        return require('node:fs').readlinkSync('/proc/thread-self');
      });
      const failed = attempt(() =>
        loader.installFilter(bpf.answer('getcwd', bpf.errno(bpf.EAGAIN)), { noNewPrivs: true }),
      );
      const failedListener = attempt(() =>
        loader.installFilter(bpf.answer('getcwd', bpf.NOTIFY), { listener: true, noNewPrivs: true }),
      );
      process.chdir('/');
      const threads: string[] = require('node:fs').readdirSync('/proc/self/task');
      const filtered = threads.filter((id) => status(`/proc/self/task/${id}/status`).Seccomp !== '0');
      return { own: own.value, failed, failedListener, cwd: attempt(() => process.cwd()), filtered };
    });
    const thread = Number(result.own.split('/').at(-1));
    expect(result.failed.error).toMatchObject({ name: 'InstallFilterError', code: 'INSTALL_ESRCH', threadId: thread });
    expect(result.failed.error?.message).toContain(`thread ${thread} `);
    expect(result.failedListener.error).toMatchObject({ code: 'INSTALL_ESRCH', errno: 'ESRCH' });
    expect(result.cwd).toEqual({ value: '/' });
    expect(result.filtered).toEqual([String(thread)]);
  });

  it('sets no_new_privs only when asked to', async () => {
    const result = await inChild(({ loader, bpf, attempt, status }) => {
      loader.seccompFeatures(); // koffi is loaded before the privileges go, wherever it is installed
      if (process.getuid!() === 0) {
        const asRoot = attempt(() => loader.installFilter(bpf.allowAll(), { tsync: false }));
        if (asRoot.error || status().NoNewPrivs !== '0') return { asRoot, before: status().NoNewPrivs };
        process.setgroups!([]);
        process.setgid!(65534);
        process.setuid!(65534);
      }
      const refused = attempt(() => loader.installFilter(bpf.allowAll()));
      const before = status().NoNewPrivs;
      const accepted = attempt(() =>
        loader.installFilter(bpf.answer('getcwd', bpf.errno(bpf.EAGAIN)), { noNewPrivs: true }),
      );
      process.chdir('/');
      return { refused, before, accepted, after: status().NoNewPrivs, cwd: attempt(() => process.cwd()) };
    });
    expect(result.refused?.error).toMatchObject({ code: 'INSTALL_EACCES', errno: 'EACCES' });
    expect(result.refused?.error?.message).toContain('noNewPrivs: true');
    expect(result.before).toBe('0');
    expect(result.accepted).toEqual({});
    expect(result.after).toBe('1');
    expect(result.cwd?.error?.code).toBe('EAGAIN');
  });

  it('takes setNoNewPrivs for the same', async () => {
    const result = await inChild(({ loader, bpf, attempt, status }) => {
      loader.setNoNewPrivs();
      return { installed: attempt(() => loader.installFilter(bpf.allowAll())), bit: status().NoNewPrivs };
    });
    expect(result).toEqual({ installed: {}, bit: '1' });
  });

  it.each([true, false])('returns a listener (tsync: %s), and the kernel refuses a second one', async (tsync) => {
    const result = await inChild(({ loader, bpf, attempt, require }, tsync) => {
      const { readFileSync, readlinkSync } = require('node:fs');
      const filter = { program: bpf.answer('getpriority', bpf.NOTIFY), arches: [loader.hostArchitecture()] };
      const fd = loader.installFilter({ ...filter, usesListener: true }, { tsync, noNewPrivs: true });
      return {
        link: readlinkSync(`/proc/self/fd/${fd}`),
        flags: Number.parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!, 8),
        second: attempt(() => loader.installFilter(filter, { tsync, listener: true })),
      };
    }, tsync);
    expect(result.link).toBe('anon_inode:seccomp notify');
    expect(result.flags & 0o2000000).not.toBe(0); // O_CLOEXEC
    expect(result.second.error).toMatchObject({ code: 'INSTALL_EBUSY', errno: 'EBUSY' });
    expect(result.second.error?.message).toContain('listener');
  });

  it('takes the flags that the filter asks for', async () => {
    const result = await inChild(({ loader, bpf, attempt }) => {
      const filter = {
        program: bpf.answer('getpriority', bpf.NOTIFY),
        arches: [loader.hostArchitecture()],
        usesListener: true,
        flags: [
          'SECCOMP_FILTER_FLAG_TSYNC',
          'SECCOMP_FILTER_FLAG_LOG',
          'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
          'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
        ] as const,
      };
      return attempt(() => typeof loader.installFilter(filter, { noNewPrivs: true }));
    });
    expect(result).toEqual({ value: 'number' });
  });

  it('says which instruction the kernel would not take', async () => {
    const error = await inChild(({ loader, bpf, attempt, status }) => {
      const program = bpf.assemble(bpf.load(0), [0x94, 0, 0, 7], bpf.ret(bpf.ALLOW));
      const outcome = attempt(() => loader.installFilter(program, { noNewPrivs: true }));
      return { ...outcome.error!, mode: status().Seccomp };
    });
    expect(error).toMatchObject({ code: 'INSTALL_EINVAL', errno: 'EINVAL', mode: '0' });
    expect(error.message).toContain('instruction 1');
    expect(error.message).toContain('0x0094');
  });

  it('explains ENOMEM when all filters together are too long', async () => {
    const result = await inChild(({ loader, bpf, attempt }) => {
      const program = bpf.assemble(...Array.from({ length: 4096 }, () => bpf.ret(bpf.ALLOW)));
      for (let count = 1; count < 20; count++) {
        const { error } = attempt(() => loader.installFilter(program, { noNewPrivs: true }));
        if (error) return { count, error };
      }
      return undefined as never;
    });
    expect(result.count).toBeLessThanOrEqual(8); // 8 * (4096 + 4) > 32768, and the kernel counts eBPF instructions
    expect(result.error).toMatchObject({ code: 'INSTALL_ENOMEM', errno: 'ENOMEM' });
    expect(result.error.message).toContain('32768');
  });

  it('refuses another architecture’s filter before the kernel is asked', async () => {
    const result = await inChild(({ loader, bpf, attempt, status }) => {
      // AUDIT_ARCH_S390, which no test machine is
      const check = (auditArch: number) =>
        bpf.assemble(bpf.load(4), bpf.jumpIfEqual(auditArch, 1, 0), bpf.ret(bpf.KILL_PROCESS), bpf.ret(bpf.ALLOW));
      return {
        named: attempt(() => loader.installFilter({ program: bpf.allowAll(), arches: ['s390'] }, { noNewPrivs: true })),
        bare: attempt(() => loader.installFilter(check(22), { noNewPrivs: true })),
        none: status(),
        own: attempt(() => loader.installFilter(check(bpf.machine.auditArch), { noNewPrivs: true })),
      };
    });
    expect(result.named.error).toMatchObject({ code: 'INSTALL_FOREIGN_ARCHITECTURE' });
    expect(result.bare.error).toMatchObject({ code: 'INSTALL_FOREIGN_ARCHITECTURE' });
    expect(result.none).toMatchObject({ Seccomp: '0', NoNewPrivs: '0' });
    expect(result.own).toEqual({});
  });

  it('reports a filter that forbids seccomp(2)', async () => {
    const error = await inChild(({ loader, bpf, attempt }) => {
      const seccomp = process.arch === 'x64' ? 317 : 277;
      const forbid = bpf.assemble(
        bpf.load(0),
        bpf.jumpIfEqual(seccomp, 0, 1),
        bpf.ret(bpf.errno(bpf.EPERM)),
        bpf.ret(bpf.ALLOW),
      );
      loader.installFilter(forbid, { noNewPrivs: true });
      return {
        ...attempt(() => loader.installFilter(bpf.allowAll())).error!,
        seccomp: loader.seccompFeatures().seccomp,
      };
    });
    expect(error).toMatchObject({ code: 'INSTALL_EPERM', errno: 'EPERM', seccomp: false });
  });
});
