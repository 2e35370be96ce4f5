import { expect } from 'vitest';
import type { Machine } from '../port.js';
import { readUpstream } from '../source.js';

/** The module against the header it was built with. */
export function check({ libseccomp }: Machine): void {
  const header = readUpstream('../include/seccomp.h');
  const defined = ['MAJOR', 'MINOR', 'MICRO'].map(
    (part) => new RegExp(`^#define SCMP_VER_${part}\\s+(\\d+)$`, 'm').exec(header)?.[1],
  );
  expect(libseccomp.version).toBe(defined.join('.'));
}
