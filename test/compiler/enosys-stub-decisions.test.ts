import { describe, expect, it } from 'vitest';
import { formatAction } from '../../src/action.js';
import { ARCHITECTURES, type Architecture, parseArchitecture } from '../../src/architecture.js';
import { createSimulator } from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';

// runc's rules (libcontainer/seccomp/patchbpf/enosys_linux.go), said once more and tried on every architecture: what the stub
// answers, and else the very decision of the filter without it.

const libseccomp = loadLibseccompSync();
const X32_BIT = 0x40000000;

/** findLastSyscalls: the largest number of any rule's call on an architecture; names it lacks, and pseudo-numbers, do not count. */
function lastSyscall(names: readonly string[], architecture: Architecture): number {
  const numbers = names.map((name) => libseccomp.resolveSyscallName(name, architecture) ?? -1);
  return Math.max(0, ...numbers);
}

/** generateEnosysStub: whether a call gets ENOSYS. `in the filter` are the target and what the profile lists. */
function isAnsweredByRunc(
  names: readonly string[],
  filter: readonly Architecture[],
  auditArch: number,
  nr: number,
): boolean {
  const native = filter.filter(
    (architecture) => architecture.auditArch === auditArch && lastSyscall(names, architecture) > 0,
  );
  const [first] = native;
  if (!first) return false;
  if (first.name === 's390' || first.name === 's390x') {
    // setup(2) is what the kernel leaves of a number from beyond its table
    if (nr === 0) return true;
  }
  if (first.name !== 'x86_64' && first.name !== 'x32') return nr > lastSyscall(names, first);
  const isX32 = (nr & X32_BIT) !== 0;
  const abi = native.find(({ name }) => name === (isX32 ? 'x32' : 'x86_64'));
  return abi !== undefined && nr > lastSyscall(names, abi);
}

const FAMILIES: readonly (readonly string[])[] = [
  ['x86_64'],
  ['x86_64', 'x86'],
  ['x86_64', 'x32'],
  ['x86_64', 'x86', 'x32'],
  ['x32'],
  ['x32', 'x86_64'],
  ['x86', 'x86_64', 'x32'],
  ['aarch64', 'arm'],
  ['arm'],
  ['s390x', 's390'],
  ['s390', 's390x'],
  ['s390'],
  ['mips64', 'mips', 'mips64n32'],
  ['mipsel64n32', 'mipsel', 'mipsel64'],
  ['ppc64le'],
  ['ppc', 'ppc64'],
  ['riscv64'],
  ['loongarch64'],
  ...ARCHITECTURES.map(({ name }) => [name]),
];

// Calls that are old, that are new, that some architectures lack, that are multiplexed, and that do not exist.
const RULES: readonly (readonly string[])[] = [
  ['read'],
  ['read', 'openat2', 'mseal'],
  ['read', 'socket', 'socketcall', 'shmget', 'ipc'],
  ['socket'],
  ['arch_prctl', 'arm_fadvise64_64', 's390_pci_mmio_read', 'riscv_flush_icache'],
  ['s390_pci_mmio_read'],
  ['setup', 'syscall', 'restart_syscall', 'io_setup'],
  ['no_such_call'],
  [],
];

describe.each(FAMILIES.map((family) => [family.join(' + '), family] as const))('the stub of %s', (_title, family) => {
  const filter = family.map((name) => parseArchitecture(name));
  const [target] = filter as [Architecture];

  it.each(RULES.map((names) => [names.join(', ') || 'no rule', names] as const))(
    'decides as runc’s for %s',
    (_rule, names) => {
      const profile = (defaultAction: object) => ({
        ...defaultAction,
        architectures: filter.map(({ ociName }) => ociName),
        syscalls: names.map((name) => ({ names: [name], action: 'SCMP_ACT_ALLOW' })),
      });
      for (const defaultAction of [
        { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 1 },
        { defaultAction: 'SCMP_ACT_KILL_PROCESS' },
      ]) {
        const options = { arch: target.name, libseccomp, unknownSyscall: 'ignore' } as const;
        const decider = (enosysStub: boolean) => {
          const { program } = compileProfileSync(profile(defaultAction), { ...options, enosysStub });
          const simulator = createSimulator(program, { endianness: target.endianness });
          return (nr: number, arch: number) => {
            const { action } = simulator.simulate({ nr, arch, instructionPointer: 0n, args: [0n, 0n, 0n, 0n, 0n, 0n] });
            return formatAction(action, target.name);
          };
        };
        const [withStub, without] = [decider(true), decider(false)];
        for (const auditArch of new Set(ARCHITECTURES.map((architecture) => architecture.auditArch))) {
          const lasts = ARCHITECTURES.filter((architecture) => architecture.auditArch === auditArch).map(
            (architecture) => lastSyscall(names, architecture),
          );
          const numbers = [
            0,
            1,
            3,
            39,
            500,
            4001,
            5001,
            6001,
            X32_BIT,
            X32_BIT + 3,
            0x7fffffff,
            0x80000000,
            0xffffffff,
          ];
          for (const nr of new Set([
            ...numbers,
            ...lasts.flatMap((last) => [last - 1, last, last + 1].filter((n) => n >= 0)),
          ])) {
            const expected = isAnsweredByRunc(names, filter, auditArch, nr) ? 'ERRNO(ENOSYS)' : without(nr, auditArch);
            const call = `${nr} on ${auditArch.toString(16)}: `;
            expect(call + withStub(nr, auditArch)).toBe(call + expected);
          }
        }
      }
    },
  );
});
