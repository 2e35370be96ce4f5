import { beforeAll, expect, it } from 'vitest';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { FUZZ_SEED } from '../fast-check.js';
import { describeDifference, fuzz } from './fuzz.js';
import { requireOracle } from './oracle.js';

beforeAll(requireOracle);

const COUNT = 500;

it(`${COUNT} random cases have the same outcome natively (FUZZ_SEED=${FUZZ_SEED}; npm run fuzz runs more)`, {
  timeout: 120_000,
}, () => {
  const differences = fuzz(loadLibseccompSync, FUZZ_SEED, COUNT);
  expect(differences.map(describeDifference)).toEqual([]);
});
