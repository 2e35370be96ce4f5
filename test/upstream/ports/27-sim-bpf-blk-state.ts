import { ALLOW, type Build, eq, filter, ge, KILL, type Rule } from '../port.js';

export const build: Build = (machine) =>
  filter(
    machine,
    ALLOW,
    [
      ...[3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15].map((value): Rule => [KILL, 1000, eq(0, value)]),
      [KILL, 1000, ge(0, 16)],
    ],
    { exact: true },
  );
