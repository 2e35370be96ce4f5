import { describe, expect, it } from 'vitest';
import { scmp } from './scmp.js';

const resolve = (...args: string[]) => {
  const { status, stdout, stderr } = scmp(['resolve', ...args]);
  return { status, stdout: stdout.toString(), stderr };
};

it('shows a system call on every architecture, as a table and as JSON', () => {
  const { status, stdout, stderr } = resolve('socket');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^x86 +359 {2}socket {2}since Linux 4\.3 +also through socketcall \(102\)$/m);
  expect(stdout).toMatch(/^x86_64 +41 {2}socket {2}Linux 3\.0 or before$/m);
  expect(stdout.trim().split('\n')).toHaveLength(24);
  expect(stdout).toMatch(/\n {4}socket\(domain: int, type: int, protocol: int\)\n$/);
  const entries = JSON.parse(resolve('socket', '--json').stdout) as { architecture: string; number?: number }[];
  expect(entries.find(({ architecture }) => architecture === 'riscv64')).toMatchObject({
    name: 'socket',
    number: 198,
    since: '4.15',
  });
});

it('shows what a number is, which differs', () => {
  const { stdout } = resolve('0x101');
  expect(stdout).toMatch(/^x86_64 +257 {2}openat +Linux 3\.0 or before$/m);
  expect(stdout).toMatch(/^x86 +257 {2}remap_file_pages +Linux 3\.0 or before$/m);
});

it('says no, and what may be meant', () => {
  expect(resolve('openatt')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'scmp: no architecture has a system call "openatt"; did you mean openat?\n',
  });
  expect(resolve('nothing_like_it').stderr).toBe('scmp: no architecture has a system call "nothing_like_it"\n');
  expect(resolve('nothing_like_it', '--json')).toEqual({ status: 1, stdout: '[]\n', stderr: '' });
});

describe('several at once', () => {
  it('are one table on one architecture, with arguments, groups of systemd too', () => {
    const { status, stdout, stderr } = resolve('openat', 'ptrace', '@file-system', '--arch', 'arm64');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /^aarch64 +56 {2}openat +since Linux 3\.7 +\(dirfd: fd, pathname: string, flags: int, mode: mode\)$/m,
    );
    expect(stdout).toMatch(/^aarch64 +117 {2}ptrace /m);
    expect(stdout).toMatch(/^aarch64 +34 {2}mkdirat /m);
    expect(stdout).toMatch(/^ {4}not there: access, chmod, /m);
  });

  it('a group of groups has all their calls', () => {
    const { stdout } = resolve('@system-service', '--arch', 'x86_64');
    for (const name of ['read', 'futex', 'umask']) expect(stdout).toMatch(new RegExp(`^x86_64 +\\d+ {2}${name} `, 'm'));
  });

  it('have a table each on every architecture', () => {
    const { stdout } = resolve('openat', 'arch_prctl');
    expect(stdout).toContain('    openat(dirfd: fd');
    expect(stdout).toContain('    arch_prctl(');
    const rows = JSON.parse(resolve('openat', 'arch_prctl', '--json').stdout) as { query: string }[];
    expect(new Set(rows.map(({ query }) => query))).toEqual(new Set(['openat', 'arch_prctl']));
  });

  it('say which is not there, and show the others', () => {
    const { status, stdout, stderr } = resolve('openat', 'opne', '--arch', 'arm64');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^aarch64 +56 {2}openat /);
    expect(stderr).toBe('scmp: no architecture has a system call "opne"; did you mean open?\n');
    expect(resolve('open', '--arch', 'arm64').stderr).toBe('scmp: aarch64 has no system call "open"\n');
    expect(resolve('@file-sytem')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('did you mean @file-system?'),
    });
  });
});
