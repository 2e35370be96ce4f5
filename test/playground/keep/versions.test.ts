import { expect, it } from 'vitest';
import { isWorthKeeping, type KeptVersion, outdated, VERSION_LIMITS } from '../../../src/playground/keep/versions.js';
import { DEFAULT_SETTINGS } from '../../../src/playground/settings/settings.js';
import fc from '../../fast-check.js';

const version = (id: number, text = `text ${id}`, time = id): KeptVersion => ({
  ...{ id, text, time },
  source: 'p.json',
  settings: DEFAULT_SETTINGS,
});

it('the same text goes up instead of standing there twice; another name or setting is another version', () => {
  const kept = [version(1, 'a'), version(2, 'b'), version(3, 'c')];
  expect(outdated(kept, version(4, 'a'))).toEqual([1]);
  expect(outdated(kept, { ...version(4, 'a'), source: 'q.json' })).toEqual([]);
  expect(outdated(kept, { ...version(4, 'a'), settings: { ...DEFAULT_SETTINGS, arch: 'aarch64' } })).toEqual([]);
});

it('the oldest go first, by time, whatever order they were found in', () => {
  const kept = Array.from({ length: VERSION_LIMITS.versions }, (_, index) => version(index, undefined, 1000 - index));
  expect(outdated(kept, version(500, 'new', 2000))).toEqual([VERSION_LIMITS.versions - 1]);
  expect(outdated(kept, version(500, 'new', 2000), 0.25).length).toBe(VERSION_LIMITS.versions * 0.75 + 1);
});

it('what is kept stays within the limits, and the newest is never what goes', () => {
  const sizes = fc.array(fc.nat(VERSION_LIMITS.text), { maxLength: 130 });
  fc.assert(
    fc.property(sizes, fc.nat(VERSION_LIMITS.text), (all, size) => {
      const kept = all.map((length, id) => version(id, `${id} `.padEnd(length)));
      const gone = new Set(outdated(kept, version(1000, 'n'.padEnd(size), 1000)));
      const left = kept.filter(({ id }) => !gone.has(id));
      expect(left.length + 1).toBeLessThanOrEqual(VERSION_LIMITS.versions);
      const characters = left.reduce((sum, { text }) => sum + text.length, size);
      expect(characters).toBeLessThanOrEqual(VERSION_LIMITS.characters);
      // None goes while there is room for it.
      const newest = kept.at(-1);
      if (newest && newest.text.length + size < VERSION_LIMITS.characters / 2) expect(left).toContain(newest);
    }),
    { numRuns: 30 },
  );
});

it('what nobody misses is not kept, nor what is too long', () => {
  expect(isWorthKeeping(version(1, ' \n'))).toBe(false);
  expect(isWorthKeeping(version(1, 'x'.repeat(VERSION_LIMITS.text + 1)))).toBe(false);
  expect(isWorthKeeping(version(1))).toBe(true);
});
