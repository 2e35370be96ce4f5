import { expect, it } from 'vitest';
import { syscallPurpose } from '../../src/syscalls/purposes.js';
import { knownSyscalls } from '../../src/syscalls/signature.js';

it('says of every system call what it does', () => {
  expect(knownSyscalls().filter((name) => !syscallPurpose(name))).toEqual([]);
});

it('says it in a few words, and nothing of what is no call', () => {
  expect(syscallPurpose('openat')).toBe('open a file, or make one');
  expect(syscallPurpose('fcntl')).toBe('change a file descriptor: duplicate, flags, locks');
  expect(syscallPurpose('no_such_call')).toBeUndefined();
  for (const name of knownSyscalls()) expect(syscallPurpose(name)!.length).toBeLessThan(60);
});
