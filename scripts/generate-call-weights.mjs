// Writes src/bpf/minimize/call-numbers.ts: the numbers of every architecture's calls, and how often each happens, of what
// src/bpf/minimize/call-frequencies.list says of the names. Run it after ./build.sh as: node scripts/generate-call-weights.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { ARCHITECTURES } from '../dist/index.js';
import { listSyscalls, loadLibseccompSync } from '../dist/libseccomp.js';

const LIST = 'src/bpf/minimize/call-frequencies.list';
const OUTPUT = 'src/bpf/minimize/call-numbers.ts';
/** Of a million: what is rarer counts as much as any call. */
const RARE = 10;

/**
 * On 32-bit architectures the C library calls these in the place of those, where there are both: as glibc 2.36 does, seen
 * under strace of Debian 12's busybox-static of i386. Of the calls with 64-bit times it takes those two at once, and the
 * others for times past 2038 only (glibc, sysdeps/unix/sysv/linux).
 */
const WIDE = {
  chown: 'chown32',
  clock_getres: 'clock_getres_time64',
  clock_gettime: 'clock_gettime64',
  fchown: 'fchown32',
  fcntl: 'fcntl64',
  fstat: 'statx',
  fstatfs: 'fstatfs64',
  ftruncate: 'ftruncate64',
  getegid: 'getegid32',
  geteuid: 'geteuid32',
  getgid: 'getgid32',
  getgroups: 'getgroups32',
  getresgid: 'getresgid32',
  getresuid: 'getresuid32',
  getrlimit: 'ugetrlimit',
  getuid: 'getuid32',
  lchown: 'lchown32',
  lseek: '_llseek',
  lstat: 'statx',
  mmap: 'mmap2',
  newfstatat: 'statx',
  rt_sigreturn: 'sigreturn',
  select: '_newselect',
  sendfile: 'sendfile64',
  setresgid: 'setresgid32',
  setresuid: 'setresuid32',
  stat: 'statx',
  statfs: 'statfs64',
  truncate: 'truncate64',
};

/**
 * What is called in the place of a call that an architecture has not: the first that it has. As seen of Debian 12's
 * busybox-static of arm64 (qemu-aarch64-static -strace), and of i386.
 */
const INSTEAD = {
  accept: ['accept4'],
  arch_prctl: ['set_thread_area', 'set_tls'],
  access: ['faccessat'],
  chmod: ['fchmodat'],
  chown: ['fchownat'],
  creat: ['openat'],
  dup2: ['dup3'],
  epoll_create: ['epoll_create1'],
  epoll_wait: ['epoll_pwait'],
  eventfd: ['eventfd2'],
  fadvise64: ['fadvise64_64', 'arm_fadvise64_64'],
  fork: ['clone'],
  fstat: ['fstat64', 'newfstatat', 'fstatat64', 'statx'],
  getdents: ['getdents64'],
  getpgrp: ['getpgid'],
  getrlimit: ['prlimit64'],
  lchown: ['fchownat'],
  link: ['linkat'],
  lseek: ['_llseek'],
  lstat: ['lstat64', 'newfstatat', 'fstatat64', 'statx'],
  mkdir: ['mkdirat'],
  mmap: ['mmap2'],
  newfstatat: ['fstatat64', 'statx'],
  open: ['openat'],
  pause: ['ppoll'],
  pipe: ['pipe2'],
  poll: ['ppoll', 'ppoll_time64'],
  readlink: ['readlinkat'],
  recv: ['recvfrom'],
  rename: ['renameat', 'renameat2'],
  renameat: ['renameat2'],
  rmdir: ['unlinkat'],
  select: ['_newselect', 'pselect6'],
  send: ['sendto'],
  stat: ['stat64', 'newfstatat', 'fstatat64', 'statx'],
  symlink: ['symlinkat'],
  time: ['gettimeofday'],
  unlink: ['unlinkat'],
  utime: ['utimensat'],
  utimes: ['utimensat'],
  vfork: ['clone'],
};

const frequencies = readFileSync(LIST, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split(' '))
  .map(([name, count]) => [name, Number(count)]);

const libseccomp = loadLibseccompSync();

function ranges(numbers) {
  const found = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([begin, end]) => (begin === end ? `${begin}` : `${begin}-${end}`)).join(' ');
}

const tables = new Map();
for (const architecture of ARCHITECTURES) {
  const calls = listSyscalls(libseccomp, architecture);
  const numberOf = new Map(calls.map(({ name, number }) => [name, number]));
  const numbers = calls.map(({ number }) => number).sort((a, b) => a - b);
  // Where an architecture's numbers start; bit 30 is x32's own.
  const first = architecture.name === 'x32' ? 0x40000000 : 0;
  const parts = new Map();
  for (const [name, count] of frequencies) {
    // x32's and n32's calls are those of 64-bit kernels, with 32-bit addresses
    const is32Bit = architecture.wordSize === 32 && !/[xn]32$/.test(architecture.name);
    const wide = is32Bit ? [WIDE[name]] : [];
    const called = [...wide, name, ...(INSTEAD[name] ?? [])].find((each) => numberOf.has(each));
    if (called === undefined) continue;
    const nr = numberOf.get(called) - first;
    parts.set(nr, (parts.get(nr) ?? 0) + count);
  }
  const frequent = [...parts].filter(([, count]) => count >= RARE).sort(([a], [b]) => a - b);
  const table = tables.get(architecture.auditArch) ?? [];
  table.push({
    name: architecture.name,
    first,
    existing: ranges(numbers.map((number) => number - first)),
    frequent: frequent.map((each) => each.join(':')).join(' '),
  });
  tables.set(architecture.auditArch, table);
}

const hex = (number) => `0x${number.toString(16)}`;
const rows = [...tables].map(
  ([auditArch, all]) =>
    `  [${hex(auditArch)}, [${all
      .map(
        ({ name, first, existing, frequent }) =>
          `\n    // ${name}\n    { first: ${hex(first)}, existing: '${existing}', frequent: '${frequent}' },`,
      )
      .join('')}\n  ]],\n`,
);
writeFileSync(
  OUTPUT,
  `// Made by scripts/generate-call-weights.mjs of call-frequencies.list and libseccomp's tables.

/** The calls of one table of the kernel's. */
export interface CallNumbers {
  /** What the numbers here are counted from. */
  readonly first: number;
  /** Every number that is a call: \`0-3 7\`. */
  readonly existing: string;
  /** How often the frequent ones happen, of a million: \`0:250 7:750\`. */
  readonly frequent: string;
}

/** Per AUDIT_ARCH; x86_64's has x32's calls beside its own. */
export const CALL_NUMBERS: ReadonlyMap<number, readonly CallNumbers[]> = new Map([
${rows.join('')}]);
`,
);
