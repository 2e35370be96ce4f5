import { ALLOW, type Build, filter } from '../port.js';

/** All that the API level of the machine that loads it, 7, lets set. */
export const build: Build = (machine) =>
  filter(machine, ALLOW, [], { attributes: { CTL_TSYNC: true, CTL_LOG: true, CTL_SSB: true } });
