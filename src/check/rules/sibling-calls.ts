import { list } from '../../phrases.js';
/** Calls that do the same: where one is denied, another one does it. */
export interface SiblingGroup {
  /** Restricting one of these means something... */
  guarded: readonly string[];
  /** ...that one of these undoes, where it is left open. */
  ways: readonly string[];
  /** Why, after "because". */
  reason: string;
  /** What a way needs besides: it is none where one of these is not open. */
  needs?: readonly string[];
  /** `denied`: only where the guarded call is denied for all arguments. Default: where there is a condition too. */
  when?: 'denied';
  severity?: 'advice';
}

/** A group in which every call can replace every other. */
function equals(names: string, reason: string, more: Partial<SiblingGroup> = {}): SiblingGroup {
  const list = names.split(' ');
  return { guarded: list, ways: list, reason, ...more };
}

function directed(guarded: string, ways: string, reason: string, more: Partial<SiblingGroup> = {}): SiblingGroup {
  return { guarded: guarded.split(' '), ways: ways.split(' '), reason, ...more };
}

/** From section 2 of the manual, and from the kernel's source where a page says less. */
export const SIBLING_GROUPS: readonly SiblingGroup[] = [
  equals('open openat openat2', 'each of them opens a file by its path'),
  directed('creat', 'open openat openat2', 'creat(2) is open(2) with three flags', { when: 'denied' }),
  equals('execve execveat', 'each of them runs a program'),
  directed('fork', 'vfork clone clone3', 'each of them makes a process', { when: 'denied' }),
  directed('vfork', 'fork clone clone3', 'each of them makes a process', { when: 'denied' }),
  directed('clone', 'clone3', 'clone3(2) does what clone(2) does, with its flags in memory, where no filter sees them'),
  directed('clone', 'fork vfork', 'each of them makes a process', { when: 'denied' }),
  directed('unshare', 'clone clone3', 'clone(2) with CLONE_NEW… flags makes the same namespaces', { when: 'denied' }),
  equals('kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal', 'each of them sends a signal', {
    when: 'denied',
    severity: 'advice',
  }),
  directed(
    'ptrace',
    'process_vm_readv process_vm_writev',
    "they read and write another process's memory without ptrace(2)",
    {
      when: 'denied',
    },
  ),
  directed('process_vm_readv process_vm_writev', 'ptrace', "ptrace(2) reads and writes another process's memory", {
    when: 'denied',
  }),
  directed(
    'mount',
    'move_mount mount_setattr',
    'move_mount(2) moves a mount and mount_setattr(2) changes one, as mount(2) does',
    { when: 'denied' },
  ),
  directed('mount', 'fsmount', 'fsopen(2) and fsmount(2) mount a file system, which is reached by its descriptor', {
    when: 'denied',
    needs: ['fsopen', 'fsconfig'],
  }),
  equals('chroot fchroot', 'each of them changes the root directory', { when: 'denied' }),
  directed('pivot_root', 'fchroot', 'fchroot(2) changes the root directory of a process', {
    when: 'denied',
    severity: 'advice',
  }),
  equals('umount umount2', 'umount2(2) is umount(2) with flags'),
  equals('init_module finit_module', 'each of them loads a kernel module'),
  equals('kexec_load kexec_file_load', 'each of them loads a kernel to be run next'),
  equals('chmod fchmod fchmodat fchmodat2', 'each of them sets the permissions of a file'),
  equals('chown fchown lchown fchownat chown32 fchown32 lchown32', 'each of them changes the owner of a file'),
  directed('unlink', 'unlinkat', 'unlinkat(2) removes files as unlink(2) does'),
  directed('rmdir', 'unlinkat', 'unlinkat(2) with AT_REMOVEDIR is rmdir(2)'),
  directed('unlinkat', 'unlink rmdir', 'they remove what unlinkat(2) removes'),
  equals('rename renameat renameat2', 'each of them renames a file'),
  equals('link linkat', 'each of them makes a hard link'),
  equals('symlink symlinkat', 'each of them makes a symbolic link'),
  equals('mkdir mkdirat', 'each of them makes a directory'),
  equals('mknod mknodat', 'each of them makes a device node'),
  // The last ones are of Linux 6.13: what denies them alone was written before, and guards nothing.
  directed(
    'setxattr lsetxattr fsetxattr',
    'setxattr lsetxattr fsetxattr setxattrat',
    'each of them sets an extended attribute',
  ),
  directed(
    'removexattr lremovexattr fremovexattr',
    'removexattr lremovexattr fremovexattr removexattrat',
    'each of them removes an extended attribute',
  ),
  equals('truncate ftruncate truncate64 ftruncate64', 'each of them cuts a file'),
  equals('setuid setreuid setresuid setuid32 setreuid32 setresuid32', 'each of them changes the user id', {
    when: 'denied',
  }),
  equals('setgid setregid setresgid setgid32 setregid32 setresgid32', 'each of them changes the group id', {
    when: 'denied',
  }),
  equals('setgroups setgroups32', 'each of them sets the supplementary groups'),
  equals('settimeofday clock_settime clock_settime64 stime', 'each of them sets the clock', { when: 'denied' }),
  equals('adjtimex clock_adjtime clock_adjtime64', 'each of them adjusts the clock', { when: 'denied' }),
  equals('setrlimit prlimit64', 'each of them sets a resource limit', { when: 'denied' }),
  directed('sched_setscheduler', 'sched_setattr', 'sched_setattr(2) sets what sched_setscheduler(2) sets'),
  directed('connect', 'sendto sendmsg sendmmsg', 'with MSG_FASTOPEN they open a TCP connection, and UDP needs none', {
    when: 'denied',
    severity: 'advice',
  }),
  equals('accept accept4', 'each of them takes a connection'),
  directed('mprotect', 'pkey_mprotect', 'pkey_mprotect(2) does what mprotect(2) does'),
  equals('mmap mmap2', 'each of them maps memory'),
  directed('quotactl', 'quotactl_fd', 'quotactl_fd(2) does what quotactl(2) does'),
  equals('iopl ioperm', 'each of them opens I/O ports'),
  directed('inotify_init', 'inotify_init1', 'inotify_init1(2) is inotify_init(2) with flags'),
  directed(
    'io_uring_enter io_uring_register',
    'io_uring_setup',
    'with IORING_SETUP_SQPOLL a ring needs no io_uring_enter(2)',
    {
      when: 'denied',
    },
  ),
];

/** Flags of unshare(2) that make a mount namespace (linux/sched.h). */
export const CLONE_NEWNS = 0x20000n;
export const UNSHARE_EMPTY_MNTNS = 0x100000n;
/** Calls that newer kernels let make a mount namespace, where an argument has a flag (linux/mount.h), and what they need. */
const MOUNT_NAMESPACES = [
  { name: 'open_tree', index: 2, flag: 2n, needs: [] },
  { name: 'open_tree_attr', index: 2, flag: 2n, needs: [] },
  { name: 'fsmount', index: 1, flag: 2n, needs: ['fsopen', 'fsconfig'] },
] as const;

/** Those of them that run with the flag, as far as what they need is allowed. */
export const openMountNamespaces = (
  runs: (name: string, index: number, flag: bigint) => boolean,
  isAllowed: (name: string) => boolean,
): string[] =>
  MOUNT_NAMESPACES.flatMap(({ name, index, flag, needs }) =>
    runs(name, index, flag) && needs.every(isAllowed) ? [name] : [],
  );

/** What is said of those that are open where unshare makes no mount namespace. */
export const mountNamespaceWords = (open: readonly string[]) => ({
  message: `unshare is kept from making a mount namespace, and ${list(open)} ${open.length === 1 ? 'is' : 'are'} not, which make one on newer kernels: open_tree and open_tree_attr with OPEN_TREE_NAMESPACE, fsmount with FSMOUNT_NAMESPACE`,
  advice: `restrict ${list(open)} too, or that flag where the format compares arguments`,
});

/** What io_uring does in the kernel without the system call being made (linux/io_uring.h, enum io_uring_op). */
export const IO_URING_OPERATIONS: readonly string[] =
  `openat openat2 open creat connect accept accept4 bind listen socket
  send sendto sendmsg recv recvfrom recvmsg unlinkat unlink rmdir renameat renameat2 rename mkdirat mkdir symlinkat symlink
  linkat link statx setxattr fsetxattr getxattr fgetxattr fallocate ftruncate splice tee`
    .trim()
    .split(/\s+/);
