import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CProgram, compileC } from './c-program.js';

// docs/field/kernel.md: what the kernel does, asked of the one that runs. Each test is one row there.

const KERNEL = `Linux ${release()}`;
const lacking =
  process.platform !== 'linux' || process.arch !== 'x64'
    ? 'it takes Linux on x86_64'
    : process.getuid?.() !== 0
      ? 'it takes root'
      : undefined;
if (lacking) {
  if (process.env.CI && process.platform === 'linux' && process.arch === 'x64') throw new Error(`facts: ${lacking}`);
  console.warn(`SKIPPED facts.test.ts: ${lacking}`);
}

/** Whether this kernel is one from a release on; what is said about older ones was read. */
const since = (major: number, minor: number): boolean => {
  const [one = 0, two = 0] = release().split('.').map(Number);
  const is = one > major || (one === major && two >= minor);
  if (!is) console.warn(`SKIPPED in facts.test.ts: ${KERNEL} is older than ${major}.${minor}`);
  return is;
};

/** The lines of a program, by what stands before the last colon. */
function linesOf(program: CProgram): ReadonlyMap<string, string> {
  return new Map(
    program.lines(new Uint8Array()).map((line) => {
      const at = line.lastIndexOf(': ');
      return [line.slice(0, at), line.slice(at + 2)];
    }),
  );
}

describe.skipIf(lacking)(`facts of ${KERNEL}`, () => {
  const programs: CProgram[] = [];
  const run = (name: string) => {
    const program = compileC(name);
    programs.push(program);
    return linesOf(program);
  };
  afterAll(() => {
    for (const program of programs) program.remove();
  });

  describe('a listener', () => {
    let seen: ReadonlyMap<string, string>;
    beforeAll(() => {
      seen = run('facts-notify');
    });

    it('is not told of a call that a signal interrupts before RECV: the call fails, and RECV with ENOENT', () => {
      expect(seen.get('interrupted')).toBe('the call fails with EINTR, RECV with ENOENT');
    });

    it('is asked again where the handler restarts calls, and RECV fails once for the first question', () => {
      expect(seen.get('restarted')).toBe('RECV 0, then ENOENT');
    });

    it('cannot put a descriptor past the target’s RLIMIT_NOFILE', () => {
      expect(seen.get('limit 3, all in use')).toBe('ADDFD EMFILE, SETFD 3 EBADF, SETFD 2 2');
    });
  });

  describe('filters', () => {
    let seen: ReadonlyMap<string, string>;
    beforeAll(() => {
      seen = run('facts-filters');
    });

    it('PTRACE_SECCOMP_GET_FILTER counts from the one installed first', () => {
      expect(seen.get('filters by index')).toBe('1, 4');
    });

    it('TSYNC brings threads along whose filters the caller has, and its later ones with it', () => {
      expect(seen.get("tsync, the thread's filters are the caller's earlier ones")).toBe("0, the thread's call 7");
      expect(seen.get('tsync, the thread has one of its own')).toBe("a thread's number, the thread's call 5");
    });

    it.skipIf(!since(6, 14))('uretprobe and uprobe are not asked about', () => {
      expect(seen.get('call 335 under ERRNO(7)')).toBe('Illegal instruction');
      expect(seen.get('call 400 under ERRNO(7)')).toBe('7');
    });

    it.skipIf(!since(6, 18))('uprobe, and what it answers outside of a trampoline', () => {
      expect(seen.get('call 336 under ERRNO(7)')).toBe('6');
    });

    it('a call through the vsyscall page is asked about, with its address as the instruction pointer', () => {
      expect(seen.get('vsyscall')).toMatch(/^(7|Segmentation fault)$/);
    });

    it.skipIf(!since(5, 11))('the cache of actions understands numbers, architectures, jumps and AND', () => {
      expect(seen.get('cache')).toBe('a call that it knows takes less than half the cycles');
      const cached = [...seen].flatMap(([name, text]) =>
        /^cache, .*/.test(name) && text.startsWith('known') ? name : [],
      );
      expect(cached).toEqual(['number', 'architecture', 'JGT, JGE, JSET', 'AND'].map((name) => `cache, ${name}`));
      expect([...seen.keys()].filter((name) => name.startsWith('cache, '))).toHaveLength(13);
    });
  });
});

describe.skipIf(lacking)(`records of ${KERNEL}`, () => {
  let seen: ReadonlyMap<string, string> | undefined;
  let program: CProgram;
  beforeAll(() => {
    program = compileC('facts-records');
    try {
      seen = linesOf(program);
    } catch (error) {
      if (!String(error).includes('ended with 77')) throw error;
      console.warn('SKIPPED in facts.test.ts: the audit subsystem is off here, or cannot be listened to');
    }
  });
  afterAll(() => program.remove());
  const expectRecords = (expected: Record<string, string>) => {
    if (seen)
      expect(Object.fromEntries(Object.keys(expected).map((name) => [name, seen?.get(name)]))).toEqual(expected);
  };

  it('ERRNO and TRAP leave one with FLAG_LOG alone, a kill and RET_LOG always', () => {
    expectRecords({
      ERRNO: '0',
      'ERRNO with LOG': '1, sig=0 code=0x50000',
      TRAP: '0',
      'TRAP with LOG': '1, sig=0 code=0x30000',
      RET_LOG: '1, sig=0 code=0x7ffc0000',
      KILL_THREAD: '1, sig=31 code=0x0',
    });
  });

  it('the flag that counts is that of the filter whose answer is taken', () => {
    expectRecords({
      'ERRNO with LOG, then ERRNO': '0',
      'ERRNO, then ERRNO with LOG': '1, sig=0 code=0x50000',
      'ERRNO with LOG, then ALLOW': '1, sig=0 code=0x50000',
      'ERRNO, then ALLOW with LOG': '0',
    });
  });

  it('a burst is whole by multicast', () => {
    expectRecords({ 'a burst, by multicast': 'all' });
  });

  // Whether something reads the records instead of the log, as auditd does, and the limit are the machine's own.
  it.runIf(isLimited())('the kernel’s log has not all of it', () => {
    expectRecords({ "a burst, in the kernel's log": 'not all' });
  });
});

function isLimited(): boolean {
  const limit = '/proc/sys/kernel/printk_ratelimit';
  return existsSync(limit) && readFileSync(limit, 'utf8').trim() !== '0';
}
