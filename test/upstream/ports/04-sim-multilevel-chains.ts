import { ALLOW, type Build, eq, filter, KILL, lt, ne, STDERR, STDIN, STDOUT, ssizeMax } from '../port.js';

export const build: Build = (machine) => {
  const sound = [ne(1, 0), lt(2, ssizeMax(machine))];
  return filter(machine, KILL, [
    [ALLOW, 'openat'],
    [ALLOW, 'close'],
    [ALLOW, 'read', eq(0, STDIN), ...sound],
    [ALLOW, 'write', eq(0, STDOUT), ...sound],
    [ALLOW, 'write', eq(0, STDERR), ...sound],
    [ALLOW, 'close'],
    [ALLOW, 'rt_sigreturn'],
  ]);
};
