import { expect } from 'vitest';
import { InvalidArgumentError, type ScmpError } from '../../../src/errors.js';
import { FilterContextStateError, LibseccompError } from '../../../src/libseccomp/index.js';
import type { Action } from '../../../src/policy.js';
import { ALLOW, eq, errno, filter, KILL, type Machine } from '../port.js';

/** An action C can be given as a number and ours cannot express. */
const NO_ACTION = { kind: 'NONE' } as unknown as Action;

/**
 * Every error of the C program, or why it cannot be made here. What C finds out (LibseccompError) and what our types
 * rule out before it is asked (InvalidArgumentError; a context that is gone, for C's NULL) are told apart.
 *
 * Without counterpart: seccomp_reset(NULL), which forgets what was learnt of the kernel (there is none), seccomp_load and
 * seccomp_notify_* (the loader's), a count that is not the array's (ours carries its length), and the buffers, lengths
 * and file descriptors of the export functions (ours return what they export).
 */
export function check(machine: Machine): void {
  const released = filter(machine, ALLOW);
  released.release();

  // seccomp_init
  expectError(() => filter(machine, NO_ACTION), InvalidArgumentError);
  expectError(() => filter(machine, errno(0xffff)), LibseccompError, 'LIBSECCOMP_EINVAL');

  // seccomp_syscall_priority
  expectError(() => released.setSyscallPriority('read', 1), FilterContextStateError);
  using allowing = filter(machine, ALLOW);
  expectError(() => allowing.setSyscallPriority(-10, 1), LibseccompError, 'LIBSECCOMP_EINVAL');

  // seccomp_rule_add
  expectError(() => released.addRule(ALLOW, 'read', [eq(0, 0)]), FilterContextStateError);
  expectError(() => allowing.addRule(ALLOW, 'read'), LibseccompError, 'LIBSECCOMP_EACCES');
  expectError(() => allowing.addRule(NO_ACTION, 'read'), InvalidArgumentError);
  const seven = [0, 1, 2, 3, 4, 5, 6].map((index) => eq(index, 0));
  expectError(() => allowing.addRule(KILL, 'read', seven), LibseccompError, 'LIBSECCOMP_EINVAL');
  for (const op of ['_MIN', '_MAX'] as unknown as 'EQ'[]) {
    expectError(() => allowing.addRule(KILL, 'read', [{ index: 0, op, value: 0n }]), InvalidArgumentError);
  }
  expectError(() => allowing.addRule(errno(0xffff), 0), LibseccompError, 'LIBSECCOMP_EINVAL');

  // seccomp_rule_add_exact
  expectError(() => allowing.addRuleExact(KILL, -10001), LibseccompError, 'LIBSECCOMP_EDOM');
  using x86 = filter(machine, ALLOW, [], { architectures: ['x86'] });
  expectError(() => x86.addRuleExact(KILL, 'socket', [eq(0, 2)]), LibseccompError, 'LIBSECCOMP_EINVAL');
  expectError(() => x86.addRuleExact(NO_ACTION, 'open'), InvalidArgumentError);

  // seccomp_export_*
  expectError(() => released.exportPfc(), FilterContextStateError);
  expectError(() => released.exportBpf(), FilterContextStateError);
  using killing = filter(machine, KILL);
  const empty = killing.exportBpf();
  killing.addRule(ALLOW, 'exit');
  // The size is asked for anew, where C returns -ERANGE for a buffer of the earlier one.
  expect(killing.exportBpf().length).toBeGreaterThan(empty.length);

  // seccomp_attr_*
  expectError(() => allowing.getAttribute('1000' as 'CTL_NNP'), InvalidArgumentError);
  expectError(() => allowing.setAttribute('1000' as 'CTL_NNP', true), InvalidArgumentError);

  // seccomp_merge
  expectError(() => allowing.merge(released), FilterContextStateError);
  expectError(() => allowing.merge(null as unknown as typeof allowing), InvalidArgumentError);
}

type ErrorClass = abstract new (...args: never[]) => ScmpError;

function expectError(run: () => unknown, kind: ErrorClass, code?: ScmpError['code']): void {
  let error: unknown;
  try {
    run();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(kind);
  if (code) expect(error).toHaveProperty('code', code);
}
