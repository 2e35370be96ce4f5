import { expect, it } from 'vitest';
import { readShare, shareAfterKey, shareAt } from '../../src/playground/pane-share.js';

it('a pane is folded when it is dragged to nothing, and never too small to read', () => {
  expect(shareAt(0.5, true)).toBe(0.5);
  expect(shareAt(0.05, true)).toBe(0);
  expect(shareAt(-3, true)).toBe(0);
  expect(shareAt(0.12, true)).toBe(0.18);
  expect(shareAt(0.86, true)).toBe(0.82);
  expect(shareAt(0.95, true)).toBe(1);
  expect(shareAt(0.95, false)).toBe(0.82);
  expect(shareAt(Number.NaN, true)).toBe(0);
});

it('keys move it, fold it and bring it back', () => {
  const press = (key: string, share: number) => shareAfterKey(key, share, 0.38, 'columns', true);
  expect(press('ArrowRight', 0.4)).toBeCloseTo(0.42);
  expect(press('ArrowLeft', 0.4)).toBeCloseTo(0.38);
  expect(press('ArrowLeft', 0.18)).toBe(0.18);
  expect(press('Home', 0.5)).toBe(0.18);
  expect(press('End', 0.5)).toBe(0.82);
  expect(press('Enter', 0.5)).toBe(0);
  expect(press('Enter', 0)).toBe(0.38);
  expect(press('Enter', 1)).toBe(0.38);
  expect(press('ArrowRight', 0)).toBeCloseTo(0.18);
  expect(press('ArrowLeft', 1)).toBeCloseTo(0.82);
  expect(press('ArrowUp', 0.5)).toBeUndefined();
  expect(shareAfterKey('ArrowUp', 0.5, 0.3, 'rows', false)).toBeCloseTo(0.48);
});

it('what was kept is used where it is a share', () => {
  expect(readShare('0.5', 0.38, true)).toBe(0.5);
  expect(readShare('0', 0.38, true)).toBe(0);
  for (const text of [null, '', 'x', '7', '-1', 'NaN']) expect(readShare(text || null, 0.38, true)).toBe(0.38);
});
