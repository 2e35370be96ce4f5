import { expect, it } from 'vitest';
import { ARCHITECTURES } from '../../src/architecture.js';
import { learnedArguments } from '../../src/learn/learned-arguments.js';
import { describeUnnamed, numberedMasks, tableMasks } from '../../src/learn/notified-calls.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';

const X86_64 = 0xc000003e;
const AARCH64 = 0xc00000b7;
const of = (number: number, auditArch = X86_64) => describeUnnamed({ number, auditArch });

it('says of a call that a tracer cancelled where it comes from, what becomes of it, and what to do', () => {
  expect(of(-2)).toMatch(/^system call -2 \(x86_64|x32\) was made: .*a tracer .* cancels/);
  expect(of(-2)).toMatch(/without x32 kills the program at it; record without the tracer; .* add x32/);
  // libseccomp's filter lets -1 through to the default, and has no numbers of its own to tell apart elsewhere.
  for (const text of [of(-1), of(-2, AARCH64)]) {
    expect(text).toMatch(
      /gets the default action: an errno does no harm.*; record without the tracer, or keep a default/,
    );
    expect(text).not.toContain('x32 kills');
  }
});

it('says of a number without a name what it may be', () => {
  expect(of(1000)).toMatch(/^system call 1000 \(x86_64\) .* newer .*take a newer version/);
  expect(of(3, 0x12345)).toMatch(/architecture 0x12345.* does not know the architecture/);
});

it('counts by the same arguments with the table of names as with libseccomp', () => {
  const libseccomp = loadLibseccompSync();
  const sorted = (masks: ReturnType<typeof tableMasks>) =>
    [...masks].map(([arch, byNumber]) => ({ arch, calls: [...byNumber].sort(([a], [b]) => a - b) }));
  for (const { name } of ARCHITECTURES) {
    const masks = sorted(tableMasks(name, learnedArguments));
    expect(masks).toEqual(sorted(numberedMasks(libseccomp, name, learnedArguments)));
    expect(masks.every(({ calls }) => calls.length > 0)).toBe(true);
  }
});
