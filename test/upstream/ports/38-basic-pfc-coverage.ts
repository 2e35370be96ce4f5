import {
  ALLOW,
  type Build,
  eq,
  errno,
  filter,
  ge,
  gt,
  KILL,
  KILL_PROCESS,
  LOG,
  le,
  lt,
  maskedEq,
  ne,
  TRAP,
  trace,
} from '../port.js';

export const build: Build = (machine) => {
  machine.libseccomp.setApiLevel(3);
  const context = filter(
    machine,
    ALLOW,
    [
      [KILL, 'open'],
      [KILL, 'read', eq(0, 0), ge(1, 1), gt(2, 2), maskedEq(3, 0x0f, 3)],
      [TRAP, 'write', ne(0, 0), le(1, 1), lt(2, 2)],
      [errno(1), 'close'],
      [trace(1), 'exit'],
      [KILL_PROCESS, 'fstat'],
      [LOG, 'exit_group'],
    ],
    {
      architectures: [
        'x86_64',
        'x86',
        'x32',
        'arm',
        'aarch64',
        'loongarch64',
        'mipsel',
        'mipsel64',
        'mipsel64n32',
        'ppc64le',
        'sh',
        'riscv64',
      ],
    },
  );
  // a system call with a priority and no rule
  context.setSyscallPriority('poll', 255);
  return context;
};
