import { ALLOW, type Build, each, filter, KILL } from '../port.js';

export const build: Build = (machine) =>
  filter(machine, KILL, each(ALLOW, 'read', 'write', 'close', 'rt_sigreturn'), { exact: true });
