import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { thisHost } from '../../native-loader/libc/host.js';
import { errnoName, libc, openLibc } from '../../native-loader/libc/libc.js';
import { UnsupportedHostError } from '../../src/errors.js';

const catchError = (call: () => unknown): Error => {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was raised');
};

describe('openLibc', () => {
  it.each(['darwin', 'win32', 'freebsd'])('refuses %s by name, without loading koffi', (platform) => {
    const loadKoffi = () => {
      throw new Error('koffi was loaded');
    };
    const error = catchError(() => openLibc({ ...thisHost, platform }, loadKoffi));
    expect(error).toBeInstanceOf(UnsupportedHostError);
    expect(error.message).toContain(platform);
  });

  it('says that koffi is missing, and why', () => {
    const cause = new Error("Cannot find module 'koffi'");
    const loadKoffi = () => {
      throw cause;
    };
    const error = catchError(() => openLibc({ platform: 'linux', arch: 's390x', endianness: 'big' }, loadKoffi));
    expect(error).toBeInstanceOf(UnsupportedHostError);
    expect(error.message).toMatch(/koffi.*linux-s390x/);
    expect(error.cause).toBe(cause);
  });

  it('refuses a machine whose system call numbers are not known', () => {
    expect(() => openLibc({ platform: 'linux', arch: 'sparc64', endianness: 'big' })).toThrow(UnsupportedHostError);
  });
});

describe.skipIf(process.platform !== 'linux')('libc', () => {
  it('returns results, and -errno for failures', () => {
    expect(libc().prctl(39, 0)).toBeGreaterThanOrEqual(0); // PR_GET_NO_NEW_PRIVS
    expect(errnoName(-libc().fcntl(-1, 1, 0))).toBe('EBADF');
    expect(errnoName(-libc().execve(null, null, null))).toBe('EFAULT');
  });

  it('keeps memory where it is, with the bytes laid out for its address', () => {
    const c = libc();
    let base = 0n;
    const pointer = c.allocate(3, (address) => {
      base = address;
      return Uint8Array.of(1, 2, 3);
    });
    expect(pointer).toBe(base);
    c.free(pointer);
  });
});

describe('errnoName', () => {
  it('takes the first of two names for a number', () => {
    expect(errnoName(constants.errno.EAGAIN)).toBe('EAGAIN');
    expect(errnoName(9999)).toBe('errno 9999');
  });
});
