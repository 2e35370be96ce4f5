import { expect } from 'vitest';
import type { Machine } from '../port.js';

export function check({ libseccomp }: Machine): void {
  for (const level of [1, 2, 3, 4, 5, 6, 7]) {
    libseccomp.setApiLevel(level);
    expect(libseccomp.getApiLevel()).toBe(level);
  }
  expect(() => libseccomp.setApiLevel(1024)).toThrow('EINVAL');
  expect(libseccomp.getApiLevel()).toBe(7);
}
