import { type Build, filter, TRAP } from '../port.js';
import { WRITE_A_FILE } from './21-live-basic-allow.js';

export const build: Build = (machine) => filter(machine, TRAP, WRITE_A_FILE, { attributes: { CTL_TSYNC: true } });
