import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, type ArchitectureName } from '../../src/architecture.js';
import {
  listSyscalls,
  loadLibseccompSync,
  lookUpSyscallName,
  lookUpSyscallNumber,
} from '../../src/libseccomp/index.js';

const libseccomp = loadLibseccompSync();

/** A call's number by architecture, of those that have one. */
function numbersOf(name: string): Partial<Record<ArchitectureName, number>> {
  const entries = lookUpSyscallName(libseccomp, name).filter(({ number }) => number !== undefined);
  return Object.fromEntries(entries.map(({ architecture, number }) => [architecture, number]));
}

/** The names of a number by architecture. */
function namesOf(number: number): Partial<Record<ArchitectureName, string>> {
  return Object.fromEntries(
    lookUpSyscallNumber(libseccomp, number).map(({ architecture, name }) => [architecture, name]),
  );
}

const entryOf = (name: string, architecture: ArchitectureName) =>
  lookUpSyscallName(libseccomp, name).find((entry) => entry.architecture === architecture);

// Numbers from the kernel's tables: arch/*/*.tbl, scripts/syscall.tbl.
describe('lookUpSyscallName', () => {
  it('finds a call that all have, with the bases of mips and x32', () => {
    expect(numbersOf('openat')).toEqual({
      x86: 295,
      x86_64: 257,
      x32: 0x40000000 + 257,
      arm: 322,
      aarch64: 56,
      loongarch64: 56,
      m68k: 288,
      mips: 4288,
      mipsel: 4288,
      mips64: 5247,
      mipsel64: 5247,
      mips64n32: 6251,
      mipsel64n32: 6251,
      parisc: 275,
      parisc64: 275,
      ppc: 286,
      ppc64: 286,
      ppc64le: 286,
      s390: 288,
      s390x: 288,
      riscv64: 56,
      sheb: 295,
      sh: 295,
    });
  });

  it('tells a call with a number of its own from one behind a multiplexer, and from both', () => {
    expect(entryOf('socket', 'x86_64')).toEqual({ architecture: 'x86_64', name: 'socket', number: 41 });
    const socketcall = { name: 'socketcall', number: 102 };
    expect(entryOf('socket', 'x86')).toEqual({
      architecture: 'x86',
      name: 'socket',
      number: 359,
      multiplexer: socketcall,
    });
    expect(entryOf('socket', 's390x')?.multiplexer).toEqual(socketcall);
    expect(entryOf('shmat', 'x86')).toMatchObject({ number: 397, multiplexer: { name: 'ipc', number: 117 } });
    expect(entryOf('shmat', 'x86_64')).toEqual({ architecture: 'x86_64', name: 'shmat', number: 30 });
    expect(entryOf('shmat', 'aarch64')?.multiplexer).toBeUndefined();
  });

  it('has x32 calls with bit 30, also those that are its own', () => {
    expect(numbersOf('execve')).toMatchObject({ x86_64: 59, x32: 0x40000000 + 520 });
  });

  it('leaves out architectures that lack the call', () => {
    expect(numbersOf('uprobe')).toEqual({ x86_64: 336, x32: 0x40000000 + 336 });
    expect(numbersOf('listns')).toMatchObject({ x86_64: 470, s390x: 470, x32: 0x40000000 + 470, mips: 4470 });
    expect(numbersOf('listns').s390).toBeUndefined();
    expect(numbersOf('_llseek')).toMatchObject({ x86: 140, parisc: 140 });
    for (const architecture of ['parisc64', 'x86_64', 'aarch64'] as const) {
      expect(entryOf('_llseek', architecture)).toBeUndefined();
    }
  });

  it('finds nothing for a name that is none', () => {
    for (const name of ['', 'nope', 'OPENAT', 'openat ', 'openat\0', 'x'.repeat(10_000)]) {
      expect(lookUpSyscallName(libseccomp, name)).toEqual([]);
    }
  });
});

describe('lookUpSyscallNumber', () => {
  it('says what a number means where', () => {
    expect(namesOf(56)).toMatchObject({ x86_64: 'clone', aarch64: 'openat', riscv64: 'openat' });
    expect(namesOf(0x40000000 + 257)).toEqual({ x32: 'openat' });
    expect(namesOf(4288)).toEqual({ mips: 'openat', mipsel: 'openat' });
    expect(namesOf(5247)).toEqual({ mips64: 'openat', mipsel64: 'openat' });
    expect(namesOf(6251)).toEqual({ mips64n32: 'openat', mipsel64n32: 'openat' });
  });

  it('does not take an offset for a number where the numbers have a base', () => {
    const bases: ArchitectureName[] = ['mips', 'mipsel', 'mips64', 'mipsel64', 'mips64n32', 'mipsel64n32', 'x32'];
    for (const architecture of bases) expect(namesOf(257)[architecture]).toBeUndefined();
  });

  it('finds nothing where there is nothing', () => {
    for (const number of [-1, -101, 1023, 3999, 7000, 0x3fffffff, 0x7fffffff]) {
      expect(lookUpSyscallNumber(libseccomp, number)).toEqual([]);
    }
  });
});

describe('every number', () => {
  const FIRST: Partial<Record<ArchitectureName, number>> = {
    mips: 4000,
    mipsel: 4000,
    mips64: 5000,
    mipsel64: 5000,
    mips64n32: 6000,
    mipsel64n32: 6000,
    x32: 0x40000000,
  };

  it.each(ARCHITECTURES)('of $name has a name that leads back to it', (architecture) => {
    const first = FIRST[architecture.name] ?? 0;
    let calls = 0;
    for (let number = first; number < first + 1024; number++) {
      const name = libseccomp.resolveSyscallNumber(number, architecture);
      if (name === undefined) continue;
      calls++;
      const back = libseccomp.resolveSyscallName(name, architecture) as number;
      if (back === number) continue;
      // socket(2), shmat(2) and their like have a pseudo-number: their own and the multiplexer's are both theirs.
      const rewritten = libseccomp.resolveSyscallNameRewrite(name, architecture) as number;
      expect([name, back < -99]).toEqual([name, true]);
      expect([name, libseccomp.resolveSyscallNumber(rewritten, architecture)]).toEqual([
        name,
        expect.stringMatching(/^(socketcall|ipc)$/),
      ]);
      const entry = lookUpSyscallName(libseccomp, name).find((each) => each.architecture === architecture.name);
      expect(entry).toMatchObject({ number, multiplexer: { number: rewritten } });
    }
    expect(calls).toBeGreaterThan(270);
  });
});

describe('the numbers of names', () => {
  it('are different ones on an architecture, which contestedRulesOf relies on', () => {
    const names = new Set(ARCHITECTURES.flatMap((each) => listSyscalls(libseccomp, each).map(({ name }) => name)));
    expect(names.size).toBeGreaterThan(500);
    for (const architecture of ARCHITECTURES) {
      const numbers = [...names]
        .map((name) => libseccomp.resolveSyscallName(name, architecture) ?? -1)
        .filter((number) => number >= 0);
      expect(new Set(numbers).size).toBe(numbers.length);
    }
  });
});
