import { ALLOW, type Build, each, filter } from '../port.js';

export const build: Build = (machine, { action }) => filter(machine, action, each(ALLOW, 'rt_sigreturn', 'exit_group'));
