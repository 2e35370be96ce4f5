// Compares the system calls here, of all architectures, with the kernel's headers of wasm/linux.lock, and prints what is
// missing or extra, one line each; exit 1 where there is something. Run it after ./build.sh bundles testinputs as:
// node scripts/compare-linux.mjs [folder of headers]
import { existsSync, readFileSync } from 'node:fs';
import { ARCHITECTURES, findArchitecture } from '../dist/index.js';
import { listSyscalls, loadLibseccompSync } from '../dist/libseccomp.js';

const [folder = 'build/test-inputs/linux/arch'] = process.argv.slice(2);

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
if (differing > 0) process.exitCode = 1;
