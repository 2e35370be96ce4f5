import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-capabilities-'));
afterAll(() => rmSync(folder, { recursive: true }));
const PROFILES = {
  'engine.json': {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      { names: ['read', 'exit_group'], action: 'SCMP_ACT_ALLOW' },
      { names: ['chroot'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_CHROOT'] } },
      { names: ['mknod'], action: 'SCMP_ACT_ALLOW', excludes: { caps: ['CAP_MKNOD'] } },
      { names: ['mount'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } },
    ],
  },
  'open.json': {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [{ names: ['read', 'exit_group', 'chroot', 'mount'], action: 'SCMP_ACT_ALLOW' }],
  },
  'plain.json': { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }] },
};
for (const [file, profile] of Object.entries(PROFILES))
  writeFileSync(join(folder, file), JSON.stringify(profile, null, 1));

const run = (...args: string[]) => {
  const { status, stdout, stderr } = scmp([...args, '--arch', 'amd64'], { cwd: folder });
  return { status, stdout: stdout.toString(), stderr };
};
const escaped = (text: string) => text.replace(/[()]/g, '\\$&');

const BOTH = "ERRNO(EPERM) without capabilities; ALLOW with Docker's default set: --cap docker";

describe('capabilities that nobody spoke of', () => {
  it.each(['explain', 'simulate'])('%s says in the line what Docker’s default set makes of it', (command) => {
    expect(run(command, 'engine.json', 'chroot').stdout).toMatch(
      new RegExp(`^x86_64: chroot.*: ${escaped(BOTH)}$`, 'm'),
    );
    // Docker's set lacks it, so both say the same.
    expect(run(command, 'engine.json', 'mount').stdout).not.toContain('capabilities');
    expect(run(command, 'engine.json', 'mknod').stdout).toContain(
      "ALLOW without capabilities; ERRNO(EPERM) with Docker's default set: --cap docker",
    );
  });

  it.each([
    ['docker', 'ALLOW', 'ERRNO(EPERM)'],
    ['podman', 'ALLOW', 'ALLOW'],
    ['kubernetes', 'ALLOW', 'ERRNO(EPERM)'],
    ['none', 'ERRNO(EPERM)', 'ALLOW'],
    ['sys_chroot', 'ALLOW', 'ALLOW'],
  ])('--cap %s decides, and nothing is assumed', (cap, chroot, mknod) => {
    const simulate = (call: string) => run('simulate', 'engine.json', call, '--cap', cap).stdout.trim();
    expect(simulate('chroot')).toBe(`x86_64: chroot(path=0x0): ${chroot}`);
    expect(simulate('mknod')).toMatch(new RegExp(`: ${escaped(mknod)}$`));
  });

  it('a set and more make one set', () => {
    const simulate = (...caps: string[]) => run('simulate', 'engine.json', 'mount', ...caps).stdout;
    expect(simulate('--cap', 'docker')).toContain(': ERRNO(EPERM)\n');
    expect(simulate('--cap', 'docker', '--cap', 'sys_admin')).toContain(': ALLOW\n');
  });

  it('explain lists the calls that depend on it apart, in text and JSON', () => {
    const { stdout } = run('explain', 'engine.json');
    expect(stdout).toContain(`  depending on capabilities (2):\n`);
    expect(stdout).toContain(`    chroot: ${BOTH}\n`);
    expect(run('explain', 'engine.json', '--cap', 'none').stdout).not.toContain('capabilities');
    const [answer] = JSON.parse(run('explain', 'engine.json', 'chroot', '--json').stdout);
    expect(answer).toMatchObject({
      decisions: [{ action: { kind: 'ERRNO' } }],
      withDockerCapabilities: [{ action: { kind: 'ALLOW' } }],
    });
  });

  it('diff and implies tell what depends on it, and count what was asked', () => {
    const diff = run('diff', 'open.json', 'engine.json');
    expect(diff.status).toBe(1);
    expect(diff.stdout).toContain('mount: ALLOW → ERRNO(EPERM)\n');
    const text = diff.stdout.replace(/\s+/g, ' ');
    expect(text).toContain(
      "stronger on x86_64: chroot: ALLOW → ERRNO(EPERM) without capabilities; no difference with Docker's default set: --cap docker",
    );
    expect(text).toContain("mknod: ERRNO(EPERM) → ALLOW without capabilities; no difference with Docker's");
    const { dependOnCapabilities } = JSON.parse(run('diff', 'open.json', 'engine.json', '--json').stdout);
    expect(dependOnCapabilities).toHaveLength(2);
    expect(run('diff', 'open.json', 'engine.json', '--cap', 'none').stdout).not.toContain('capabilities');

    const implies = run('implies', 'engine.json', 'open.json');
    expect(implies.status).toBe(1);
    expect(implies.stdout).toContain(
      "without capabilities; engine.json is nowhere more permissive than open.json with Docker's",
    );
  });

  it('compile and convert warn of the entries, with their lines', () => {
    const compile = run('compile', 'engine.json', '--format', 'hex');
    expect(compile.stderr).toMatch(
      /^engine\.json:\d+:\d+: warning: syscalls\[1\]: chroot: the entry is dropped without capabilities; applies with Docker's default set: --cap docker$/m,
    );
    expect(compile.stderr).toContain('mknod: the entry applies without capabilities; is dropped with');
    expect(compile.stderr).not.toContain('mount');
    expect(run('compile', 'engine.json', '--format', 'hex', '--cap', 'docker').stderr).toBe('');
    expect(run('compile', 'plain.json', '--format', 'hex').stderr).toBe('');
    const { warnings } = JSON.parse(run('compile', 'engine.json', '--format', 'json').stdout);
    expect(warnings.map(({ code }: { code: string }) => code)).toEqual([
      'capabilities-assumed',
      'capabilities-assumed',
    ]);
    expect(run('convert', 'engine.json', '--to', 'oci').stderr).toBe(compile.stderr);
  });

  it('--explain-resolution says that nobody said', () => {
    const text = run('compile', 'engine.json', '--explain-resolution').stdout;
    expect(text).toContain("capabilities   none (nobody said; Docker's default set: --cap docker)\n");
    expect(text).toContain(
      "the entry is dropped without capabilities; applies with Docker's default set: --cap docker\n",
    );
    expect(run('compile', 'engine.json', '--explain-resolution', '--cap', 'none').stdout).toContain(
      'capabilities   none\n',
    );
  });

  it('none beside others, and a name that is none, are refused', () => {
    expect(run('simulate', 'engine.json', 'chroot', '--cap', 'none', '--cap', 'kill')).toMatchObject({ status: 2 });
    const typo = run('simulate', 'engine.json', 'chroot', '--cap', 'dokcer');
    expect(typo).toMatchObject({ status: 2, stderr: expect.stringContaining('did you mean docker?') });
  });
});
