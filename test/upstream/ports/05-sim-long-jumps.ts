import { ALLOW, type Build, eq, filter, KILL, lt, ne, type Rule, ssizeMax } from '../port.js';

const COUNT = 100;

export const build: Build = (machine) => {
  const { libseccomp, architecture } = machine;
  const chdir = libseccomp.resolveSyscallName('chdir', architecture);
  const known = Array.from({ length: 10_000 }, (_, nr) => nr).filter(
    (nr) => nr !== chdir && libseccomp.resolveSyscallNumber(nr, architecture) !== undefined,
  );
  return filter(machine, KILL, [
    [ALLOW, 'brk'],
    // one system call, many chains
    ...Array.from(
      { length: COUNT },
      (_, value): Rule => [ALLOW, 'chdir', eq(0, value), ne(1, 0), lt(2, ssizeMax(machine))],
    ),
    // many system calls, the same chain
    ...known.slice(0, COUNT).map((nr): Rule => [ALLOW, nr, ne(0, 0)]),
    [ALLOW, 'close'],
  ]);
};
