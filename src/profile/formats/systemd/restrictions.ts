import { ARCHITECTURES, type ArchitectureName, parseArchitecture } from '../../../architecture.js';
import { constantValue, familyConstants } from '../../../syscalls/constants.js';
import type { DockerSyscall, SeccompArgument } from '../../model/schema.js';
import { compared, masked } from '../entry-arguments.js';
import type { SystemdVersion } from '../systemd-versions.js';

/**
 * What an option denies of some calls, in a filter that systemd installs beside that of SystemCallFilter=. `denied` and
 * `allowed` are rules of which one must hold; no call meets both, and every call meets one.
 */
export interface Restriction {
  calls: readonly string[];
  /** The name of the errno. */
  errno: string;
  /** The architectures for which systemd makes the filter; left out: all. */
  onlyOn?: readonly ArchitectureName[] | undefined;
  /** One rule without conditions: whatever the arguments. */
  denied: readonly (readonly SeccompArgument[])[];
  /** The rest, for lists that allow the calls. */
  allowed: readonly (readonly SeccompArgument[])[];
}

const ALWAYS: Pick<Restriction, 'denied' | 'allowed'> = { denied: [[]], allowed: [] };

const constant = (name: string, architecture?: ArchitectureName) => constantValue(name, architecture) as bigint;

/** Arguments with any of the bits set. */
function anyOf(index: number, ...bits: readonly bigint[]): Pick<Restriction, 'denied' | 'allowed'> {
  const all = bits.reduce((sum, bit) => sum | bit, 0n);
  return { denied: bits.map((bit) => [masked(index, bit, bit)]), allowed: [[masked(index, all, 0n)]] };
}

/** Arguments that are none of the values, compared in all bits. */
function noneOf(index: number, values: readonly bigint[]): Pick<Restriction, 'denied' | 'allowed'> {
  const sorted = [...new Set(values)].sort((a, b) => (a < b ? -1 : 1));
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return ALWAYS;
  const denied = [[compared(index, 'GT', last)]];
  if (first > 0n) denied.push([compared(index, 'LT', first)]);
  for (let value = first + 1n; value < last; value++) {
    if (!sorted.includes(value)) denied.push([compared(index, 'EQ', value)]);
  }
  return { denied, allowed: sorted.map((value) => [compared(index, 'EQ', value)]) };
}

/** All calls, whatever their arguments. */
export const whole = (calls: readonly string[], errno = 'EPERM'): Restriction => ({ calls, errno, ...ALWAYS });

/** The architectures that `constant` has the same value on, for each value. */
function byValue(name: string): (readonly [bigint, readonly ArchitectureName[]])[] {
  const values = new Map<bigint, ArchitectureName[]>();
  for (const architecture of ARCHITECTURES) {
    const value = constant(name, architecture.name);
    values.set(value, [...(values.get(value) ?? []), architecture.name]);
  }
  return [...values];
}

/** seccomp_memory_deny_write_execute. shmat(2) behind ipc(2) is not looked at there. */
export function denyWriteExecute(): readonly Restriction[] {
  const [write, exec] = [constant('PROT_WRITE'), constant('PROT_EXEC')];
  const errno = 'EPERM';
  const both = {
    denied: [[masked(2, write | exec, write | exec)]],
    allowed: [[masked(2, write, 0n)], [masked(2, write | exec, write)]],
  };
  const withOldMmap: readonly ArchitectureName[] = ['x86', 's390'];
  const withShmat: readonly ArchitectureName[] = ['x86_64', 'x32', 'aarch64', 'riscv64'];
  const behindIpc: readonly ArchitectureName[] = ['ppc', 'ppc64', 'ppc64le', 's390x'];
  const all = [...withOldMmap, ...withShmat, ...behindIpc, 'arm'] as const;
  return [
    { calls: ['mmap'], errno, onlyOn: withOldMmap, ...ALWAYS },
    { calls: ['mmap2'], errno, onlyOn: [...withOldMmap, 'arm'], ...both },
    { calls: ['mmap'], errno, onlyOn: [...withShmat, ...behindIpc], ...both },
    { calls: ['mprotect', 'pkey_mprotect'], errno, onlyOn: all, ...anyOf(2, exec) },
    { calls: ['shmat'], errno, onlyOn: [...withShmat, 'arm'], ...anyOf(2, constant('SHM_EXEC')) },
  ];
}

/** seccomp_restrict_realtime. */
export function restrictRealtime(): readonly Restriction[] {
  const permitted = ['SCHED_OTHER', 'SCHED_BATCH', 'SCHED_IDLE'].map((name) => constant(name));
  return [{ calls: ['sched_setscheduler'], errno: 'EPERM', ...noneOf(1, permitted) }];
}

/** seccomp_restrict_suid_sgid. openat2(2) has its mode in memory, so that programs are to fall back to openat(2). */
export function restrictSuidSgid(): readonly Restriction[] {
  const bits = [constant('S_ISUID'), constant('S_ISGID')];
  const all = bits.reduce((sum, bit) => sum | bit, 0n);
  const errno = 'EPERM';
  const open = (name: string, index: number) =>
    byValue('O_CREAT').map(
      ([create, onlyOn]): Restriction => ({
        calls: [name],
        errno,
        onlyOn,
        denied: bits.map((bit) => [masked(index, create, create), masked(index + 1, bit, bit)]),
        allowed: [[masked(index, create, 0n)], [masked(index, create, create), masked(index + 1, all, 0n)]],
      }),
    );
  return [
    { calls: ['chmod', 'fchmod', 'mkdir', 'mknod', 'creat'], errno, ...anyOf(1, ...bits) },
    { calls: ['fchmodat', 'fchmodat2', 'mkdirat', 'mknodat'], errno, ...anyOf(2, ...bits) },
    ...open('open', 1),
    ...open('openat', 2),
    whole(['openat2'], 'ENOSYS'),
  ];
}

const WITHOUT_TIME = ['cgroup', 'ipc', 'net', 'mnt', 'pid', 'user', 'uts'];

/** The names of RestrictNamespaces=. */
export const NAMESPACES: ReadonlyMap<string, bigint> = new Map(
  [...WITHOUT_TIME, 'time'].map((name) => [name, constant(`CLONE_NEW${name === 'mnt' ? 'NS' : name.toUpperCase()}`)]),
);

/** What "no" and the lists with "~" begin with, as NAMESPACE_FLAGS_ALL, which lacked the namespaces of time in 252. */
export function usualNamespaces(version: SystemdVersion): readonly string[] {
  return version === '252' ? WITHOUT_TIME : [...NAMESPACES.keys()];
}

/** seccomp_restrict_namespaces, with the namespaces that are permitted. clone3(2) has its flags in memory. */
export function restrictNamespaces(permitted: ReadonlySet<string>, version: SystemdVersion): readonly Restriction[] {
  const all = usualNamespaces(version);
  const usual = all.filter((name) => permitted.has(name));
  if (usual.length === all.length) return [];
  const denied = [...NAMESPACES].flatMap(([name, flag]) => (permitted.has(name) ? [] : [flag]));
  const errno = 'EPERM';
  const switched: readonly ArchitectureName[] = ['s390', 's390x'];
  const others = ARCHITECTURES.map(({ name }) => name).filter((name) => !switched.includes(name));
  const flags = denied.reduce((sum, flag) => sum | flag, 0n);
  // setns(2) of any kind of namespace (0) would get around a list.
  const setns = ([32, 64] as const).map(
    (bits): Restriction => ({
      calls: ['setns'],
      errno,
      onlyOn: ARCHITECTURES.filter(({ wordSize }) => wordSize === bits).map(({ name }) => name),
      denied: [[compared(1, 'EQ', 0n)], ...denied.map((flag) => [masked(1, flag, flag)])],
      allowed: nonZeroWithout(flags, bits),
    }),
  );
  return [
    ...(usual.length === 0 ? [whole(['setns'])] : setns),
    { calls: ['unshare'], errno, ...anyOf(0, ...denied) },
    { calls: ['clone'], errno, onlyOn: others, ...anyOf(0, ...denied) },
    { calls: ['clone'], errno, onlyOn: switched, ...anyOf(1, ...denied) },
    whole(['clone3'], 'ENOSYS'),
  ];
}

/** Values of argument 1, of that many bits, with none of the flags but some other bit. */
function nonZeroWithout(flags: bigint, bits: 32 | 64): SeccompArgument[][] {
  const rules: SeccompArgument[][] = [];
  let clear = flags;
  for (let bit = 1n; bit < 1n << BigInt(bits); bit <<= 1n) {
    if (flags & bit) continue;
    rules.push([masked(1, clear | bit, bit)]);
    clear |= bit;
  }
  return rules;
}

/** Numbers of address families are below it (AF_MAX of Linux 6.1). */
const END_OF_FAMILIES = 46n;

/** A family by its name, in capitals or not, as systemd takes it. */
export function addressFamily(name: string): bigint | undefined {
  const upper = name.toUpperCase();
  return [...familyConstants('AF')].find(([known]) => known.toUpperCase() === upper)?.[1];
}

/**
 * seccomp_restrict_address_families. There is no filter where socket(2) is behind socketcall(2), or systemd does not know
 * that it is not.
 */
export function restrictAddressFamilies(families: ReadonlySet<bigint>, isAllowList: boolean): readonly Restriction[] {
  const rest = { calls: ['socket'], errno: 'EAFNOSUPPORT', onlyOn: WITHOUT_SOCKETCALL };
  const known = [...families].filter((family) => family > 0n && family < END_OF_FAMILIES);
  if (isAllowList) return [{ ...rest, ...noneOf(0, known) }];
  const denies = [...families].filter((family) => family > 0n);
  if (denies.length === 0) return [];
  const { denied, allowed } = noneOf(0, denies);
  return [{ ...rest, denied: allowed, allowed: denied }];
}

const WITHOUT_SOCKETCALL: readonly ArchitectureName[] = [
  'x86_64',
  'x32',
  'arm',
  'aarch64',
  'mipsel64n32',
  'mips64n32',
  'mipsel64',
  'mips64',
  'riscv64',
];

/** seccomp_lock_personality: PER_LINUX, or that of Personality=. */
export function lockPersonality(name = 'PER_LINUX'): readonly Restriction[] {
  return [{ calls: ['personality'], errno: 'EPERM', ...noneOf(0, [constant(name)]) }];
}

/** The names that entries have for architectures. */
export const abisOf = (names: readonly ArchitectureName[]): readonly string[] =>
  names.map((name) => parseArchitecture(name).ociName);

/**
 * A restriction's rules. `standing` is the decision of SystemCallFilter= and SystemCallLog= about the calls, where that is
 * not the default's.
 */
export function entriesOf(
  { calls: names, errno, onlyOn, denied, allowed }: Restriction,
  standing: Pick<DockerSyscall, 'action'> | undefined,
): DockerSyscall[] {
  const entry = (answer: Pick<DockerSyscall, 'action' | 'errno'>, args: readonly SeccompArgument[]): DockerSyscall => ({
    names: [...names],
    ...answer,
    ...(args.length > 0 ? { args: [...args] } : {}),
    ...(onlyOn ? { abis: abisOf(onlyOn) } : {}),
  });
  return [
    ...denied.map((args) => entry({ action: 'SCMP_ACT_ERRNO', errno }, args)),
    ...(standing ? allowed.map((args) => entry(standing, args)) : []),
  ];
}
