import { ALLOW, type Build, eq, filter, KILL } from '../port.js';

// What C makes of -1 with SCMP_A0 and SCMP_A0_64, and with SCMP_A0_32.
const MINUS_ONE_64 = 2n ** 64n - 1n;
const MINUS_ONE_32 = 2n ** 32n - 1n;

export const build: Build = (machine) =>
  filter(
    machine,
    KILL,
    [
      [ALLOW, 1000, eq(0, MINUS_ONE_64)],
      [ALLOW, 1064, eq(0, MINUS_ONE_64)],
      [ALLOW, 1032, eq(0, MINUS_ONE_32)],
      [ALLOW, 2000, eq(0, MINUS_ONE_64)],
      [ALLOW, 2064, eq(0, MINUS_ONE_64)],
      [ALLOW, 2032, eq(0, MINUS_ONE_32)],
    ],
    { exact: true },
  );
