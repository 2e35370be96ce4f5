import { ALLOW, type Build, each, filter, KILL } from '../port.js';
import { IPC_SYSCALLS } from './36-sim-ipc-syscalls.js';

export const build: Build = (machine) =>
  filter(machine, KILL, each(ALLOW, ...IPC_SYSCALLS), { architectures: ['s390', 's390x', 'ppc'] });
