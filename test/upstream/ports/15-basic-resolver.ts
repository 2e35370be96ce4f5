import { expect } from 'vitest';
import { ARCHITECTURES } from '../../../src/architecture.js';
import type { Machine } from '../port.js';

/** libseccomp's pseudo-numbers of what a multiplexed system call does, first and last (syscalls.h: `__PNR_…`). */
const SOCKET_CALLS = [[-101, -120]] as const;
const IPC_CALLS = [
  [-201, -204],
  [-211, -214],
  [-221, -224],
] as const;

/** C's functions without an architecture are ours with the machine's own. */
export function check({ libseccomp, architecture: native }: Machine): void {
  expect(libseccomp.resolveSyscallNameRewrite('openat', native)).toBe(libseccomp.resolveSyscallName('openat', native));

  for (const architecture of ARCHITECTURES) {
    const number = (name: string) => libseccomp.resolveSyscallName(name, architecture);
    const name = (number: number) => libseccomp.resolveSyscallNumber(number, architecture);
    const rewritten = (name: string) => libseccomp.resolveSyscallNameRewrite(name, architecture)!;

    expect(number('INVALID')).toBeUndefined();
    expect(name(-1)).toBeUndefined();
    expect(name(number('open')!)).toBe('open');
    expect(name(number('read')!)).toBe('read');
    expect(['socket', 'socketcall']).toContain(name(rewritten('socket')));
    expect(['shmctl', 'ipc']).toContain(name(rewritten('shmctl')));

    const multiplexed = [...(number('socketcall')! > 0 ? SOCKET_CALLS : []), ...(number('ipc')! > 0 ? IPC_CALLS : [])];
    for (const [first, last] of multiplexed) {
      for (let pseudo = first as number; pseudo >= last; pseudo--) {
        expect(name(pseudo), `${pseudo} on ${architecture.name}`).toBeTypeOf('string');
      }
    }
  }
}
