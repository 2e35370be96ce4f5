import { type Build, filter, KILL } from '../port.js';
import { addRules, setPriorities } from './09-sim-syscall-priority-pre.js';

export const build: Build = (machine) => {
  const context = filter(machine, KILL);
  addRules(context);
  setPriorities(context);
  return context;
};
