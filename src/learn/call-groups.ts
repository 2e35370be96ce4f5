/**
 * The purposes of system calls, for readers of a profile: the title of each group in a recorded profile, and its calls.
 * Each call is in one group. `name*` stands for every name that begins so.
 */
const GROUPS: readonly (readonly [title: string, names: string])[] = [
  [
    'Files and folders',
    `access acct chdir chmod chown* close close_range copy_file_range creat dup dup2 dup3 faccessat* fadvise64* fallocate
    fchdir fchmod* fchown* fcntl* fdatasync fgetxattr file_getattr file_setattr flistxattr flock fremovexattr fsetxattr fstat*
    fsync ftruncate* futimesat getcwd getdents* getxattr* inotify_* fanotify_* ioctl io_* lchown* lgetxattr link linkat
    listxattr* llistxattr _llseek lremovexattr lseek lsetxattr lstat* mkdir mkdirat mknod mknodat name_to_handle_at newfstatat
    oldfstat oldlstat oldstat open openat* open_by_handle_at pread64 preadv* pwrite64 pwritev* read readahead readdir readlink
    readlinkat readv removexattr* rename renameat* rmdir sendfile* setxattr* splice stat stat64 statfs* statx symlink
    symlinkat sync sync_file_range* syncfs tee truncate* umask unlink unlinkat utime utimensat* utimes vmsplice write writev
    arm_fadvise64_64 arm_sync_file_range cachestat oldumount quotactl* ustat lookup_dcookie chroot`,
  ],
  [
    'Memory',
    `brk madvise map_shadow_stack mbind membarrier memfd_* migrate_pages mincore mlock* mmap* move_pages mprotect mremap mseal
    msync munlock* munmap pkey_* process_madvise process_mrelease remap_file_pages set_mempolicy* get_mempolicy userfaultfd
    cacheflush riscv_flush_icache`,
  ],
  [
    'Processes and threads',
    `arch_prctl capget capset clone* execve execveat exit exit_group fork futex* get_robust_list get_thread_area getpgid getpgrp
    getpid getppid getpriority getrlimit getrusage getsid gettid getcpu ioprio_* kcmp modify_ldt nice personality pidfd_*
    prctl prlimit64 process_vm_* ptrace riscv_hwprobe rseq* sched_* seccomp set_robust_list set_thread_area set_tid_address
    set_tls get_tls setpgid setpriority setrlimit setsid ugetrlimit unshare setns vfork wait4 waitid waitpid uprobe uretprobe
    landlock_* lsm_*`,
  ],
  [
    'Signals',
    `kill pause restart_syscall rt_sig* rt_tgsigqueueinfo sigaction sigaltstack signal signalfd* sigpending sigprocmask
    sigreturn sigsuspend sgetmask ssetmask tgkill tkill`,
  ],
  ['Waiting and pipes', `epoll_* eventfd* poll ppoll* pselect6* select _newselect pipe pipe2`],
  [
    'Time',
    `adjtimex alarm clock_* getitimer gettimeofday nanosleep setitimer settimeofday stime time timer_* timerfd_* times`,
  ],
  [
    'Network',
    `accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg* recvmsg send sendmmsg
    sendmsg sendto setsockopt shutdown socket socketcall socketpair`,
  ],
  [
    'Messages between processes',
    `ipc mq_* msgctl msgget msgrcv msgsnd semctl semget semop semtimedop* shmat shmctl shmdt shmget`,
  ],
  [
    'Users and groups',
    `getegid* geteuid* getgid* getgroups* getresgid* getresuid* getuid* setfsgid* setfsuid* setgid* setgroups* setregid*
    setresgid* setresuid* setreuid* setuid*`,
  ],
  ['The system', `getrandom sysinfo sysfs syslog uname olduname oldolduname sethostname setdomainname`],
  [
    'Mounts and other privileged calls',
    `add_key bpf delete_module finit_module fsconfig fsmount fsopen fspick init_module ioperm iopl kexec_* keyctl listmount
    listns mount mount_setattr move_mount open_tree* perf_event_open pivot_root reboot request_key statmount swapoff swapon umount
    umount2 vhangup`,
  ],
];

const OTHERS = 'Others';

const exact = new Map<string, number>();
const prefixes: { prefix: string; group: number }[] = [];
for (const [group, [, names]] of GROUPS.entries()) {
  for (const name of names.split(/\s+/)) {
    if (name.endsWith('*')) prefixes.push({ prefix: name.slice(0, -1), group });
    else exact.set(name, group);
  }
}
prefixes.sort((a, b) => b.prefix.length - a.prefix.length);

function groupIndex(name: string): number {
  return exact.get(name) ?? prefixes.find(({ prefix }) => name.startsWith(prefix))?.group ?? GROUPS.length;
}

/** The title of a call's group. */
export function callGroup(name: string): string {
  return GROUPS[groupIndex(name)]?.[0] ?? OTHERS;
}

/** Names by group, in the order of the groups and sorted in each; groups without any are left out. */
export function groupCalls(names: Iterable<string>): { title: string; names: string[] }[] {
  const groups = new Map<number, string[]>();
  for (const name of [...new Set(names)].sort())
    groups.set(groupIndex(name), [...(groups.get(groupIndex(name)) ?? []), name]);
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([index, list]) => ({ title: GROUPS[index]?.[0] ?? OTHERS, names: list }));
}
