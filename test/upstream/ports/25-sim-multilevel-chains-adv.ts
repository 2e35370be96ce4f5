import { ALLOW, type Build, eq, filter, KILL, ne } from '../port.js';

export const build: Build = (machine) =>
  filter(
    machine,
    KILL,
    [
      [ALLOW, 10, eq(0, 11), ne(1, 12)],
      [ALLOW, 20, eq(0, 21), ne(1, 22), eq(2, 23)],
    ],
    { exact: true },
  );
