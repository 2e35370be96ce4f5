import { beforeAll, describe, expect, it } from 'vitest';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { randomCases } from './fuzz.js';
import { buildVariant } from './patch-variants.js';
import { compareWithSecond, hasSecond, LACKING, SECOND_RELEASE } from './second-oracle.js';

const COUNT = 2000;
/**
 * What patches of ours make different in these cases. The others count work and take less of it (11, 13), need a filter for the
 * other byte order that is longer than these (7), or other names (14): test/native/upstream-faults.test.ts has them.
 */
const CHANGING = [9, 10, 12];

describe.skipIf(!hasSecond)(`libseccomp ${SECOND_RELEASE} as Debian built it`, () => {
  // Compiling libseccomp several times takes a while; the objects are kept under build/.
  beforeAll(() => {
    buildVariant('oracle', { without: LACKING });
  }, 240_000);

  it(`answers ${COUNT} random cases as the wasm does, but for what patches of ours change`, {
    timeout: 900_000,
  }, () => {
    const cases = randomCases(loadLibseccompSync, 1, COUNT);
    expect(cases.length).toBeGreaterThan(COUNT * 0.99);
    const differences = compareWithSecond(cases);
    expect(differences.filter(({ patches }) => patches === undefined)).toEqual([]);
    const blamed = new Set(differences.flatMap(({ patches = [] }) => patches));
    expect([...blamed].sort((a, b) => a - b)).toEqual(CHANGING);
  });
});
