import { describe, expect, it } from 'vitest';
import { type ArgumentComparison, FilterContext, loadLibseccompSync } from '../../src/libseccomp/index.js';
import type { Action } from '../../src/policy.js';

const libseccomp = loadLibseccompSync();
const EPERM: Action = { kind: 'ERRNO', data: 1 };
const ENOENT: Action = { kind: 'ERRNO', data: 2 };
const A0_IS_1: ArgumentComparison[] = [{ index: 0, op: 'EQ', value: 1n }];
const filterFor = (architecture: 'x86_64' | 'aarch64' = 'x86_64') =>
  new FilterContext(libseccomp, { architecture, defaultAction: { kind: 'ALLOW' } });

// A rule that is refused, and a rejected transaction, put back a snapshot; it must be one of the filter as it is now.
describe('what a refused rule or a rejected transaction puts back', () => {
  const refused = (filter: FilterContext) => expect(() => filter.addRule(ENOENT, 'read', A0_IS_1)).toThrow('-EEXIST');
  const rejected = (filter: FilterContext) => {
    filter.startTransaction();
    filter.addRule(EPERM, 'chdir');
    filter.rejectTransaction();
  };

  describe.each([
    ['a refused rule', refused],
    ['a rejected transaction', rejected],
  ])('%s', (_, undo) => {
    function expectKept(change: (filter: FilterContext) => void): void {
      using filter = filterFor();
      filter.addRule(EPERM, 'read', A0_IS_1);
      for (const name of ['write', 'getcwd']) filter.addRule(EPERM, name);
      change(filter);
      const before = filter.exportBpf();
      undo(filter);
      expect(filter.exportBpf()).toEqual(before);
      // Once more, now that a snapshot is at hand.
      filter.addRule(EPERM, 'openat');
      const later = filter.exportBpf();
      undo(filter);
      expect(filter.exportBpf()).toEqual(later);
    }

    it('keeps an architecture added after the last rule', () => {
      expectKept((filter) => filter.addArchitecture('aarch64'));
    });

    it('keeps an architecture removed', () => {
      expectKept((filter) => {
        filter.addArchitecture('x86');
        filter.addRule(EPERM, 'close', A0_IS_1);
        filter.removeArchitecture('x86');
      });
    });

    it('keeps what was merged', () => {
      expectKept((filter) => filter.merge(filterFor('aarch64')));
    });

    it('keeps priorities', () => {
      expectKept((filter) => {
        filter.setSyscallPriority('read', 200);
        filter.setSyscallPriority('getcwd', 100);
      });
    });
  });

  it('puts back the byte order', () => {
    using filter = filterFor();
    filter.addRule(EPERM, 'getcwd');
    const before = filter.exportBpf();
    filter.startTransaction();
    filter.removeArchitecture('x86_64');
    filter.addArchitecture('s390x');
    filter.rejectTransaction();
    expect(filter.exportBpf()).toEqual(before);
    expect(() => filter.addArchitecture('s390x')).toThrow('byte order');
  });

  it('puts back the last architecture', () => {
    using filter = filterFor();
    const before = filter.exportBpf();
    filter.startTransaction();
    filter.removeArchitecture('x86_64');
    filter.rejectTransaction();
    expect(filter.exportBpf()).toEqual(before);
  });
});
