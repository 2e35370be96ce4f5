import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ARCHITECTURES } from '../../src/architecture.js';
import { MULTIPLEXED_CALLS } from '../../src/compiler/multiplexed-calls.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { listSyscalls, numberFinder } from '../../src/libseccomp/syscall-table.js';

const libseccomp = loadLibseccompSync({
  wasm: readFileSync(new URL('../../dist/libseccomp.wasm', import.meta.url)),
});

it('the part of the tables that is searched for own numbers has them all', () => {
  const numberOf = numberFinder(libseccomp);
  let found = 0;
  for (const architecture of ARCHITECTURES) {
    const table = new Map(listSyscalls(libseccomp, architecture).map(({ name, number }) => [name, number]));
    for (const name of MULTIPLEXED_CALLS.keys()) {
      expect({ on: architecture.name, name, number: numberOf(name, architecture) }).toEqual({
        on: architecture.name,
        name,
        number: table.get(name),
      });
      if (table.has(name)) found++;
    }
  }
  expect(found).toBeGreaterThan(50);
});
