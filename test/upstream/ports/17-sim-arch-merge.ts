import { ALLOW, type Build, each, filter, KILL } from '../port.js';
import { standardStreams } from './03-sim-basic-chains.js';

export const build: Build = (machine) => {
  const narrow = filter(machine, KILL, standardStreams(ALLOW), { architectures: ['x86'] });
  const wide = filter(machine, KILL, each(ALLOW, 'socket', 'connect', 'shutdown'), { architectures: ['x86_64'] });
  wide.merge(narrow);
  return wide;
};
