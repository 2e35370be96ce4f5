import { ALLOW, type Build, filter, NOTIFY } from '../port.js';

export const build: Build = (machine) => filter(machine, ALLOW, [[NOTIFY, 'getpid']]);

/** What the program loads after it has been answered: C resets the filter and adds this rule. */
export const buildSecond: Build = (machine, live) => {
  const context = build(machine, live);
  context.reset(ALLOW);
  context.addRule(NOTIFY, 'getppid');
  return context;
};
