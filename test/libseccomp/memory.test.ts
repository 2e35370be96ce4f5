import { expect, it, onTestFinished } from 'vitest';
import { FilterContext, LibseccompError, loadLibseccompSync } from '../../src/libseccomp/index.js';
import type { Action, CompareOperator } from '../../src/policy.js';

/**
 * So many that the smallest block, 16 bytes, left behind in one of seven rounds would fill more than a page of 64 KiB.
 * `COMPILES=1000000 npx vitest run test/libseccomp/memory.test.ts` for more.
 */
const COMPILES = Number(process.env.COMPILES ?? 40_000);
const WARM_UP = 100;

const EPERM: Action = { kind: 'ERRNO', data: 1 };
const OPERATORS: CompareOperator[] = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'];

const libseccomp = loadLibseccompSync();

// Not vitest's: that one would take most of the time.
function expectError(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (error instanceof LibseccompError) return;
    throw error;
  }
  throw new Error(`no error from ${run}`);
}

/** A filter from beginning to end, a little different each time, with every kind of error on the way. */
function compile(round: number): void {
  using filter = new FilterContext(libseccomp, { defaultAction: { kind: 'ALLOW' }, architecture: 'x86_64' });
  filter.addArchitecture('x86');
  if (round % 2 === 1) filter.setAttribute('CTL_OPTIMIZE', 2);
  for (let syscall = 0; syscall < 8; syscall++) {
    const op = OPERATORS[(round + syscall) % OPERATORS.length]!;
    filter.addRule(EPERM, syscall, [{ index: syscall % 6, op, value: BigInt(round) << 20n, valueTwo: 1n }]);
  }
  filter.addRule(EPERM, 'socket', [{ index: 0, op: 'EQ', value: 16n }]);

  expectError(() => filter.addRule({ kind: 'ALLOW' }, 'getcwd')); // EACCES
  expectError(() => filter.addRule(EPERM, -2)); // EINVAL
  expectError(() => filter.addRule(EPERM, 9999)); // EFAULT, after a part of it was added
  expectError(() => filter.addRuleExact(EPERM, 'getcwd')); // EOPNOTSUPP
  expectError(() => filter.addArchitecture('s390x')); // EDOM
  filter.addRule(EPERM, 'chdir', [{ index: 1, op: 'EQ', value: 5n }]);
  expectError(() => filter.addRule({ kind: 'TRAP' }, 'chdir', [{ index: 1, op: 'EQ', value: 5n }])); // EEXIST
  expectError(
    () => new FilterContext(libseccomp, { defaultAction: { kind: 'ERRNO', data: 4095 }, architecture: 'x86_64' }),
  );

  filter.startTransaction();
  filter.addRule({ kind: 'TRAP' }, 'fchdir');
  if (round % 3 === 0) filter.rejectTransaction();
  else if (round % 3 === 1) filter.commitTransaction();
  // else released with the transaction open

  const other = new FilterContext(libseccomp, { defaultAction: { kind: 'ALLOW' }, architecture: 'aarch64' });
  other.addRule(EPERM, 'getcwd');
  if (round % 5 === 0) expectError(() => filter.exportBpf() && other.addArchitecture('aarch64'));
  filter.merge(other);

  if (round % 4 === 0) filter.exportPfc();
  if (round % 4 === 1) filter.precompute();
  libseccomp.resolveSyscallNumber(round % 400, 'x86');
  if (filter.exportBpf().length === 0) throw new Error('no program');
  if (round % 7 === 0) {
    filter.reset(EPERM);
    filter.exportBpf();
  }
}

it(`${COMPILES} compiles, errors included, need no more memory than the first ${WARM_UP}`, { timeout: 600_000 }, () => {
  // An eighth of the time would go into where each of 280,000 errors was raised.
  const { stackTraceLimit } = Error;
  onTestFinished(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });
  Error.stackTraceLimit = 0;
  for (let round = 0; round < WARM_UP; round++) compile(round);
  const before = libseccomp.memoryBytes;
  for (let round = WARM_UP; round < COMPILES; round++) compile(round);
  expect(libseccomp.memoryBytes).toBe(before);
  expect(libseccomp.usable).toBe(true);
});
