import { describe, expect, it } from 'vitest';
import { describeCall } from '../../src/syscalls/index.js';

describe('describeCall', () => {
  it.each<[string, bigint[], string]>([
    ['openat', [0xffffff9cn, 0x10n, 0x80000n, 0o644n], 'openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC, 0o644)'],
    ['openat', [0xdead00000003n, 0x10n, 0n, 0n], 'openat(3, "/etc/passwd", O_RDONLY)'],
    ['socket', [1n, 0x80801n, 0n], 'socket(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, IPPROTO_IP)'],
    ['kill', [0xffffffffn, 9n], 'kill(-1, SIGKILL)'],
    ['read', [0n, 0x7f00n, 100n], 'read(0, 0x7f00, 100)'],
    [
      'mmap',
      [0n, 8192n, 3n, 0x22n, 0xffffffffffffffffn, 0n],
      'mmap(0, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)',
    ],
    ['getpid', [1n, 2n, 3n], 'getpid()'],
    ['no_such_call', [1n, 255n], 'no_such_call(0x1, 0xff)'],
    ['execve', [0n, 1n, 2n], 'execve(NULL, 0x1, 0x2)'],
  ])('%s', (name, args, text) => {
    expect(describeCall(name, args, 'x86_64', () => '/etc/passwd')).toBe(text);
  });

  it('cuts long strings, and shows an address where one cannot be read', () => {
    expect(describeCall('chdir', [16n], 'x86_64', () => 'x'.repeat(100))).toBe(`chdir("${'x'.repeat(80)}…")`);
    expect(describeCall('chdir', [16n], 'x86_64')).toBe('chdir(0x10)');
  });
});
