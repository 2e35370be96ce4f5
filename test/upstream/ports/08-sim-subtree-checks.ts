import { ALLOW, type Build, eq, filter, KILL, ne, TRAP } from '../port.js';

/** Rules that hold others of the same system call, added before and after them. */
export const build: Build = (machine) => {
  const four = (last: number) => [eq(0, 0), eq(1, 1), eq(2, 2), eq(3, last)];
  return filter(
    machine,
    KILL,
    [
      [ALLOW, 1000, eq(0, 0), eq(1, 1)],
      [ALLOW, 1000, eq(1, 1)],

      [ALLOW, 1001, eq(1, 1)],
      [ALLOW, 1001, eq(0, 0), eq(1, 1)],

      [ALLOW, 1002, ...four(3)],
      [ALLOW, 1002, eq(1, 1), eq(2, 2)],

      [ALLOW, 1003, eq(1, 1), eq(2, 2)],
      [ALLOW, 1003, ...four(3)],

      [ALLOW, 1004, ...four(3)],
      [ALLOW, 1004, eq(0, 0), eq(1, 11)],
      [ALLOW, 1004, ...four(33)],
      [ALLOW, 1004, eq(1, 1), eq(2, 2)],

      [ALLOW, 1005, eq(1, 1), eq(2, 2)],
      [ALLOW, 1005, ...four(3)],
      [ALLOW, 1005, eq(0, 0), eq(1, 11)],
      [ALLOW, 1005, ...four(33)],

      [ALLOW, 1006, ne(1, 1), eq(2, 0)],
      [ALLOW, 1006, eq(1, 1), eq(2, 2)],
      [ALLOW, 1006, ne(1, 1)],

      [TRAP, 1007, eq(2, 2), eq(3, 3)],
      [ALLOW, 1007, eq(2, 2), ne(3, 3)],
      [ALLOW, 1007, ne(3, 3)],
    ],
    { exact: true },
  );
};
