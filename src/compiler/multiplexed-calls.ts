import type { Architecture } from '../architecture.js';
import type { ArgumentCondition } from '../policy.js';

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

/** The calls that a multiplexer makes. */
export const callsBehind = (multiplexer: Multiplexer): readonly string[] =>
  [...MULTIPLEXED_CALLS].filter(([, by]) => by.multiplexer === multiplexer).map(([name]) => name);

/** The condition that selects a call of a multiplexer, as libseccomp compares it: with the whole register. */
export const isCall = ({ call }: { call: bigint }): ArgumentCondition => ({
  index: 0,
  op: 'EQ',
  value: call,
  valueTwo: 0n,
});

/** A rule's conditions behind a multiplexer: the call's number replaces any condition on argument 0. */
export const conditionsBehind = (
  multiplexed: { call: bigint },
  conditions: readonly ArgumentCondition[],
): readonly ArgumentCondition[] => [isCall(multiplexed), ...conditions.filter(({ index }) => index !== 0)];

/**
 * How many bits of argument 0 the kernel takes for the number of the call. net/socket.c takes all 32 of an int.
 * ipc/syscall.c takes 16, with a version above them, which arch/s390/kernel/syscall.c refuses.
 */
export const bitsOfCall = (multiplexer: Multiplexer, { name }: Architecture): number =>
  multiplexer === 'ipc' && !name.startsWith('s390') ? 16 : 32;

function numbered(multiplexer: Multiplexer, first: number, names: readonly string[]) {
  return names.map((name, index) => [name, { multiplexer, call: BigInt(first + index) }] as const);
}
