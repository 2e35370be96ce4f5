import { ALLOW, type Build, filter } from '../port.js';

export const build: Build = (machine) => filter(machine, ALLOW);
