import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RUNTIME_NAMES } from '../../src/compiler/runtime.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { FUZZ_SEED } from '../fast-check.js';
import { compareRandomProfiles } from './random-profiles.js';

const COUNT = Number(process.env.FUZZ_COUNT ?? 500);

it(`${COUNT} random profiles decide as an evaluator of their own says (FUZZ_SEED=${FUZZ_SEED}; npm run fuzz asks 20,000)`, () => {
  const tally = compareRandomProfiles(loadLibseccompSync(), FUZZ_SEED, COUNT);
  // A difference begins with its seed: FUZZ_SEED=… FUZZ_COUNT=1 runs that profile alone.
  expect(tally.differences).toEqual([]);
  if (COUNT < 500) return;
  // Otherwise nothing would have been asked.
  expect(tally.compiled).toBeGreaterThan(0.6 * COUNT);
  expect(tally.calls - tally.ambiguous).toBeGreaterThan(30 * COUNT);
  const actions = ['ALLOW', 'ERRNO', 'KILL_PROCESS', 'KILL_THREAD', 'LOG', 'NOTIFY', 'TRACE', 'TRAP'];
  const fewest = Object.fromEntries([...actions, ...RUNTIME_NAMES].map((name) => [name, tally.seen[name] ?? 0]));
  expect(Object.entries(fewest).filter(([, count]) => count < COUNT / 20)).toEqual([]);
  // What libseccomp cannot do, and not more of it.
  expect(tally.refused.MISCOMPILED ?? 0).toBeLessThan(0.04 * COUNT);
  expect(tally.refused.RULE_REFUSED ?? 0).toBeLessThan(0.25 * COUNT);
});

it('the evaluator knows nothing of what it judges', () => {
  const text = readFileSync(new URL('evaluate-profile.ts', import.meta.url), 'utf8');
  const imports = [...text.matchAll(/\bfrom '([^']+)'/g)].map((match) => match[1]);
  expect(imports.length).toBeGreaterThan(0);
  expect(
    imports.filter(
      (each) => !/^..\/..\/src\/(architecture|errno|syscalls\/first-linux|libseccomp\/[\w-]+)\.js$/.test(each!),
    ),
  ).toEqual([]);
});
