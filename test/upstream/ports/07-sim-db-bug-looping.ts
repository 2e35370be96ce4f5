import { ALLOW, type Build, eq, filter, KILL, STDIN, STDOUT } from '../port.js';

/** In this order these rules once made libseccomp loop for ever. */
export const build: Build = (machine) =>
  filter(
    machine,
    KILL,
    [
      [ALLOW, 'read', eq(0, STDOUT)],
      [ALLOW, 'read', eq(1, 0)],
      [ALLOW, 'read', eq(0, STDIN)],
    ],
    { exact: true },
  );
