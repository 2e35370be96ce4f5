import { ALLOW, type Build, filter, KILL } from '../port.js';
import { standardStreams } from './03-sim-basic-chains.js';
import { LITTLE_ENDIAN } from './16-sim-arch-basic.js';

/** The architectures by name: C resolves them with seccomp_arch_resolve_name(3), which takes the same names. */
export const build: Build = (machine) =>
  filter(machine, KILL, [...standardStreams(ALLOW), [ALLOW, 'rt_sigreturn']], { architectures: LITTLE_ENDIAN });
