import { expect } from 'vitest';
import { ALLOW, type Build, eq, filter, ge, KILL, lt, maskedEq, ne, type Rule, TRAP } from '../port.js';

const FIRST: readonly Rule[] = [
  [ALLOW, 1001, eq(0, 1), eq(1, 2)],
  [ALLOW, 1001],

  [ALLOW, 1002, eq(0, 1)],
];

const REST: readonly Rule[] = [
  [ALLOW, 1003, ne(0, 1)],
  [TRAP, 1003, eq(0, 1)],

  [ALLOW, 1004, eq(0, 1)],
  [TRAP, 1004, ne(0, 1)],

  [ALLOW, 1005, eq(0, 1)],
  [ALLOW, 1005, ne(0, 1)],

  [ALLOW, 1006, eq(0, 1), eq(1, 2)],
  [ALLOW, 1006, eq(0, 1)],

  [ALLOW, 1007, eq(0, 1)],
  [ALLOW, 1007, eq(0, 1), eq(1, 2)],

  [ALLOW, 1008, ne(0, 1), ne(1, 2)],
  [ALLOW, 1008, ne(0, 1), ne(1, 2), ne(2, 3)],

  [ALLOW, 1009, eq(0, 1), ne(1, 2)],
  [ALLOW, 1009, ne(0, 1)],

  [ALLOW, 1010, ne(0, 1), eq(1, 2)],
  [ALLOW, 1010, eq(0, 1)],

  [ALLOW, 1011, eq(0, 1)],
  [ALLOW, 1011, ne(0, 1), eq(2, 1)],

  [ALLOW, 1012, maskedEq(0, 0x0000, 1)],

  [ALLOW, 1013, ne(0, 1), ne(1, 2)],
  [ALLOW, 1013, lt(0, 1), ne(1, 2)],

  [ALLOW, 1014, ge(3, 1), ge(4, 2)],
  [ALLOW, 1014, ne(0, 1), ne(1, 2)],

  [ALLOW, 1015, eq(0, 4), eq(1, 1)],
  [ALLOW, 1015, eq(0, 4), ne(1, 1)],
];

export const build: Build = (machine) => {
  const context = filter(machine, KILL, FIRST, { exact: true });
  expect(() => context.addRuleExact(TRAP, 1002, [eq(0, 1)])).toThrow('EEXIST');
  for (const [action, syscall, ...comparisons] of REST) context.addRuleExact(action, syscall, comparisons);
  return context;
};
