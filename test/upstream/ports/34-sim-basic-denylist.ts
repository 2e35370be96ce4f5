import { ALLOW, type Build, filter, KILL } from '../port.js';
import { standardStreams } from './03-sim-basic-chains.js';

export const build: Build = (machine) =>
  filter(machine, ALLOW, [...standardStreams(KILL), [KILL, 'rt_sigreturn']], { exact: true });
