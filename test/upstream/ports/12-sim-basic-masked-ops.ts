import type { ArgumentComparison } from '../../../src/libseccomp/index.js';
import { ALLOW, type Build, eq, filter, KILL, maskedEq, type Rule } from '../port.js';

export const build: Build = (machine) => {
  const rule = (second: ArgumentComparison): Rule => [ALLOW, 1000, eq(0, 0), second, eq(2, 2)];
  return filter(
    machine,
    KILL,
    [
      rule(eq(1, 1)),
      rule(maskedEq(1, 0x00ff, 1)),
      rule(maskedEq(1, 0xffff, 11)),
      rule(maskedEq(1, 0xffff, 111)),
      rule(maskedEq(1, 0xff00, 1000)),
    ],
    { exact: true },
  );
};
