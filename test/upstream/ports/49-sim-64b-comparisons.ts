import { ALLOW, type Build, filter, KILL, lt } from '../port.js';

export const build: Build = (machine) =>
  filter(machine, KILL, [[ALLOW, 1000, lt(0, 0x123456789abcn)]], { exact: true });
