import type { Architecture, ArchitectureName } from '../architecture.js';
import { isAtLeast, type KernelVersion, parseRelease } from '../kernel-version.js';

/**
 * The Linux in which a system call first had its number: `RELEASE: names` on every architecture, and below that
 * `RELEASE ARCHITECTURES: names` where some had it in another one. What is not here has been there since 3.0 or before.
 *
 * From syscalls(2), the headers of Linux 6.1, 6.12, 7.2 and 7.3, and for architectures the tables in the kernel's source.
 * test/syscalls/first-linux.test.ts compares all of it with that page and with the headers of 6.1 and 7.3, and lists what differs.
 * A socket or semaphore call of x86, s390, PowerPC and others was reached through socketcall(2) or ipc(2) long before it
 * got a number. Where only headers say it, the release is the first whose headers were read (memfd_secret of loongarch64,
 * uprobe of x32).
 */
const FIRST_LINUX = `
3.1: getcpu
3.2: process_vm_readv process_vm_writev
3.5: kcmp
3.7: s390_runtime_instr
3.8: finit_module
3.14: sched_getattr sched_setattr
3.15: renameat2
3.17: getrandom kexec_file_load memfd_create seccomp
3.18: bpf
3.19: execveat s390_pci_mmio_read s390_pci_mmio_write
4.1: switch_endian
4.3: membarrier userfaultfd
4.4: mlock2
4.5: copy_file_range
4.6: preadv2 pwritev2
4.9: pkey_alloc pkey_free pkey_mprotect
4.11: statx
4.12: s390_guarded_storage
4.15: get_tls s390_sthyi
4.18: io_pgetevents rseq
5.1: clock_adjtime64 clock_getres_time64 clock_gettime64 clock_nanosleep_time64 clock_settime64 futex_time64
  io_pgetevents_time64 io_uring_enter io_uring_register io_uring_setup mq_timedreceive_time64
  mq_timedsend_time64 pidfd_send_signal ppoll_time64 pselect6_time64 recvmmsg_time64 rt_sigtimedwait_time64
  sched_rr_get_interval_time64 semtimedop_time64 timerfd_gettime64 timerfd_settime64 timer_gettime64
  timer_settime64 utimensat_time64
5.2: fsconfig fsmount fsopen fspick move_mount open_tree
5.3: clone3 pidfd_open
5.6: openat2 pidfd_getfd
5.8: faccessat2
5.9: close_range
5.10: process_madvise
5.11: epoll_pwait2
5.12: mount_setattr
5.13: landlock_add_rule landlock_create_ruleset landlock_restrict_self
5.14: memfd_secret quotactl_fd
5.15: process_mrelease
5.16: futex_waitv
5.17: set_mempolicy_home_node
6.4: riscv_hwprobe
6.5: cachestat
6.6: fchmodat2
6.7: futex_requeue futex_wait futex_wake map_shadow_stack
6.8: listmount lsm_get_self_attr lsm_list_modules lsm_set_self_attr statmount
6.10: mseal
6.11: uretprobe
6.13: getxattrat listxattrat removexattrat setxattrat
6.15: open_tree_attr
6.17: file_getattr file_setattr
6.18: uprobe
6.19: listns
7.0: rseq_slice_yield
7.3: fchroot

3.0 x86 arm m68k mips mips64 mips64n32 parisc parisc64 ppc ppc64 s390 s390x sh: getcpu
3.1 mips mips64 mips64n32 parisc parisc64: sendmmsg
3.6 x32: kcmp
3.7 m68k mips mips64 mips64n32 s390 s390x sh: kcmp
3.9 parisc parisc64: finit_module process_vm_readv process_vm_writev
3.9 arm parisc parisc64 ppc ppc64: kcmp
3.10 mips64: getdents64
3.14 parisc parisc64: utimes
4.0 parisc parisc64: execveat
4.3 x86 m68k s390 s390x: accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmsg sendmsg
  sendto setsockopt shutdown socket socketpair
4.3 s390 s390x: get_mempolicy mbind migrate_pages move_pages set_mempolicy
4.3 m68k s390 s390x: recvmmsg sendmmsg
4.4 parisc parisc64: membarrier userfaultfd
4.7 x32: preadv2 pwritev2
4.8 sh: bpf copy_file_range execveat getrandom membarrier memfd_create mlock2 preadv2 pwritev2 renameat2
  sched_getattr sched_setattr seccomp userfaultfd
4.10 ppc ppc64: kexec_file_load
4.12 x86: arch_prctl
4.16 ppc ppc64: pkey_alloc pkey_free pkey_mprotect
4.17 s390 s390x: kexec_file_load
4.19 arm: io_pgetevents
4.20 aarch64 riscv64: rseq
5.0 aarch64 riscv64: kexec_file_load
5.1 arm: kexec_file_load migrate_pages
5.1 x86 m68k mips ppc ppc64 s390 s390x sh: msgctl msgget msgrcv msgsnd semctl semget shmat shmctl shmdt shmget
5.1 m68k parisc parisc64 s390 s390x sh: pkey_alloc pkey_free pkey_mprotect
5.1 m68k parisc parisc64 sh: rseq
5.1 m68k: seccomp
5.1 ppc64 s390x: semtimedop
5.1 sh: statx
5.4 mips mips64 mips64n32 riscv64: clone3
5.4 parisc parisc64: kexec_file_load
5.6 m68k: clone3
6.4 s390 s390x: memfd_secret
6.5 parisc parisc64: cacheflush
6.6 x86_64: map_shadow_stack
6.10 x32: map_shadow_stack
6.10 sh: sync_file_range2
7.2 loongarch64: memfd_secret
7.2 x32: uprobe
`;

/** The Linux that first ran on an architecture, where that is newer than the oldest here. */
const FIRST_OF_ARCHITECTURE: Partial<Record<ArchitectureName, string>> = {
  x32: '3.4',
  aarch64: '3.7',
  ppc64le: '3.13',
  riscv64: '4.15',
  loongarch64: '5.19',
};

/** The oldest release that has a place of its own here; what is older is older than this. */
export const OLDEST_LINUX: KernelVersion = { version: 3, revision: 0 };

/** Those that differ in byte order alone have one table. */
const TABLE_OF: Partial<Record<ArchitectureName, ArchitectureName>> = {
  mipsel: 'mips',
  mipsel64: 'mips64',
  mipsel64n32: 'mips64n32',
  ppc64le: 'ppc64',
  sheb: 'sh',
};

interface Releases {
  everywhere?: KernelVersion;
  readonly on: Map<string, KernelVersion>;
}

let table: ReadonlyMap<string, Releases> | undefined;

function readTable(): ReadonlyMap<string, Releases> {
  const releases = new Map<string, Releases>();
  for (const [, head, names] of FIRST_LINUX.matchAll(/^(\d[^:]*): (.*(?:\n {2}.*)*)$/gm)) {
    const [release, ...architectures] = head!.split(' ');
    const version = parseRelease(release!)!;
    for (const name of names!.split(/\s+/)) {
      const known: Releases = releases.get(name) ?? { on: new Map() };
      releases.set(name, known);
      if (architectures.length === 0) known.everywhere = version;
      for (const architecture of architectures) known.on.set(architecture, version);
    }
  }
  return releases;
}

/**
 * The Linux in which a system call first had its number on an architecture; `OLDEST_LINUX` for that one and all before
 * it. The architecture must have the call: nothing is said of one that has not.
 *
 * @param name libseccomp's
 */
export function firstLinux(name: string, { name: architecture }: Pick<Architecture, 'name'>): KernelVersion {
  table ??= readTable();
  const born = FIRST_OF_ARCHITECTURE[architecture];
  const known = table.get(name);
  const came = known?.on.get(TABLE_OF[architecture] ?? architecture) ?? known?.everywhere ?? OLDEST_LINUX;
  const bornIn = born === undefined ? OLDEST_LINUX : parseRelease(born)!;
  return isAtLeast(came, bornIn) ? came : bornIn;
}

/** Every name that came after the oldest release, somewhere. */
export function namesWithRelease(): readonly string[] {
  table ??= readTable();
  return [...table.keys()];
}
