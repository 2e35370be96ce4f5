import { ALLOW, type Build, each, eq, filter, KILL, TRAP } from '../port.js';

const DENIED = [
  'times',
  'ptrace',
  'getuid',
  'syslog',
  'getgid',
  'setuid',
  'setgid',
  'geteuid',
  'getegid',
  'setpgid',
  'getppid',
  'getpgrp',
  'setsid',
  'setreuid',
  'setregid',
  'getgroups',
  'setgroups',
  'setresuid',
  'getresuid',
  'setresgid',
  'getresgid',
  'getpgid',
  'setfsuid',
  'setfsgid',
];

export const build: Build = (machine, { fd }) =>
  filter(
    machine,
    TRAP,
    [[ALLOW, 'write', eq(0, fd)], ...each(ALLOW, 'close', 'rt_sigreturn', 'exit_group'), ...each(KILL, ...DENIED)],
    { attributes: { CTL_OPTIMIZE: 2 } },
  );
