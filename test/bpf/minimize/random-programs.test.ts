import { expect, it } from 'vitest';
import { compareRandomPrograms } from './random-programs.js';

it('random programs decide as before', () => {
  const { differences, minimized } = compareRandomPrograms(1807, 60);
  expect(differences).toEqual([]);
  expect(minimized).toBeGreaterThan(45);
});
