import { ALLOW, type Build, each, eq, filter, TRAP } from '../port.js';

export const build: Build = (machine, { fd }) =>
  filter(machine, TRAP, [[ALLOW, 'write', eq(0, fd)], ...each(ALLOW, 'close', 'rt_sigreturn', 'exit_group')]);
