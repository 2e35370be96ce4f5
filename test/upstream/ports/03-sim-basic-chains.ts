import type { Action } from '../../../src/policy.js';
import { ALLOW, type Build, each, eq, filter, KILL, type Rule, STDERR, STDIN, STDOUT } from '../port.js';

/** What half a dozen of upstream's tests are made of. */
export const standardStreams = (action: Action): Rule[] => [
  [action, 'read', eq(0, STDIN)],
  [action, 'write', eq(0, STDOUT)],
  [action, 'write', eq(0, STDERR)],
  ...each(action, 'close'),
];

export const build: Build = (machine) =>
  filter(machine, KILL, [...standardStreams(ALLOW), [ALLOW, 'rt_sigreturn']], { exact: true });
