import { expect, it } from 'vitest';
import { loadLibseccompSync } from '../../../src/libseccomp/index.js';
import { FOLDERS, readDamagedFiles, realFiles } from './damaged-files.js';

// `npm run fuzz` does it without end.
it('a real file with one damage is refused in our words, or allows more only where the damage stands', () => {
  const files = realFiles(FOLDERS.slice(0, 3));
  expect(files.length).toBeGreaterThan(18);
  const { faults, refused, same, other } = readDamagedFiles(loadLibseccompSync(), files, 1, 250);
  expect(faults).toEqual([]);
  expect(refused).toBeGreaterThan(70);
  expect(same).toBeGreaterThan(40);
  expect(other).toBeGreaterThan(5);
});
