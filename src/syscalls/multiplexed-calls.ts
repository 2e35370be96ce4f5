import type { ArchitectureName } from '../architecture.js';

/** The multiplexers: libseccomp puts the rules of other calls there too, so more than their own rules decides them. */
export const MULTIPLEXERS = ['socketcall', 'ipc'] as const;
export type Multiplexer = (typeof MULTIPLEXERS)[number];

export const isMultiplexer = (name: string): name is Multiplexer => (MULTIPLEXERS as readonly string[]).includes(name);

/**
 * The system calls that some architectures reach through a multiplexer, which takes their number as its first argument:
 * the multiplexer and that number (linux/net.h, SYS_…; linux/ipc.h).
 */
export const MULTIPLEXED_CALLS: ReadonlyMap<string, { multiplexer: Multiplexer; call: bigint }> = new Map([
  ...numbered('socketcall', 1, [
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
    'recvmmsg',
    'sendmmsg',
  ]),
  ...numbered('ipc', 1, ['semop', 'semget', 'semctl', 'semtimedop']),
  ...numbered('ipc', 11, ['msgsnd', 'msgrcv', 'msgget', 'msgctl']),
  ...numbered('ipc', 21, ['shmat', 'shmdt', 'shmget', 'shmctl']),
]);

/** Where libseccomp has no number of its own for a call behind socketcall or ipc. */
export const MULTIPLEXING: readonly ArchitectureName[] = [
  'x86',
  'ppc',
  'ppc64',
  'ppc64le',
  'mips',
  'mipsel',
  's390',
  's390x',
];

const behind = new Map<Multiplexer, readonly string[]>();

/** The calls that a multiplexer makes. */
export const callsBehind = (multiplexer: Multiplexer): readonly string[] => {
  const known =
    behind.get(multiplexer) ??
    [...MULTIPLEXED_CALLS].flatMap(([name, by]) => (by.multiplexer === multiplexer ? [name] : []));
  behind.set(multiplexer, known);
  return known;
};

function numbered(multiplexer: Multiplexer, first: number, names: readonly string[]) {
  return names.map((name, index) => [name, { multiplexer, call: BigInt(first + index) }] as const);
}
