import type { ArchitectureName } from '../architecture.js';

/**
 * Every system call of libseccomp's table: `name…: type parameter family, …`, the family being that of
 * constant-families.ts. Types are those of SYSCALL_DEFINE in the kernel's source, as x86_64 sees them; parameter names
 * those of section 2 of the manual. A type narrower than the prototype's shows how the kernel uses the value. `clone`
 * cuts its flags to 32 bits (kernel/fork.c), and its stack is an address. A file descriptor or process id that is
 * passed as a long is an int one call further in.
 */
export const SIGNATURES = `
afs_syscall break ftime getpmsg gtty idle lock mpx prof profil putpmsg security stty tuxcall ulimit vserver:
multiplexer timerfd epoll_ctl_old epoll_wait_old atomic_barrier breakpoint get_tls usr26 usr32 switch_endian:
fork vfork getpid getppid gettid getuid geteuid getgid getegid getuid32 geteuid32 getgid32 getegid32 getpgrp:
setsid pause sync vhangup sched_yield munlockall inotify_init getpagesize restart_syscall rt_sigreturn sigreturn:
sgetmask uprobe uretprobe rseq_slice_yield:

read: fd fd, pointer buf, size count
write: fd fd, pointer buf, size count
open: string pathname, int flags O, mode mode S
openat: fd dirfd FDCWD, string pathname, int flags O, mode mode S
openat2: fd dirfd FDCWD, string pathname, pointer how, size size
open_tree: fd dirfd FDCWD, string pathname, uint flags OPEN_TREE
open_tree_attr: fd dirfd FDCWD, string pathname, uint flags OPEN_TREE, pointer attr, size size
open_by_handle_at: fd mount_fd FDCWD, pointer handle, int flags O
name_to_handle_at: fd dirfd FDCWD, string pathname, pointer handle, pointer mount_id, int flags AT_HANDLE
creat: string pathname, mode mode S
close syncfs fsync fdatasync: fd fd
fchdir: fd fd FD_ROOT
close_range: uint first, uint last, uint flags CLOSE_RANGE
stat stat64 lstat lstat64 oldstat oldlstat: string pathname, pointer statbuf
fstat fstat64 oldfstat: fd fd, pointer statbuf
fstatat64 newfstatat: fd dirfd FDCWD, string pathname, pointer statbuf, int flags AT
statx: fd dirfd FDCWD, string pathname, uint flags AT, uint mask, pointer statxbuf
statfs: string path, pointer buf
statfs64: string path, size size, pointer buf
fstatfs: fd fd, pointer buf
fstatfs64: fd fd, size size, pointer buf
ustat: uint dev, pointer ubuf
statmount: pointer req, pointer buf, size bufsize, uint flags
listmount: pointer req, pointer mnt_ids, size nr_mnt_ids, uint flags
listns: pointer req, pointer ns_ids, size nr_ns_ids, uint flags
lseek: fd fd, long offset, uint whence SEEK
_llseek: fd fd, ulong offset_high, ulong offset_low, pointer result, uint whence SEEK
pread64 pwrite64: fd fd, pointer buf, size count, offset offset
readv writev: fd fd, pointer iov, ulong iovcnt
preadv pwritev: fd fd, pointer iov, ulong iovcnt, ulong pos_l, ulong pos_h
preadv2 pwritev2: fd fd, pointer iov, ulong iovcnt, ulong pos_l, ulong pos_h, int flags RWF
readahead: fd fd, offset offset, size count
sendfile sendfile64: fd out_fd, fd in_fd, pointer offset, size count
copy_file_range: fd fd_in, pointer off_in, fd fd_out, pointer off_out, size len, uint flags
splice: fd fd_in, pointer off_in, fd fd_out, pointer off_out, size len, uint flags SPLICE_F
tee: fd fd_in, fd fd_out, size len, uint flags SPLICE_F
vmsplice: fd fd, pointer iov, ulong nr_segs, uint flags SPLICE_F
sync_file_range: fd fd, offset offset, offset nbytes, uint flags
sync_file_range2 arm_sync_file_range: fd fd, uint flags, offset offset, offset nbytes
fadvise64: fd fd, offset offset, size len, int advice POSIX_FADV
fadvise64_64: fd fd, offset offset, offset len, int advice POSIX_FADV
arm_fadvise64_64: fd fd, int advice POSIX_FADV, offset offset, offset len
fallocate: fd fd, int mode FALLOC_FL, offset offset, offset len
truncate: string path, long length
truncate64: string path, offset length
ftruncate: fd fd, long length
ftruncate64: fd fd, offset length
cachestat: fd fd, pointer cstat_range, pointer cstat, uint flags
ioctl: fd fd, uint request IOCTL, ulong argp
fcntl fcntl64: fd fd, uint cmd F, ulong arg
flock: fd fd, uint operation LOCK
dup: fd oldfd
dup2: fd oldfd, fd newfd
dup3: fd oldfd, fd newfd, int flags O
pipe: pointer pipefd
pipe2: pointer pipefd, int flags O
select _newselect: int nfds, pointer readfds, pointer writefds, pointer exceptfds, pointer timeout
pselect6 pselect6_time64: int nfds, pointer readfds, pointer writefds, pointer exceptfds, pointer timeout, pointer sigmask
poll: pointer fds, uint nfds, int timeout
ppoll ppoll_time64: pointer fds, uint nfds, pointer tmo_p, pointer sigmask, size sigsetsize
epoll_create: int size
epoll_create1: int flags EPOLL
epoll_ctl: fd epfd, int op EPOLL_CTL, fd fd, pointer event
epoll_wait: fd epfd, pointer events, int maxevents, int timeout
epoll_pwait: fd epfd, pointer events, int maxevents, int timeout, pointer sigmask, size sigsetsize
epoll_pwait2: fd epfd, pointer events, int maxevents, pointer timeout, pointer sigmask, size sigsetsize
eventfd: uint initval
eventfd2: uint initval, int flags EFD
signalfd: fd fd, pointer mask, size sizemask
signalfd4: fd fd, pointer mask, size sizemask, int flags SFD
timerfd_create: int clockid CLOCK, int flags TFD
timerfd_settime timerfd_settime64: fd fd, int flags TFD_TIMER, pointer new_value, pointer old_value
timerfd_gettime timerfd_gettime64: fd fd, pointer curr_value
inotify_init1: int flags IN
inotify_add_watch: fd fd, string pathname, uint mask
inotify_rm_watch: fd fd, int wd
fanotify_init: uint flags, uint event_f_flags O
fanotify_mark: fd fanotify_fd, uint flags, u64 mask, fd dirfd FDCWD, string pathname
getdents getdents64: fd fd, pointer dirp, uint count
readdir: fd fd, pointer dirp, uint count
getcwd: pointer buf, size size
chdir chroot swapoff: string path
fchroot: fd fd FD_ROOT, uint flags
swapon: string path, int swapflags
acct: string filename
uselib: string library
mkdir: string pathname, mode mode S
mkdirat: fd dirfd FDCWD, string pathname, mode mode S
mknod: string pathname, mode mode S, uint dev
mknodat: fd dirfd FDCWD, string pathname, mode mode S, uint dev
unlink rmdir: string pathname
unlinkat: fd dirfd FDCWD, string pathname, int flags AT_REMOVE
link rename: string oldpath, string newpath
linkat: fd olddirfd FDCWD, string oldpath, fd newdirfd FDCWD, string newpath, int flags AT
renameat: fd olddirfd FDCWD, string oldpath, fd newdirfd FDCWD, string newpath
renameat2: fd olddirfd FDCWD, string oldpath, fd newdirfd FDCWD, string newpath, uint flags RENAME
symlink: string target, string linkpath
symlinkat: string target, fd newdirfd FDCWD, string linkpath
readlink: string pathname, pointer buf, int bufsiz
readlinkat: fd dirfd FDCWD, string pathname, pointer buf, int bufsiz
access: string pathname, int mode OK
faccessat: fd dirfd FDCWD, string pathname, int mode OK
faccessat2: fd dirfd FDCWD, string pathname, int mode OK, int flags AT_ACCESS
chmod: string pathname, mode mode S
fchmod: fd fd, mode mode S
fchmodat: fd dirfd FDCWD, string pathname, mode mode S
fchmodat2: fd dirfd FDCWD, string pathname, mode mode S, uint flags AT
chown lchown chown32 lchown32: string pathname, id owner, id group
fchown fchown32: fd fd, id owner, id group
fchownat: fd dirfd FDCWD, string pathname, id owner, id group, int flags AT
umask: int mask S
utime: string filename, pointer times
utimes: string filename, pointer times
futimesat: fd dirfd FDCWD, string pathname, pointer times
utimensat utimensat_time64: fd dirfd FDCWD, string pathname, pointer times, int flags AT
setxattr lsetxattr: string path, string name, pointer value, size size, int flags XATTR
fsetxattr: fd fd, string name, pointer value, size size, int flags XATTR
setxattrat getxattrat: fd dirfd FDCWD, string pathname, uint at_flags AT, string name, pointer args, size size
getxattr lgetxattr: string path, string name, pointer value, size size
fgetxattr: fd fd, string name, pointer value, size size
listxattr llistxattr: string path, pointer list, size size
flistxattr: fd fd, pointer list, size size
listxattrat: fd dirfd FDCWD, string pathname, uint at_flags AT, pointer list, size size
removexattr lremovexattr: string path, string name
fremovexattr: fd fd, string name
removexattrat: fd dirfd FDCWD, string pathname, uint at_flags AT, string name
file_getattr file_setattr: fd dirfd FDCWD, string pathname, pointer attr, size size, uint at_flags AT
lookup_dcookie: u64 cookie, pointer buffer, size len
quotactl: uint cmd, string special, id id, pointer addr
quotactl_fd: fd fd, uint cmd, id id, pointer addr
nfsservctl: int cmd, pointer argp, pointer resp
sysfs: int option, ulong arg1, ulong arg2

mount: string source, string target, string filesystemtype, ulong mountflags MS, pointer data
umount: string target
umount2: string target, int flags MNT
pivot_root: string new_root, string put_old
mount_setattr: fd dirfd FDCWD, string pathname, uint flags AT, pointer attr, size size
move_mount: fd from_dirfd FDCWD, string from_pathname, fd to_dirfd FDCWD, string to_pathname, uint flags MOVE_MOUNT
fsopen: string fsname, uint flags FSOPEN
fsconfig: fd fd, uint cmd FSCONFIG, string key, pointer value, int aux
fsmount: fd fsfd, uint flags FSMOUNT, uint attr_flags MOUNT_ATTR
fspick: fd dirfd FDCWD, string pathname, uint flags

mmap: ulong addr, ulong length, ulong prot PROT, ulong flags MAP, fd fd, ulong offset
mmap2: ulong addr, ulong length, ulong prot PROT, ulong flags MAP, fd fd, ulong pgoffset
munmap: ulong addr, size length
mlock munlock: ulong addr, size len
mprotect: ulong addr, size len, ulong prot PROT
pkey_mprotect: ulong addr, size len, ulong prot PROT, int pkey
pkey_alloc: ulong flags, ulong access_rights PKEY
pkey_free: int pkey
mremap: ulong old_address, ulong old_size, ulong new_size, ulong flags MREMAP, ulong new_address
remap_file_pages: ulong addr, ulong size, ulong prot PROT, ulong pgoff, ulong flags MAP
madvise: ulong addr, size length, int advice MADV
process_madvise: fd pidfd, pointer iovec, size vlen, int advice MADV, uint flags
process_mrelease: fd pidfd, uint flags
mincore: ulong addr, size length, pointer vec
msync: ulong addr, size length, int flags MSYNC
mlock2: ulong addr, size len, int flags MLOCK
mlockall: int flags MCL
mseal: ulong addr, size len, ulong flags
brk: ulong addr
map_shadow_stack: ulong addr, ulong size, uint flags
memfd_create: string name, uint flags MFD
memfd_secret: uint flags O
userfaultfd: int flags UFFD
membarrier: int cmd MEMBARRIER_CMD, uint flags, int cpu_id
mbind: ulong addr, ulong len, ulong mode MPOL, pointer nodemask, ulong maxnode, uint flags
set_mempolicy: int mode MPOL, pointer nodemask, ulong maxnode
get_mempolicy: pointer mode, pointer nodemask, ulong maxnode, ulong addr, ulong flags
set_mempolicy_home_node: ulong addr, ulong len, ulong home_node, ulong flags
migrate_pages: pid pid, ulong maxnode, pointer old_nodes, pointer new_nodes
move_pages: pid pid, ulong count, pointer pages, pointer nodes, pointer status, int flags
process_vm_readv process_vm_writev: pid pid, pointer local_iov, ulong liovcnt, pointer remote_iov, ulong riovcnt, ulong flags
swapcontext: pointer old_ctx, pointer new_ctx, long ctx_size
subpage_prot: ulong addr, ulong len, pointer map

clone: uint flags CLONE, pointer stack, pointer parent_tid, pointer child_tid, ulong tls
clone3: pointer cl_args, size size
unshare: ulong flags UNSHARE
setns: fd fd, int nstype SETNS
execve: string pathname, pointer argv, pointer envp
execveat: fd dirfd FDCWD, string pathname, pointer argv, pointer envp, int flags AT
exit exit_group: int status
wait4: pid pid, pointer wstatus, int options W, pointer rusage
waitid: int idtype P, pid id, pointer infop, int options W, pointer rusage
waitpid: pid pid, pointer wstatus, int options W
kill: pid pid, int sig SIG
tkill: pid tid, int sig SIG
tgkill: pid tgid, pid tid, int sig SIG
pidfd_open: pid pid, uint flags PIDFD
pidfd_getfd: fd pidfd, fd targetfd, uint flags
pidfd_send_signal: fd pidfd, int sig SIG, pointer info, uint flags PIDFD_SIGNAL
getpgid getsid sched_getscheduler: pid pid
setpgid: pid pid, pid pgid
set_tid_address: pointer tidptr
set_robust_list: pointer head, size len
get_robust_list: pid pid, pointer head_ptr, pointer len_ptr
rseq: pointer rseq, uint rseq_len, int flags, uint sig
ptrace: long request PTRACE, pid pid, ulong addr, ulong data
kcmp: pid pid1, pid pid2, int type, ulong idx1, ulong idx2
prctl: int option PR, ulong arg2, ulong arg3, ulong arg4, ulong arg5
arch_prctl: int code ARCH, ulong addr
personality: uint persona PER
getcpu: pointer cpu, pointer node, pointer tcache
getpriority: int which PRIO, int who
setpriority: int which PRIO, int who, int prio
nice: int inc
ioprio_get: int which IOPRIO_WHO, int who
ioprio_set: int which IOPRIO_WHO, int who, int ioprio
sched_setscheduler: pid pid, int policy SCHED, pointer param
sched_setparam sched_getparam: pid pid, pointer param
sched_setattr: pid pid, pointer attr, uint flags
sched_getattr: pid pid, pointer attr, uint size, uint flags
sched_setaffinity sched_getaffinity: pid pid, uint cpusetsize, pointer mask
sched_get_priority_max sched_get_priority_min: int policy SCHED
sched_rr_get_interval sched_rr_get_interval_time64: pid pid, pointer tp
getrlimit setrlimit ugetrlimit: uint resource RLIMIT, pointer rlim
prlimit64: pid pid, uint resource RLIMIT, pointer new_limit, pointer old_limit
getrusage: int who RUSAGE, pointer usage
times: pointer buf
setuid setuid32: id uid
setgid setgid32: id gid
setfsuid setfsuid32: id fsuid
setfsgid setfsgid32: id fsgid
setreuid setreuid32: id ruid, id euid
setregid setregid32: id rgid, id egid
setresuid setresuid32: id ruid, id euid, id suid
setresgid setresgid32: id rgid, id egid, id sgid
getresuid getresuid32: pointer ruid, pointer euid, pointer suid
getresgid getresgid32: pointer rgid, pointer egid, pointer sgid
getgroups getgroups32 setgroups setgroups32: int size, pointer list
capget: pointer hdrp, pointer datap
capset: pointer hdrp, pointer datap

rt_sigaction: int signum SIG, pointer act, pointer oldact, size sigsetsize
rt_sigprocmask: int how SIG_HOW, pointer set, pointer oldset, size sigsetsize
rt_sigpending: pointer set, size sigsetsize
rt_sigsuspend: pointer mask, size sigsetsize
rt_sigtimedwait rt_sigtimedwait_time64: pointer set, pointer info, pointer timeout, size sigsetsize
rt_sigqueueinfo: pid tgid, int sig SIG, pointer info
rt_tgsigqueueinfo: pid tgid, pid tid, int sig SIG, pointer info
sigaltstack: pointer ss, pointer old_ss
sigaction: int signum SIG, pointer act, pointer oldact
signal: int signum SIG, pointer handler
sigpending: pointer set
sigprocmask: int how SIG_HOW, pointer set, pointer oldset
sigsuspend: ulong mask
ssetmask: int newmask

time: pointer tloc
stime: pointer t
gettimeofday settimeofday: pointer tv, pointer tz
adjtimex: pointer buf
clock_gettime clock_gettime64 clock_settime clock_settime64: int clockid CLOCK, pointer tp
clock_getres clock_getres_time64: int clockid CLOCK, pointer res
clock_adjtime clock_adjtime64: int clk_id CLOCK, pointer buf
clock_nanosleep clock_nanosleep_time64: int clockid CLOCK, int flags TIMER, pointer request, pointer remain
nanosleep: pointer req, pointer rem
alarm: uint seconds
getitimer: int which ITIMER, pointer curr_value
setitimer: int which ITIMER, pointer new_value, pointer old_value
timer_create: int clockid CLOCK, pointer sevp, pointer timerid
timer_delete timer_getoverrun: int timerid
timer_gettime timer_gettime64: int timerid, pointer curr_value
timer_settime timer_settime64: int timerid, int flags TIMER, pointer new_value, pointer old_value
futex futex_time64: pointer uaddr, int futex_op FUTEX, uint val, pointer timeout, pointer uaddr2, uint val3
futex_waitv: pointer waiters, uint nr_futexes, uint flags, pointer timeout, int clockid CLOCK
futex_wait: pointer uaddr, ulong val, ulong mask, uint flags FUTEX2, pointer timeout, int clockid CLOCK
futex_wake: pointer uaddr, ulong mask, int nr, uint flags FUTEX2
futex_requeue: pointer waiters, uint flags, int nr_wake, int nr_requeue

socket: int domain AF, int type SOCK, int protocol IPPROTO
socketpair: int domain AF, int type SOCK, int protocol IPPROTO, pointer sv
bind connect: fd sockfd, pointer addr, int addrlen
listen: fd sockfd, int backlog
accept getsockname getpeername: fd sockfd, pointer addr, pointer addrlen
accept4: fd sockfd, pointer addr, pointer addrlen, int flags SOCK
send recv: fd sockfd, pointer buf, size len, uint flags MSG
sendto: fd sockfd, pointer buf, size len, uint flags MSG, pointer dest_addr, int addrlen
recvfrom: fd sockfd, pointer buf, size len, uint flags MSG, pointer src_addr, pointer addrlen
sendmsg recvmsg: fd sockfd, pointer msg, uint flags MSG
sendmmsg: fd sockfd, pointer msgvec, uint vlen, uint flags MSG
recvmmsg recvmmsg_time64: fd sockfd, pointer msgvec, uint vlen, uint flags MSG, pointer timeout
shutdown: fd sockfd, int how SHUT
setsockopt: fd sockfd, int level SOL, int optname, pointer optval, int optlen
getsockopt: fd sockfd, int level SOL, int optname, pointer optval, pointer optlen
socketcall: int call SOCKETCALL, pointer args

ipc: uint call IPCCALL, int first, ulong second, ulong third, pointer ptr, long fifth
msgget: int key IPC_KEY, int msgflg IPC
msgctl: int msqid, int cmd IPC_CMD, pointer buf
msgsnd: int msqid, pointer msgp, size msgsz, int msgflg IPC
msgrcv: int msqid, pointer msgp, size msgsz, long msgtyp, int msgflg IPC
semget: int key IPC_KEY, int nsems, int semflg IPC
semctl: int semid, int semnum, int cmd IPC_CMD, ulong arg
semop: int semid, pointer sops, uint nsops
semtimedop semtimedop_time64: int semid, pointer sops, uint nsops, pointer timeout
shmget: int key IPC_KEY, size size, int shmflg SHMGET
shmctl: int shmid, int cmd IPC_CMD, pointer buf
shmat: int shmid, pointer shmaddr, int shmflg SHM
shmdt: pointer shmaddr
mq_open: string name, int oflag O, mode mode S, pointer attr
mq_unlink: string name
mq_timedsend mq_timedsend_time64: fd mqdes, pointer msg_ptr, size msg_len, uint msg_prio, pointer abs_timeout
mq_timedreceive mq_timedreceive_time64: fd mqdes, pointer msg_ptr, size msg_len, pointer msg_prio, pointer abs_timeout
mq_notify: fd mqdes, pointer sevp
mq_getsetattr: fd mqdes, pointer newattr, pointer oldattr

io_setup: uint nr_events, pointer ctx_idp
io_destroy: ulong ctx_id
io_submit: ulong ctx_id, long nr, pointer iocbpp
io_cancel: ulong ctx_id, pointer iocb, pointer result
io_getevents: ulong ctx_id, long min_nr, long nr, pointer events, pointer timeout
io_pgetevents io_pgetevents_time64: ulong ctx_id, long min_nr, long nr, pointer events, pointer timeout, pointer sig
io_uring_setup: uint entries, pointer p
io_uring_enter: fd fd, uint to_submit, uint min_complete, uint flags IORING_ENTER, pointer argp, size argsz
io_uring_register: fd fd, uint opcode IORING_REGISTER, pointer arg, uint nr_args

add_key: string type, string description, pointer payload, size plen, int keyring
request_key: string type, string description, string callout_info, int dest_keyring
keyctl: int operation KEYCTL, ulong arg2, ulong arg3, ulong arg4, ulong arg5
bpf: int cmd BPF, pointer attr, uint size, pointer attr_common, uint size_common
perf_event_open: pointer attr, pid pid, int cpu, fd group_fd, ulong flags PERF_FLAG
seccomp: uint operation SECCOMP, uint flags SECCOMP_FILTER_FLAG, pointer args
landlock_create_ruleset: pointer attr, size size, uint flags LANDLOCK_CREATE_RULESET
landlock_add_rule: fd ruleset_fd, int rule_type LANDLOCK_RULE, pointer rule_attr, uint flags LANDLOCK_ADD_RULE
landlock_restrict_self: fd ruleset_fd, uint flags LANDLOCK_RESTRICT_SELF
lsm_get_self_attr: uint attr, pointer ctx, pointer size, uint flags
lsm_set_self_attr: uint attr, pointer ctx, uint size, uint flags
lsm_list_modules: pointer ids, pointer size, uint flags
getrandom: pointer buf, size buflen, uint flags GRND

uname olduname oldolduname: pointer buf
sysinfo: pointer info
_sysctl: pointer args
sethostname setdomainname: string name, int len
syslog: int type SYSLOG_ACTION, pointer bufp, int len
reboot: int magic LINUX_REBOOT_MAGIC, int magic2 LINUX_REBOOT_MAGIC, uint cmd LINUX_REBOOT_CMD, pointer arg
init_module: pointer module_image, ulong len, string param_values
finit_module: fd fd, string param_values, int flags MODULE_INIT
delete_module: string name, uint flags O
create_module: string name, size size
query_module: string name, int which, pointer buf, size bufsize, pointer ret
get_kernel_syms: pointer table
kexec_load: ulong entry, ulong nr_segments, pointer segments, ulong flags KEXEC
kexec_file_load: fd kernel_fd, fd initrd_fd, ulong cmdline_len, string cmdline, ulong flags KEXEC_FILE
bdflush: int func, long address
iopl: uint level
ioperm: ulong from, ulong num, int turn_on
modify_ldt: int func, pointer ptr, ulong bytecount
set_thread_area get_thread_area: pointer u_info
vm86: ulong fn, ulong v86
vm86old: pointer info
syscall: long number, ulong arg1, ulong arg2, ulong arg3, ulong arg4, ulong arg5

cacheflush: ulong addr, ulong nbytes, uint cache
cachectl: pointer addr, int nbytes, int op
sysmips: long cmd, long arg1, long arg2
set_tls: ulong tls
atomic_cmpxchg_32: ulong newval, int oldval, int unused, int unused, int unused, pointer mem
riscv_flush_icache: ulong start, ulong end, ulong flags
riscv_hwprobe: pointer pairs, size pair_count, size cpusetsize, pointer cpus, uint flags
pciconfig_read pciconfig_write: ulong bus, ulong dfn, ulong off, ulong len, pointer buf
pciconfig_iobase: long which, ulong bus, ulong devfn
rtas: pointer args
spu_create: string pathname, uint flags, mode mode S, fd neighbor_fd
spu_run: fd fd, pointer npc, pointer event
sys_debug_setcontext: pointer ctx, int ndbg, pointer dbg
s390_guarded_storage: int command, pointer gs_cb
s390_pci_mmio_read s390_pci_mmio_write: ulong mmio_addr, pointer user_buffer, size length
s390_runtime_instr: int command, int signum
s390_sthyi: ulong function_code, pointer resp_buffer, pointer return_code, ulong flags
`;

const CLONE_BACKWARDS = ['x86', 'arm', 'aarch64', 'riscv64']
  .concat(['mips', 'mipsel', 'mips64', 'mipsel64', 'mips64n32', 'mipsel64n32'])
  .concat(['parisc', 'parisc64', 'ppc', 'ppc64', 'ppc64le']);

const on = (name: string, ...architectures: string[]) => architectures.map((a) => `${name}@${a}`).join(' ');

/** Where an architecture takes something else: `name@architecture`. */
export const VARIANTS = `
${on('clone', ...CLONE_BACKWARDS)}: uint flags CLONE, pointer stack, pointer parent_tid, ulong tls, pointer child_tid
${on('clone', 's390', 's390x')}: pointer stack, uint flags CLONE, pointer parent_tid, pointer child_tid, ulong tls
${on('mmap', 'x86', 'm68k', 's390', 's390x')} ${on('mmap2', 's390', 's390x')}: pointer args
${on('select', 'x86', 'm68k', 'ppc')}: pointer args
${on('sigsuspend', 'x86', 'arm', 'm68k', 's390', 's390x')}: int unused, int unused, ulong mask
${on('sigsuspend', 'mips', 'mipsel')}: pointer mask
${on('fadvise64_64', 'ppc')}: fd fd, int advice POSIX_FADV, offset offset, offset len
${on('fadvise64_64', 's390')}: pointer args
${on('fadvise64', 'mips', 'mipsel', 's390x')}: fd fd, offset offset, offset len, int advice POSIX_FADV
${on('ipc', 's390', 's390x')}: uint call IPCCALL, int first, ulong second, ulong third, pointer ptr
${on('cacheflush', 'arm')}: ulong start, ulong end, int flags
${on('cacheflush', 'm68k')}: ulong addr, int scope, int cache, ulong len
${on('cacheflush', 'sh', 'sheb')}: ulong addr, ulong len, int op
${on('set_thread_area', 'm68k', 'mips', 'mipsel', 'mips64', 'mipsel64', 'mips64n32', 'mipsel64n32')}: ulong addr
${on('get_thread_area', 'm68k')}:
`;

/**
 * The architectures whose calling convention puts a 64-bit argument in an even-numbered register and the next
 * (syscall(2)).
 */
export const ALIGNED_PAIRS: ReadonlySet<ArchitectureName> = new Set(['arm', 'mips', 'mipsel', 'ppc']);

/** Calls that took 16-bit ids before the …32 form existed: kernel/uid16.c, and the architectures whose table has it. */
export const UID16_CALLS: ReadonlySet<string> = new Set(
  'chown lchown fchown setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid'.split(' '),
);
export const UID16_ARCHITECTURES: ReadonlySet<ArchitectureName> = new Set(['x86', 'arm', 'm68k', 's390', 'sh', 'sheb']);
