import { expect, it } from 'vitest';
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
  expect(stdout.trim().split('\n')).toHaveLength(23);
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
