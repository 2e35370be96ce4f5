import { ALLOW, type Build, each, filter, TRAP } from '../port.js';

export const WRITE_A_FILE = each(ALLOW, 'open', 'openat', 'write', 'close', 'rt_sigreturn', 'exit_group');

export const build: Build = (machine) => filter(machine, TRAP, WRITE_A_FILE);
