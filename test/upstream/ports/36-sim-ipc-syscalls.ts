import { ALLOW, type Build, each, filter, KILL } from '../port.js';

export const IPC_SYSCALLS = [
  'semop',
  'semtimedop',
  'semget',
  'semctl',
  'msgsnd',
  'msgrcv',
  'msgget',
  'msgctl',
  'shmat',
  'shmdt',
  'shmget',
  'shmctl',
];

export const build: Build = (machine) =>
  filter(machine, KILL, each(ALLOW, ...IPC_SYSCALLS), {
    architectures: ['x86', 'x86_64', 'x32', 'ppc64le', 'mipsel', 'sh', 'loongarch64'],
  });
