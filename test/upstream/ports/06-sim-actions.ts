import { ALLOW, type Build, errno, filter, KILL, KILL_PROCESS, LOG, TRAP, trace } from '../port.js';

const EPERM = 1;

export const build: Build = (machine) => {
  machine.libseccomp.setApiLevel(3);
  return filter(machine, KILL, [
    [ALLOW, 'read'],
    [LOG, 'rt_sigreturn'],
    [errno(EPERM), 'write'],
    [TRAP, 'close'],
    [trace(1234), 'openat'],
    [KILL_PROCESS, 'fstatfs'],
  ]);
};
