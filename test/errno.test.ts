import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { errnoName, errnoNumber } from '../src/errno.js';

it('names the values of asm-generic/errno-base.h and errno.h', () => {
  expect([1, 11, 34, 35, 36, 38, 40, 42, 57, 59, 95, 133].map((errno) => errnoName(errno))).toEqual([
    'EPERM',
    'EAGAIN',
    'ERANGE',
    'EDEADLK',
    'ENAMETOOLONG',
    'ENOSYS',
    'ELOOP',
    'ENOMSG',
    'EBADSLT',
    'EBFONT',
    'EOPNOTSUPP',
    'EHWPOISON',
  ]);
});

it('has no name for 0, the two gaps, and what is past the table', () => {
  for (const errno of [0, 41, 58, 134, 4095, -1, 1.5]) expect(errnoName(errno)).toBeUndefined();
});

it.runIf(process.platform === 'linux' && process.arch === 'x64')('agrees with the C library of this host', () => {
  for (const [name, errno] of Object.entries(constants.errno)) expect([name, errnoNumber(name)]).toEqual([name, errno]);
});

it('names and numbers are each other’s reverse', () => {
  for (let errno = 1; errno <= 133; errno++) {
    const name = errnoName(errno);
    if (name !== undefined) expect(errnoNumber(name)).toBe(errno);
  }
});

it('knows the aliases of errno(3), and no other names', () => {
  expect(errnoNumber('EWOULDBLOCK')).toBe(errnoNumber('EAGAIN'));
  expect(errnoNumber('EDEADLOCK')).toBe(errnoNumber('EDEADLK'));
  expect(errnoNumber('ENOTSUP')).toBe(errnoNumber('EOPNOTSUPP'));
  for (const name of ['', '-', 'eperm', 'ENOPE', 'toString']) expect(errnoNumber(name)).toBeUndefined();
});

it('knows that MIPS, PA-RISC and PowerPC number otherwise', () => {
  expect([errnoNumber('ENOSYS', 'mips64'), errnoNumber('ENOSYS', 'parisc')]).toEqual([89, 251]);
  expect([errnoName(89, 'mipsel'), errnoName(251, 'parisc64'), errnoName(38, 's390x')]).toEqual(
    Array(3).fill('ENOSYS'),
  );
  expect(errnoName(34, 'mips')).toBe('ERANGE');
  expect([errnoNumber('EDEADLOCK', 'ppc64le'), errnoNumber('EDEADLOCK', 'x86_64')]).toEqual([58, 35]);
  for (const architecture of ['mips', 'parisc'] as const) {
    for (let errno = 35; errno <= 1200; errno++) {
      const name = errnoName(errno, architecture);
      if (name !== undefined) expect(errnoNumber(name, architecture)).toBe(errno);
    }
  }
});
