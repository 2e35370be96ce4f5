import { ALLOW, type Build, each, filter, KILL } from '../port.js';

const SOCKET_SYSCALLS = [
  'socket',
  'bind',
  'connect',
  'listen',
  'accept',
  'getsockname',
  'getpeername',
  'socketpair',
  'send',
  'recv',
  'sendto',
  'recvfrom',
  'shutdown',
  'setsockopt',
  'getsockopt',
  'sendmsg',
  'recvmsg',
  'accept4',
  'sendmmsg',
  'recvmmsg',
];

export const build: Build = (machine) =>
  filter(machine, KILL, each(ALLOW, ...SOCKET_SYSCALLS), {
    architectures: ['x86', 'x86_64', 'x32', 'ppc64le', 'mipsel', 'sh'],
  });
