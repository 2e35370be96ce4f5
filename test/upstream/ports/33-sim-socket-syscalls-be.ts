import { ALLOW, type Build, each, filter, KILL } from '../port.js';

export const build: Build = (machine) =>
  filter(machine, KILL, each(ALLOW, 'socket', 'connect', 'accept', 'accept4', 'shutdown'), {
    architectures: ['s390', 's390x', 'ppc'],
  });
