import { ALLOW, type Build, filter, NOTIFY } from '../port.js';

export const build: Build = (machine) =>
  filter(machine, ALLOW, [[NOTIFY, 'getpid']], { attributes: { CTL_TSYNC: true } });
