import { ALLOW, type Build, each, errno, filter } from '../port.js';
import { READ_SIZES } from './43-sim-a2-order.js';

export const DEFAULT_ERRNO = 100;

export const build: Build = (machine) =>
  filter(machine, errno(DEFAULT_ERRNO), [
    ...READ_SIZES,
    ...each(ALLOW, 'close', 'rt_sigreturn', 'exit_group', 'exit', 'open', 'openat', 'stat'),
  ]);
