import { describe, expect, it } from 'vitest';
import { ARCHITECTURES } from '../../src/architecture.js';
import { listSyscalls, loadLibseccompSync } from '../../src/libseccomp/index.js';
import { syscallName } from '../../src/syscalls/syscall-name.js';

const libseccomp = loadLibseccompSync();

describe('the table of names, which needs no wasm', () => {
  it.each(ARCHITECTURES)(
    'is that of libseccomp for $name: else run scripts/generate-syscall-numbers.mjs',
    (architecture) => {
      const calls = listSyscalls(libseccomp, architecture);
      expect(calls.length).toBeGreaterThan(280);
      for (const { name, number } of calls)
        expect([number, syscallName(number, architecture.name)]).toEqual([number, name]);
      const known = new Set(calls.map(({ number }) => number));
      const first = calls[0]!.number;
      const more: number[] = [];
      for (let number = first - 2000; number < first + 0x2000; number++) {
        if (!known.has(number) && syscallName(number, architecture.name) !== undefined) more.push(number);
      }
      expect(more).toEqual([]);
    },
  );

  it.each([-1, 1.5, Number.NaN, 2 ** 31, 2 ** 32 + 1])('has nothing for %d', (number) => {
    for (const { name } of ARCHITECTURES) expect(syscallName(number, name)).toBeUndefined();
  });
});
