import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostArchitecture } from '../../native-loader/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { describeKernel, run } from './child.js';

// bubblewrap takes a filter as raw struct sock_filter from a file descriptor and installs it by itself.

const hasBwrap = spawnSync('bwrap', ['--version']).status === 0;
if (!hasBwrap && process.env.CI) throw new Error('bwrap is missing: install bubblewrap (./build.sh --test does)');
if (!hasBwrap) console.warn('SKIPPED: bwrap is missing (package bubblewrap)');

describeKernel('bwrap --seccomp', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'scmp-bwrap-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const sandboxed = async (profile: object | undefined, script: string) => {
    const filter = join(directory, 'filter.bpf');
    if (profile) writeFileSync(filter, compileProfileSync(profile, { arch: hostArchitecture() }).program);
    const fd = profile && openSync(filter, 'r');
    try {
      const seccomp = profile ? ['--seccomp', '3'] : [];
      const stdio = ['pipe', 'pipe', 'pipe', ...(fd === undefined ? [] : [fd])] as const;
      const args = [...seccomp, '--bind', '/', '/', '--dev', '/dev', '--chdir', directory, 'sh', '-c', script];
      const result = await run('bwrap', args, { stdio: [...stdio] });
      return { status: result.status, output: (result.stdout + result.stderr).trim() };
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  };

  it.skipIf(!hasBwrap)('denies what our filter denies, and nothing else', async () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: ['SCMP_ARCH_NATIVE'],
      // ENOTTY: an errno that mkdir(2) never has of its own
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 25 }],
    };
    const script = 'mkdir made && rmdir made; echo "mkdir said $?"; touch file && rm file && echo "touch works"';

    expect(await sandboxed(undefined, script)).toEqual({ status: 0, output: 'mkdir said 0\ntouch works' });
    const { status, output } = await sandboxed(profile, script);
    expect(status).toBe(0);
    expect(output).toContain('Inappropriate ioctl for device');
    expect(output).toContain('mkdir said 1\ntouch works');
  });
});
