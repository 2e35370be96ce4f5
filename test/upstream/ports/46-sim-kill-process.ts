import { ALLOW, type Build, errno, filter, gt, KILL, KILL_PROCESS } from '../port.js';

export const build: Build = (machine) => {
  machine.libseccomp.setApiLevel(3);
  return filter(
    machine,
    KILL_PROCESS,
    [
      [ALLOW, 'read'],
      [errno(5), 'write'],
      [KILL, 'open'],
      [errno(6), 'close', gt(0, 100)],
    ],
    { architectures: ['x86_64'] },
  );
};
