import { expect, it } from 'vitest';
import { loadLibseccompSync } from '../../../src/libseccomp/index.js';
import { readDamaged } from './damaged-words.js';

it('a policy with one mistake is refused, has a warning, or is nowhere weaker', { timeout: 120_000 }, () => {
  const { weaker, refused, warned, read } = readDamaged(loadLibseccompSync());
  expect(weaker).toEqual([]);
  expect(refused).toBeGreaterThan(600);
  expect(warned).toBeGreaterThan(50);
  expect(read).toBeGreaterThan(warned);
});
