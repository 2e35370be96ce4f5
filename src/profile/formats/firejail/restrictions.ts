import { constantValue } from '../../../syscalls/constants.js';
import { type Condition, comparison } from '../first-match.js';
import { type Action, ALLOW, errno, type Filter, type Origin, type Verdict } from './verdicts.js';

// The filters that fseccomp makes beside its lists (src/fseccomp: seccomp.c, namespaces.c, protocol.c, seccomp_secondary.c).
// They load the low 32 bits of an argument.

const constant = (name: string) => constantValue(name, 'x86_64') as bigint;
/** linux/shm.h */
const SHM_EXEC = 0o100000n;
const any = (of: readonly Condition[]): Condition => ({ kind: 'any', of });
const not = (of: Condition): Condition => ({ kind: 'not', of });

const isLow = (index: number, value: bigint): Condition => comparison({ index, bits: 32, op: 'EQ', value });
const hasAll = (index: number, mask: bigint): Condition => comparison({ index, bits: 64, op: 'EQ', mask, value: mask });
const hasAny = (index: number, mask: bigint): Condition =>
  not(comparison({ index, bits: 64, op: 'EQ', mask, value: 0n }));

function filterOf(
  verdicts: readonly (readonly [call: string, action: Action, when?: Condition | undefined])[],
  origin: Origin,
): Filter {
  const calls = verdicts.map(([call, action, when]): [string, Verdict] => [call, { action, when, origin }]);
  return { calls: new Map(calls), rest: { action: ALLOW, origin } };
}

/** `memory-deny-write-execute` */
export function denyWriteExecute(action: Action, is32: boolean, origin: Origin): Filter {
  const [write, exec] = [constant('PROT_WRITE'), constant('PROT_EXEC')];
  return filterOf(
    [
      ...(is32 ? ([['mmap', action]] as const) : []),
      [is32 ? 'mmap2' : 'mmap', action, hasAll(2, write | exec)],
      ['mprotect', action, hasAll(2, exec)],
      ['pkey_mprotect', action, hasAll(2, exec)],
      ['shmat', action, hasAll(2, SHM_EXEC)],
      ['memfd_create', action],
    ],
    origin,
  );
}

/** What `restrict-namespaces` calls them. */
export const NAMESPACES: ReadonlyMap<string, string> = new Map([
  ['cgroup', 'CLONE_NEWCGROUP'],
  ['ipc', 'CLONE_NEWIPC'],
  ['net', 'CLONE_NEWNET'],
  ['mnt', 'CLONE_NEWNS'],
  ['pid', 'CLONE_NEWPID'],
  ['time', 'CLONE_NEWTIME'],
  ['user', 'CLONE_NEWUSER'],
  ['uts', 'CLONE_NEWUTS'],
]);

/** `restrict-namespaces`: its bit of a time namespace means something else to clone(2), and clone3(2) answers ENOSYS. */
export function denyNamespaces(namespaces: readonly string[], action: Action, origin: Origin): Filter {
  const bits = namespaces.map((name) => [name, constant(NAMESPACES.get(name)!)] as const);
  const mask = bits.reduce((sum, [, bit]) => sum | bit, 0n);
  const ofClone = bits.reduce((sum, [name, bit]) => (name === 'time' ? sum : sum | bit), 0n);
  return filterOf(
    [
      ...(ofClone === 0n ? [] : ([['clone', action, hasAny(0, ofClone)]] as const)),
      ['clone3', errno(38)],
      ['unshare', action, hasAny(0, mask)],
      ['setns', action, any([isLow(1, 0n), hasAny(1, mask)])],
    ],
    origin,
  );
}

/** What `protocol` calls them. */
export const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ['unix', 'AF_UNIX'],
  ['inet', 'AF_INET'],
  ['inet6', 'AF_INET6'],
  ['netlink', 'AF_NETLINK'],
  ['packet', 'AF_PACKET'],
  ['bluetooth', 'AF_BLUETOOTH'],
]);

/** `protocol`: socket(2) of other families answers ENOTSUP, whatever `seccomp-error-action` is. */
export function allowProtocols(protocols: readonly string[], origin: Origin): Filter {
  const families = protocols.map((name) => isLow(0, constant(PROTOCOLS.get(name)!)));
  return filterOf([['socket', errno(95), families.length > 0 ? not(any(families)) : undefined]], origin);
}

/** `seccomp.block-secondary`, for native calls: personality(2) but of Linux's own, and to ask which it is. */
export function blockPersonalities(action: Action, origin: Origin): Filter {
  const isWhole = (value: bigint) => comparison({ index: 0, bits: 64, op: 'EQ', value });
  return filterOf([['personality', action, not(any([isWhole(0n), isWhole(0xffffffffn)]))]], origin);
}
