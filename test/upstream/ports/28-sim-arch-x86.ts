import { ALLOW, type Build, errno, filter } from '../port.js';

/** The order counts, and x32 is left out. */
export const build: Build = (machine) =>
  filter(machine, ALLOW, [[errno(1), 'close']], { architectures: ['x86_64', 'x86'] });
