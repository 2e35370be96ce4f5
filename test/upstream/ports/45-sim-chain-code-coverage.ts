import { ALLOW, type Build, eq, filter, ge, gt, KILL, lt, maskedEq, ne, type Rule } from '../port.js';

/** Upstream lists a sixth comparison, for argument 5, but says that there are five: C passes these on. */
const FIVE: Rule = [ALLOW, 1008, ne(0, 7), lt(1, 8), eq(2, 9), ge(3, 10), gt(4, 11)];

export const build: Build = (machine) =>
  filter(
    machine,
    KILL,
    [
      [ALLOW, 1008, ge(0, 1)],
      // Each of these is ordered after the ones before by something else: argument, operator, mask, datum.
      [ALLOW, 1008, ge(1, 2)],
      [ALLOW, 1008, gt(0, 3)],
      [ALLOW, 1008, maskedEq(2, 0xf, 4)],
      [ALLOW, 1008, maskedEq(2, 0xff, 5)],
      [ALLOW, 1008, maskedEq(2, 0xff, 6)],
      FIVE,
      FIVE,
    ],
    { exact: true },
  );
