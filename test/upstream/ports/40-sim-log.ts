import { type Build, filter, LOG } from '../port.js';

export const build: Build = (machine) => {
  machine.libseccomp.setApiLevel(3);
  return filter(machine, LOG);
};
