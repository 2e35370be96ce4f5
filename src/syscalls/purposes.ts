/** What system calls do, in a few words: `words: names`. Of families that differ in form alone, one line for all. */
const PURPOSES = `
does nothing here, Linux has only the name: afs_syscall break ftime getpmsg gtty idle lock mpx prof profil putpmsg security stty tuxcall ulimit vserver multiplexer timerfd epoll_ctl_old epoll_wait_old
read from a file descriptor: read readv
read at an offset: pread64 preadv preadv2
write to a file descriptor: write writev
write at an offset: pwrite64 pwritev pwritev2
open a file, or make one: open openat openat2
make a file and open it: creat
open a file by a handle, past all path checks: open_by_handle_at
get a handle of a file: name_to_handle_at
open a mount tree, or a copy of it: open_tree open_tree_attr
close a file descriptor: close
close a range of file descriptors: close_range
write what is cached to disk: sync syncfs fsync fdatasync sync_file_range sync_file_range2 arm_sync_file_range
change the working directory: chdir fchdir
change the root directory: chroot fchroot
get a file's size, owner, mode and times: stat stat64 lstat lstat64 oldstat oldlstat fstat fstat64 oldfstat fstatat64 newfstatat statx
get a file system's size and kind: statfs statfs64 fstatfs fstatfs64 ustat
list mounts, and say what one is: listmount statmount
list namespaces: listns
move the position in a file: lseek _llseek
read a file into the cache ahead: readahead
copy data between file descriptors in the kernel: sendfile sendfile64 copy_file_range splice tee vmsplice
say how a file will be read: fadvise64 fadvise64_64 arm_fadvise64_64
allocate space of a file, or free it: fallocate
change a file's length: truncate truncate64 ftruncate ftruncate64
get how much of a file is cached: cachestat
control a device or a file; what it does is in its request: ioctl
change a file descriptor: duplicate, flags, locks: fcntl fcntl64
lock a file: flock
duplicate a file descriptor: dup dup2 dup3
make a pipe: pipe pipe2
wait until a file descriptor is ready: select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64
wait for events of many file descriptors: epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
make a file descriptor for events: eventfd eventfd2
make a file descriptor that gets signals: signalfd signalfd4
make or set a timer with a file descriptor: timerfd_create timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64
watch files for changes: inotify_init inotify_init1 inotify_add_watch inotify_rm_watch
watch or decide file accesses of the system: fanotify_init fanotify_mark
list a directory: getdents getdents64 readdir
get the working directory: getcwd
turn swap on or off: swapon swapoff
account processes in a file: acct
load a shared library, of a.out: uselib
make a directory: mkdir mkdirat
make a device, a pipe or a socket in the file system: mknod mknodat
remove a file or a directory: unlink unlinkat rmdir
rename a file: rename renameat renameat2
make a hard link: link linkat
make a symbolic link: symlink symlinkat
read a symbolic link: readlink readlinkat
check what may be done with a file: access faccessat faccessat2
change a file's mode: chmod fchmod fchmodat fchmodat2
change a file's owner: chown lchown chown32 lchown32 fchown fchown32 fchownat
set the mode that new files lack: umask
change a file's times: utime utimes futimesat utimensat utimensat_time64
set an extended attribute: setxattr lsetxattr fsetxattr setxattrat
get an extended attribute: getxattrat getxattr lgetxattr fgetxattr
list extended attributes: listxattr llistxattr flistxattr listxattrat
remove an extended attribute: removexattr lremovexattr fremovexattr removexattrat
get or set a file's flags and project: file_getattr file_setattr
get the path of a profiler's cookie: lookup_dcookie
control disk quotas: quotactl quotactl_fd
control the NFS server, before Linux 3.1: nfsservctl
name the kinds of file system: sysfs
mount a file system: mount
unmount a file system: umount umount2
change the root mount: pivot_root
change flags of a mount: mount_setattr
move a mount: move_mount
make a mount in steps: fsopen fsconfig fsmount fspick
map a file or memory: mmap mmap2
unmap memory: munmap
lock memory, so that it is not swapped: mlock mlock2 mlockall munlock munlockall
change what may be done with memory: mprotect pkey_mprotect
make or free a memory protection key: pkey_alloc pkey_free
move or grow a mapping: mremap remap_file_pages
say how memory will be used: madvise process_madvise
free a dying process's memory: process_mrelease
get which pages are in memory: mincore
write a mapping to its file: msync
forbid changes of a mapping: mseal
change the end of the heap: brk
map a shadow stack: map_shadow_stack
make a file in memory: memfd_create
make memory that the kernel does not map: memfd_secret
handle page faults in the program: userfaultfd
order memory accesses between threads: membarrier
choose the NUMA nodes of memory: mbind set_mempolicy get_mempolicy set_mempolicy_home_node migrate_pages move_pages
read another process's memory: process_vm_readv
write another process's memory: process_vm_writev
swap contexts: swapcontext
protect parts of pages: subpage_prot
make a process or a thread: clone clone3
make a process: fork vfork
leave namespaces for new ones: unshare
enter a namespace: setns
run a program: execve execveat
end this thread: exit
end this process: exit_group
wait for a process to end: wait4 waitid waitpid
send a signal: kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo
get a file descriptor of a process: pidfd_open
take a file descriptor of another process: pidfd_getfd
send a signal to a process by its file descriptor: pidfd_send_signal
get the number of this process, thread or session: getpid getppid gettid getpgid getpgrp getsid
get the user and group ids: getuid geteuid getgid getegid getuid32 geteuid32 getgid32 getegid32 getresuid getresuid32 getresgid getresgid32
make a session: setsid
set the process group: setpgid
set where a thread's number is cleared at its end: set_tid_address
set or get the futexes that are freed at a thread's end: set_robust_list get_robust_list
register restartable sequences: rseq rseq_slice_yield
trace and change another process: ptrace
compare resources of two processes: kcmp
control this process in many ways: prctl
set this processor's thread state: arch_prctl
set the execution domain, as address randomisation: personality
get the processor this runs on: getcpu
get or set scheduling priority: getpriority setpriority nice ioprio_get ioprio_set
get or set how this is scheduled: sched_getscheduler sched_setscheduler sched_setparam sched_getparam sched_setattr sched_getattr sched_rr_get_interval sched_rr_get_interval_time64
get or set the processors this may run on: sched_setaffinity sched_getaffinity
get the range of priorities: sched_get_priority_max sched_get_priority_min
give up the processor: sched_yield
get or set limits of resources: getrlimit setrlimit ugetrlimit prlimit64
get the resources that were used: getrusage times
change the user or group ids: setuid setuid32 setgid setgid32 setfsuid setfsuid32 setfsgid setfsgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32
get the supplementary groups: getgroups getgroups32
set the supplementary groups: setgroups setgroups32
get or set capabilities: capget capset
set what a signal does: rt_sigaction sigaction signal
block signals, or get those that wait: rt_sigprocmask rt_sigpending sigprocmask sigpending sgetmask ssetmask
wait for a signal: rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 sigsuspend pause
set the stack of signal handlers: sigaltstack
return from a signal handler: rt_sigreturn sigreturn
go on with a call that a signal interrupted: restart_syscall
get the time: time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64
set the time: stime settimeofday clock_settime clock_settime64
tune the clock: adjtimex clock_adjtime clock_adjtime64
sleep: clock_nanosleep clock_nanosleep_time64 nanosleep
set a timer that sends a signal: alarm getitimer setitimer timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64
wait on memory, or wake who waits: futex futex_time64 futex_waitv futex_wait futex_wake futex_requeue
make a socket: socket
make two connected sockets: socketpair
give a socket an address: bind
connect a socket: connect
wait for connections: listen
take a connection: accept accept4
get a socket's address: getsockname getpeername
send on a socket: send sendto sendmsg sendmmsg
receive from a socket: recv recvfrom recvmsg recvmmsg recvmmsg_time64
end a connection: shutdown
get or set a socket's options: setsockopt getsockopt
all socket calls in one; the first argument says which: socketcall
all System V calls in one; the first argument says which: ipc
System V messages: msgget msgctl msgsnd msgrcv
System V semaphores: semget semctl semop semtimedop semtimedop_time64
System V shared memory: shmget shmctl shmat shmdt
POSIX messages: mq_open mq_unlink mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64 mq_notify mq_getsetattr
asynchronous input and output: io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64
calls by a queue, which no filter sees: io_uring_setup io_uring_enter io_uring_register
kernel keyrings: add_key request_key keyctl
load and control BPF programs: bpf
measure performance, also of others: perf_event_open
set or ask for seccomp filters: seccomp
restrict this process by Landlock: landlock_create_ruleset landlock_add_rule landlock_restrict_self
ask or set security modules: lsm_get_self_attr lsm_set_self_attr lsm_list_modules
get random bytes: getrandom
get the system's name and release: uname olduname oldolduname
get memory, load and uptime: sysinfo
read or write kernel parameters: _sysctl
set the host name: sethostname
set the domain name: setdomainname
read or clear the kernel log: syslog
restart or stop the machine: reboot
load or remove a kernel module: init_module finit_module delete_module create_module query_module get_kernel_syms
load another kernel: kexec_load kexec_file_load
tune the buffer flush daemon: bdflush
permit input and output ports: iopl ioperm
change segment tables: modify_ldt
set or get thread-local storage: set_thread_area get_thread_area set_tls get_tls
enter virtual 8086 mode: vm86 vm86old
make any call, by number: syscall
hang up the terminal: vhangup
get the size of a page: getpagesize
flush processor caches: cacheflush cachectl riscv_flush_icache
control this machine, on MIPS: sysmips
compare and swap, on m68k: atomic_cmpxchg_32 atomic_barrier
a breakpoint, on arm: breakpoint usr26 usr32
switch the byte order: switch_endian
ask for processor features: riscv_hwprobe
read or write PCI configuration: pciconfig_read pciconfig_write pciconfig_iobase
ask firmware: rtas
Cell processor units: spu_create spu_run
set debug state: sys_debug_setcontext
s390 machine instructions: s390_guarded_storage s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr s390_sthyi
return from a probe of the kernel, made by it alone: uprobe uretprobe
`;

let purposes: ReadonlyMap<string, string> | undefined;

/** What a call does, in a few words: `open a file, or make one`. Undefined for a name that Linux does not have. */
export function syscallPurpose(name: string): string | undefined {
  purposes ??= new Map(
    PURPOSES.trim()
      .split('\n')
      .flatMap((line) => {
        const [words, names] = line.split(/: (?=[a-z0-9_ ]+$)/) as [string, string];
        return names.split(' ').map((each) => [each, words] as const);
      }),
  );
  return purposes.get(name);
}
