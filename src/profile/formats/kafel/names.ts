import { type ArchitectureName, findArchitecture } from '../../../architecture.js';
import { syscallNumber } from '../../../syscalls/syscall-name.js';

/** The targets that kafel compiles for. */
const KAFEL_TARGETS = ['x86_64', 'x86', 'arm', 'aarch64', 'mips', 'mips64', 'riscv64', 'm68k'] as const;

type KafelTarget = (typeof KAFEL_TARGETS)[number];

/** Calls with wider numbers, which libseccomp calls `getuid32`: kafel's `getuid` is this one, its `getuid16` the older one. */
const WIDENED =
  'chown fchown lchown getegid geteuid getgid getgroups getresgid getresuid getuid setfsgid setfsuid setgid setgroups setregid ' +
  'setresgid setresuid setreuid setuid';

/**
 * kafel's names of calls that libseccomp calls otherwise, `kafel=libseccomp`, and the targets that have them so. kafel's are
 * those of the kernel's functions (sys_NAME), which each of its tables has from the kernel of that target.
 */
const RENAMED: readonly (readonly [targets: string, names: string])[] = [
  [
    'x86_64 x86 arm aarch64 mips mips64 riscv64',
    'newstat=stat newfstat=fstat newlstat=lstat newuname=uname sysctl=_sysctl llseek=_llseek umount=umount2',
  ],
  ['x86_64', 'sendfile64=sendfile'],
  [
    'x86 arm m68k',
    WIDENED.split(' ')
      .map((name) => `${name}=${name}32 ${name}16=${name}`)
      .join(' '),
  ],
  ['arm', 'sync_file_range2=arm_sync_file_range'],
  ['aarch64', 'sync_file_range2=sync_file_range'],
  ['x86 arm', 'getrlimit=ugetrlimit old_getrlimit=getrlimit select=_newselect old_select=select'],
  [
    'x86',
    'stat=oldstat fstat=oldfstat lstat=oldlstat uname=olduname olduname=oldolduname oldumount=umount old_mmap=mmap ' +
      'mmap_pgoff=mmap2 old_readdir=readdir',
  ],
];

const byTarget = new Map<KafelTarget, ReadonlyMap<string, string>>(
  KAFEL_TARGETS.map((target) => [
    target,
    new Map(
      RENAMED.filter(([targets]) => targets.split(' ').includes(target)).flatMap(([, names]) =>
        names.split(' ').map((pair) => pair.split('=') as [string, string]),
      ),
    ),
  ]),
);
const words: ReadonlySet<string> = new Set([...byTarget.values()].flatMap((names) => [...names.keys()]));

const isTarget = (target: ArchitectureName): target is KafelTarget =>
  (KAFEL_TARGETS as readonly string[]).includes(target);

/** Whether libseccomp has another name for a word of kafel's, on any target. */
export const isRenamed = (word: string): boolean => words.has(word);

/** Whether kafel has a word on a target. */
export function hasWord(word: string, target: ArchitectureName): boolean {
  if (!isTarget(target)) return false;
  const names = byTarget.get(target)!;
  const name = names.get(word);
  if (name !== undefined) return syscallNumber(name, target) !== undefined;
  return syscallNumber(word, target) !== undefined && ![...names.values()].includes(word);
}

/**
 * libseccomp's name of what a word is on a target of kafel. Where kafel has no such word the policy is none for that target: the
 * call that has this name there, or is meant on x86_64.
 */
export function libseccompName(word: string, target: ArchitectureName): string {
  const name = isTarget(target) ? byTarget.get(target)!.get(word) : undefined;
  if (name !== undefined || syscallNumber(word, target) !== undefined) return name ?? word;
  return byTarget.get('x86_64')!.get(word) ?? word;
}

/** kafel's word for a call on a target of its. Default: on the first that has the call. */
export function kafelName(name: string, target?: ArchitectureName): string {
  const isOwn = target !== undefined && isTarget(target);
  const of = isOwn ? target : KAFEL_TARGETS.find((each) => syscallNumber(name, each) !== undefined);
  if (of === undefined) return name;
  for (const [word, each] of byTarget.get(of)!) if (each === name) return word;
  return name;
}

/** The targets that kafel compiles for, by the names that ON has. */
export const TARGETS = new Map(KAFEL_TARGETS.map((name) => [name as string, findArchitecture(name)!]));
