import { ALLOW, type Build, filter, KILL } from '../port.js';
import { standardStreams } from './03-sim-basic-chains.js';

export const build: Build = (machine) =>
  filter(machine, KILL, [...standardStreams(ALLOW), [ALLOW, 'rt_sigreturn']], {
    architectures: [
      'm68k',
      'mips',
      'mips64',
      'mips64n32',
      'parisc',
      'parisc64',
      'ppc',
      'ppc64',
      's390',
      's390x',
      'sheb',
    ],
  });
