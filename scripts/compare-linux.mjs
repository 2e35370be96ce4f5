// Compares what is known of Linux here with the kernel's headers of wasm/linux.lock: system calls of all architectures, and the
// names of constants. Prints what is missing or extra, one line each; exit 1 where there is something. What a constant's value is
// on each architecture needs a compiler: test/syscalls/constants.test.ts. Run it after ./build.sh bundles testinputs as:
// node scripts/compare-linux.mjs [folder of headers]
import { existsSync, readFileSync } from 'node:fs';
import { ARCHITECTURES, findArchitecture } from '../dist/index.js';
import { listSyscalls, loadLibseccompSync } from '../dist/libseccomp.js';
import { CONSTANT_FAMILIES, familyConstants } from '../dist/syscalls.js';

const [headers = 'build/test-inputs/linux'] = process.argv.slice(2);
const folder = `${headers}/arch`;

/**
 * The kernel's folder of each architecture, and its headers there. Those that differ in byte order alone have the same. 31-bit s390 has none since
 * Linux dropped it: its table stays as it was.
 */
const HEADERS = {
  x86: ['x86', 'unistd_32.h'],
  x86_64: ['x86', 'unistd_64.h'],
  x32: ['x86', 'unistd_x32.h'],
  arm: ['arm', 'unistd-eabi.h', 'unistd.h'],
  aarch64: ['arm64', 'unistd_64.h'],
  loongarch64: ['loongarch', 'unistd_64.h'],
  m68k: ['m68k', 'unistd_32.h'],
  mips: ['mips', 'unistd_o32.h'],
  mipsel: ['mips', 'unistd_o32.h'],
  mips64: ['mips', 'unistd_n64.h'],
  mipsel64: ['mips', 'unistd_n64.h'],
  mips64n32: ['mips', 'unistd_n32.h'],
  mipsel64n32: ['mips', 'unistd_n32.h'],
  parisc: ['parisc', 'unistd_32.h'],
  parisc64: ['parisc', 'unistd_64.h'],
  ppc: ['powerpc', 'unistd_32.h'],
  ppc64: ['powerpc', 'unistd_64.h'],
  ppc64le: ['powerpc', 'unistd_64.h'],
  s390x: ['s390', 'unistd_64.h'],
  riscv64: ['riscv', 'unistd_64.h'],
  sheb: ['sh', 'unistd_32.h'],
  sh: ['sh', 'unistd_32.h'],
};
/** Macros of numbers that are no system call: bases, and MIPS's gaps (arch/mips/kernel/syscalls/*.tbl). */
const NO_CALL = /^(?:\w*BASE|SYSCALL_MASK|Linux\w*|N32_Linux\w*|64_Linux\w*|O32_Linux\w*|(?:unused|reserved)\d+)$/;
/** What a macro adds its number to. */
const bases = (architecture) => ({
  __X32_SYSCALL_BIT: 0x40000000,
  __NR_SYSCALL_BASE: 0,
  __ARM_NR_BASE: 0xf0000,
  __NR_Linux: { mips: 4000, mips64: 5000, mips64n32: 6000 }[architecture.replace('mipsel', 'mips')] ?? 0,
});

/** The calls of an architecture in the headers: of two names for a number both. */
function headerCalls(architecture) {
  const calls = new Map();
  const [kernelFolder, ...files] = HEADERS[architecture];
  for (const file of files) {
    const text = readFileSync(`${folder}/${kernelFolder}/include/uapi/asm/${file}`, 'utf8');
    for (const [, name, expression] of text.matchAll(/^#define\s+__(?:ARM_)?NR_(\w+)\s+(\S.*?)\s*$/gm)) {
      if (NO_CALL.test(name)) continue;
      const alias = /^__NR_(\w+)$/.exec(expression);
      const sum = /^\(?(?:(\w+?)\s*\+\s*)?(0x[0-9a-f]+|\d+)\)?$/.exec(expression);
      const base = sum?.[1] === undefined ? 0 : bases(architecture)[sum[1]];
      if (alias) continue;
      if (base === undefined || sum === null)
        throw new Error(`${file}: ${name} is ${expression}, which is not understood`);
      calls.set(name, base + Number(sum[2]));
    }
  }
  return calls;
}

/**
 * Families that are whole, where the headers have them, and what they have of that form that is no member: masks, limits,
 * second names, and values of other arguments.
 */
const WHOLE = [
  ['linux/in.h', /^IPPROTO_/, /_MAX$/],
  ['asm-generic/socket.h', /^SO_/, /^$/],
  ['linux/mman.h', /^(?:MAP|MREMAP)_/, /^MAP_HUGE_/],
  [
    'asm-generic/mman-common.h',
    /^(?:PROT|MAP|MADV|MCL|MLOCK|MS|PKEY)_/,
    /^MAP_(?:TYPE|FILE)$|^PKEY_(?:UNRESTRICTED|ACCESS_MASK)$/,
  ],
  ['asm-generic/resource.h', /^RLIMIT_/, /^$/],
  ['linux/fadvise.h', /^POSIX_FADV_/, /^$/],
  ['linux/module.h', /^MODULE_INIT_/, /^$/],
  ['linux/net.h', /^SYS_/, /^$/],
  ['linux/perf_event.h', /^PERF_FLAG_/, /^$/],
  ['linux/pidfd.h', /^PIDFD_(?:NONBLOCK|THREAD|SIGNAL_)/, /^$/],
  ['linux/reboot.h', /^LINUX_REBOOT_/, /^$/],
  ['linux/time.h', /^CLOCK_/, /^CLOCK_AUX/],
  ['linux/wait.h', /^(?:W|P_|__W)/, /^$/],
  [
    'linux/io_uring.h',
    /^IORING_(?:ENTER|REGISTER|UNREGISTER)_/,
    /^IORING_REGISTER_(?:FILES_SKIP|LAST|USE_REGISTERED_RING|SRC_REGISTERED|DST_REPLACE)$/,
  ],
  ['linux/bpf.h#bpf_cmd', /^BPF_/, /^$/],
  ['linux/sched.h', /^CLONE_|^UNSHARE_/, /_SIZE_VER|^CLONE_NEWTIME$/],
  ['linux/sched.h', /^SCHED_/, /^SCHED_(?:FLAG|GETATTR_FLAG)_/],
  ['linux/ptrace.h', /^PTRACE_/, /^PTRACE_(?:O_|EVENT|SYSCALL_INFO_|PEEKSIGINFO_SHARED)/],
  ['linux/prctl.h', /^PR_(?:GET|SET)_(?!MM_|PTRACER_|VMA_)/, /^$/],
  ['linux/fcntl.h', /^FD_/, /^FD_INVALID$/],
  ['linux/fcntl.h', /^AT_EXECVE/, /^$/],
  ['asm-generic/fcntl.h', /^O_/, /^O_ACCMODE$/],
  ['linux/close_range.h', /^CLOSE_RANGE_/, /^$/],
  ['linux/falloc.h', /^FALLOC_FL_/, /_ALLOCATE_RANGE$/],
  ['linux/fs.h', /^RWF_/, /^RWF_SUPPORTED$/],
  [
    'linux/futex.h',
    /^FUTEX_(?!WAITERS|OWNER_DIED|TID_MASK|OP_|NO_NODE|32$)/,
    /_PRIVATE$|_MASK$|_MAX$|_LIST(?:32|64)$|_MATCH_ANY$|ROBUST_MOD/,
  ],
  ['linux/keyctl.h', /^KEYCTL_/, /^KEYCTL_(?:SUPPORTS|CAPS[01]|MOVE_EXCL)/],
  ['linux/kexec.h', /^KEXEC_/, /^KEXEC_(?:ARCH|SEGMENT)_/],
  ['linux/landlock.h', /^LANDLOCK_/, /^$/],
  ['linux/membarrier.h', /^MEMBARRIER_CMD_/, /_SHARED$|_FLAG_CPU$/],
  [
    'linux/mempolicy.h',
    /^MPOL_(?!MF_)/,
    /^MPOL_(?:MAX|MODE_FLAGS|USER_NODEMASK_FLAGS|F_(?:NODE|ADDR|MEMS_ALLOWED|SHARED|MOF|MORON))$/,
  ],
  ['linux/mount.h', /^(?:OPEN_TREE|MOVE_MOUNT|FSOPEN|FSMOUNT|FSCONFIG|MOUNT_ATTR)_/, /__|_SIZE_VER0$|_RELATIME$/],
  ['linux/seccomp.h', /^SECCOMP_(?:SET|GET|FILTER_FLAG|MODE|IOCTL)_/, /^$/],
  ['linux/userfaultfd.h', /^UFFD_USER/, /^$/],
  ['linux/memfd.h', /^MFD_/, /^MFD_HUGE_/],
  ['linux/random.h', /^GRND_/, /^$/],
];

/** The names of macros with a value, and of enumerations, in a header; of one enumeration after a `#`. */
function namesIn(header) {
  const [file, enumeration] = header.split('#');
  const whole = readFileSync(`${headers}/include/uapi/${file}`, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const text = enumeration ? new RegExp(`enum ${enumeration} \\{[^}]*\\}`).exec(whole)[0] : whole;
  const macros = [...text.matchAll(/^#[ \t]*define[ \t]+([A-Z]\w*)[ \t]+\S/gm)].map(([, name]) => name);
  const bodies = [...text.matchAll(/\benum\b[^{;]*\{([^}]*)\}/g)].map(([, body]) => body);
  return [...macros, ...bodies.flatMap((body) => [...body.matchAll(/^\s*([A-Z]\w*)/gm)].map(([, name]) => name))];
}

if (!existsSync(`${folder}/x86/include/uapi/asm/unistd_64.h`)) {
  console.error(
    `compare-linux: ${folder} has no headers of system calls; ./build.sh testinputs makes build/test-inputs`,
  );
  process.exit(2);
}
const libseccomp = loadLibseccompSync();
let [compared, differing] = [0, 0];
for (const architecture of Object.keys(HEADERS)) {
  const theirs = headerCalls(architecture);
  const ours = new Map(
    listSyscalls(libseccomp, findArchitecture(architecture)).map(({ name, number }) => [name, number]),
  );
  const lines = [];
  for (const [name, number] of theirs) {
    if (ours.get(name) !== number)
      lines.push(`missing: ${name} ${number}${ours.has(name) ? `, is ${ours.get(name)}` : ''}`);
  }
  for (const [name, number] of ours) if (!theirs.has(name)) lines.push(`extra: ${name} ${number}`);
  for (const line of lines) console.log(`${architecture} ${line}`);
  compared += theirs.size;
  differing += lines.length;
}
const left = ARCHITECTURES.map(({ name }) => name).filter((name) => !(name in HEADERS));
console.log(
  `${compared} system calls of ${Object.keys(HEADERS).length} architectures compared, ${differing} differ; not compared: ${left.join(', ')}`,
);

const known = new Set(
  ARCHITECTURES.flatMap(({ name }) => CONSTANT_FAMILIES.flatMap((family) => [...familyConstants(family, name).keys()])),
);
let [constants, lacking] = [0, 0];
for (const [header, form, others] of WHOLE) {
  const names = new Set(namesIn(header).filter((name) => form.test(name) && !others.test(name)));
  // A pattern that finds nothing would find nothing missing.
  if (names.size === 0) throw new Error(`${header} has no constant that is ${form}`);
  const missing = [...names].filter((name) => !known.has(name));
  for (const name of missing) console.log(`constants missing: ${name} of ${header}`);
  constants += names.size;
  lacking += missing.length;
}
console.log(`${constants} constants of ${WHOLE.length} kinds compared by name, ${lacking} missing`);
if (differing + lacking > 0) process.exitCode = 1;
