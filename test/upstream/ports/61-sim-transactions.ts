import { expect } from 'vitest';
import { FilterContextStateError } from '../../../src/libseccomp/index.js';
import { ALLOW, type Build, filter, KILL } from '../port.js';

const STEPS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/**
 * Upstream nests transactions up to twelve deep. Ours do not nest: a second start is an error. The same rules stay and
 * go without: an inner commit only hands its rule to the transaction around it, and that of the first round commits,
 * that of the second rejects all.
 */
export const build: Build = (machine) => {
  const context = filter(machine, ALLOW);
  context.startTransaction();
  expect(() => context.startTransaction()).toThrow(FilterContextStateError);
  context.addRuleExact(KILL, 1000);
  context.commitTransaction();
  context.addRuleExact(KILL, 1001);

  for (const step of STEPS) {
    context.startTransaction();
    context.addRuleExact(KILL, 1100 + step);
    if (step % 5 === 0) context.rejectTransaction();
    else context.commitTransaction();
  }

  context.startTransaction();
  for (const step of STEPS) context.addRuleExact(KILL, 1200 + step);
  context.rejectTransaction();

  context.startTransaction();
  context.addRuleExact(KILL, 1002);
  context.commitTransaction();
  context.addRuleExact(KILL, 1003);
  return context;
};
