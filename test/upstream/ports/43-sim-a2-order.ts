import { ALLOW, type Build, errno, filter, ge, gt, KILL, le, lt, type Rule } from '../port.js';

/** 128, 256 .. 16384, and the error that stands for each. */
const STEPS = Array.from({ length: 8 }, (_, step) => ({ size: 128 << step, error: errno(5 + step) }));

/** Between 64 and 128 is a hole, which is for the default action. */
export const READ_SIZES: readonly Rule[] = [
  [ALLOW, 'read', le(2, 64)],
  ...STEPS.map(({ size, error }): Rule => [error, 'read', gt(2, size)]),
];

/** Between 16384 and 32768 is another. */
const WRITE_SIZES: readonly Rule[] = [
  [ALLOW, 'write', ge(2, 32768)],
  ...STEPS.map(({ size, error }): Rule => [error, 'write', lt(2, size)]),
];

export const build: Build = (machine) => filter(machine, KILL, [...READ_SIZES, ...WRITE_SIZES]);
