import { beforeAll, expect, it } from 'vitest';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { describeDifference, fuzz } from './fuzz.js';
import { requireOracle } from './oracle.js';

beforeAll(requireOracle);

const COUNT = 500;
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

it(`${COUNT} random cases have the same outcome natively (FUZZ_SEED=${SEED}; npm run fuzz runs more)`, {
  timeout: 120_000,
}, () => {
  const differences = fuzz(loadLibseccompSync, SEED, COUNT);
  expect(differences.map(describeDifference)).toEqual([]);
});
