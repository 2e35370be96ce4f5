import { ALLOW, type Build, eq, errno, filter, maskedEq } from '../port.js';

/** Blocks of these rules once had the same hash (libseccomp's issue 148, found with Tor's rules for `socket`). */
export const build: Build = (machine) => {
  machine.libseccomp.setApiLevel(1);
  return filter(
    machine,
    errno(100),
    [
      [ALLOW, 1001, eq(0, 1), maskedEq(1, 0xf, 2), eq(2, 3)],
      [ALLOW, 1001, eq(0, 1), maskedEq(1, 0xf, 1)],
      [ALLOW, 1000, eq(0, 2)],
      [ALLOW, 1000, eq(0, 1)],
    ],
    { architectures: ['x86_64'] },
  );
};
