// Linux without a C library or a header, for launcher.c and tracer.c: how a program starts, makes system calls and a
// thread. Each of them has start() and run_helper().
//
// SPDX-License-Identifier: Apache-2.0

typedef unsigned long long u64;
typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;
typedef __UINTPTR_TYPE__ word;

// --- system calls ----------------------------------------------------------------------------------------------------

// Numbers: the kernel's tables; test/kernel/launcher.test.ts compares them with libseccomp's.
// How a call is made, and which registers it changes: syscall(2), "Architecture calling conventions".
// How a program starts: the stack pointer points at argc (the System V ABI supplement of each processor).
// START ends in a call of start(the stack pointer). THREAD is clone(2) with a stack, on which the new thread calls
// run_helper(), which does not return; libc's clone(3) is the same with an argument.

#if defined(__x86_64__)
enum {
  READ = 0, WRITE = 1, CLOSE = 3, MMAP = 9, MUNMAP = 11, BRK = 12, RT_SIGPROCMASK = 14, RT_SIGRETURN = 15, IOCTL = 16,
  SCHED_YIELD = 24, GETPID = 39, SENDMSG = 46, CLONE = 56, EXECVE = 59, WAIT4 = 61, KILL = 62, FCNTL = 72, PTRACE = 101,
  GETPPID = 110, GETPGID = 121, RT_SIGTIMEDWAIT = 128, PRCTL = 157, GETTID = 186, FUTEX = 202, SET_TID_ADDRESS = 218,
  RESTART_SYSCALL = 219, EXIT_GROUP = 231, TGKILL = 234, OPENAT = 257, PPOLL = 271, PRLIMIT64 = 302,
  PROCESS_VM_WRITEV = 311, SECCOMP = 317, CLOSE_RANGE = 436
};
#define START "xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call start\n ud2"
static inline long call6(long number, word a, word b, word c, word d, word e, word f) {
  register word r10 __asm__("r10") = d;
  register word r8 __asm__("r8") = e;
  register word r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
static inline long new_thread(word flags, word stack) {
  register word r10 __asm__("r10") = 0;
  register word r8 __asm__("r8") = 0;
  long result;
  __asm__ volatile("syscall\n test %%rax, %%rax\n jnz 1f\n xor %%ebp, %%ebp\n call run_helper\n ud2\n 1:"
                   : "=a"(result)
                   : "a"((long)CLONE), "D"(flags), "S"(stack), "d"(0L), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}
static inline void relax(void) { __asm__ volatile("pause" ::: "memory"); }

#elif defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64) || defined(__loongarch64)
// asm-generic/unistd.h
enum {
  FCNTL = 25, IOCTL = 29, OPENAT = 56, CLOSE = 57, READ = 63, WRITE = 64, PPOLL = 73, EXIT_GROUP = 94,
  SET_TID_ADDRESS = 96, FUTEX = 98, PTRACE = 117, SCHED_YIELD = 124, KILL = 129, TGKILL = 131, RT_SIGPROCMASK = 135,
  RT_SIGTIMEDWAIT = 137, GETPGID = 155, PRCTL = 167, GETPID = 172, GETPPID = 173, GETTID = 178, SENDMSG = 211,
  BRK = 214, CLONE = 220, EXECVE = 221, MMAP = 222, WAIT4 = 260, PRLIMIT64 = 261, SECCOMP = 277, CLOSE_RANGE = 436
};
#if defined(__aarch64__)
#define START "mov x29, xzr\n mov x30, xzr\n mov x0, sp\n and sp, x0, #-16\n bl start\n brk #1"
#define NUMBER "x8"
#define ARGUMENT(n) "x" #n
#define CALL "svc #0"
#define THREAD CALL "\n cbnz x0, 1f\n mov x29, xzr\n mov x30, xzr\n bl run_helper\n brk #1\n 1:"
#define CHANGED "memory", "cc"
static inline void relax(void) { __asm__ volatile("yield" ::: "memory"); }
#elif defined(__riscv)
#define START "mv a0, sp\n andi sp, sp, -16\n call start\n ebreak"
#define NUMBER "a7"
#define ARGUMENT(n) "a" #n
#define CALL "ecall"
#define THREAD CALL "\n bnez a0, 1f\n call run_helper\n ebreak\n 1:"
#define CHANGED "memory"
static inline void relax(void) { __asm__ volatile("" ::: "memory"); }
#else
#define START "move $a0, $sp\n bstrins.d $sp, $zero, 3, 0\n bl start\n break 1"
#define NUMBER "$a7"
#define ARGUMENT(n) "$a" #n
#define CALL "syscall 0"
#define THREAD CALL "\n bnez $a0, 1f\n bl run_helper\n break 1\n 1:"
#define CHANGED "memory", "$t0", "$t1", "$t2", "$t3", "$t4", "$t5", "$t6", "$t7", "$t8"
static inline void relax(void) { __asm__ volatile("" ::: "memory"); }
#endif

#elif defined(__arm__) && defined(__ARM_EABI__)
enum {
  READ = 3, WRITE = 4, CLOSE = 6, EXECVE = 11, GETPID = 20, PTRACE = 26, KILL = 37, BRK = 45, IOCTL = 54, GETPPID = 64,
  WAIT4 = 114, CLONE = 120, GETPGID = 132, SCHED_YIELD = 158, PRCTL = 172, RT_SIGPROCMASK = 175, RT_SIGTIMEDWAIT = 177,
  MMAP = 192 /* mmap2 */, FCNTL = 221 /* fcntl64 */, GETTID = 224, FUTEX = 240, EXIT_GROUP = 248, SET_TID_ADDRESS = 256,
  TGKILL = 268, SENDMSG = 296, OPENAT = 322, PPOLL = 336, PRLIMIT64 = 369, SECCOMP = 383, CLOSE_RANGE = 436
};
#define START "mov fp, #0\n mov lr, #0\n mov r0, sp\n bic sp, sp, #7\n bl start\n udf #0"
#define NUMBER "r7"
#define ARGUMENT(n) "r" #n
#define CALL "svc #0"
#define THREAD CALL "\n cmp r0, #0\n bne 1f\n mov fp, #0\n bl run_helper\n udf #0\n 1:"
#define CHANGED "memory", "cc"
static inline void relax(void) { __asm__ volatile("" ::: "memory"); }

#elif defined(__powerpc64__) && defined(_CALL_ELF) && _CALL_ELF == 2
enum {
  READ = 3, WRITE = 4, CLOSE = 6, EXECVE = 11, GETPID = 20, PTRACE = 26, KILL = 37, BRK = 45, IOCTL = 54, FCNTL = 55,
  GETPPID = 64, MMAP = 90, WAIT4 = 114, CLONE = 120, GETPGID = 132, SCHED_YIELD = 158, PRCTL = 171, RT_SIGPROCMASK = 174,
  RT_SIGTIMEDWAIT = 176, GETTID = 207, FUTEX = 221, SET_TID_ADDRESS = 232, EXIT_GROUP = 234, TGKILL = 250, PPOLL = 281,
  OPENAT = 286, PRLIMIT64 = 325, SENDMSG = 341, SECCOMP = 358, CLOSE_RANGE = 436
};
// r12 is the address of _start, from which r2 (the table of contents) is found.
#define START                                                                                                          \
  "addis 2, 12, .TOC.-_start@ha\n addi 2, 2, .TOC.-_start@l\n mr 3, 1\n clrrdi 1, 1, 4\n li 0, 0\n stdu 0, -64(1)\n"    \
  "mtlr 0\n bl start\n nop\n trap"
#define CHANGED "memory", "cr0", "ctr", "xer", "lr", "r9", "r10", "r11", "r12"
// The summary overflow bit of cr0 marks a failure, whose errno is positive.
static inline long call6(long number, word a, word b, word c, word d, word e, word f) {
  register long n __asm__("r0") = number;
  register word r3 __asm__("r3") = a;
  register word r4 __asm__("r4") = b;
  register word r5 __asm__("r5") = c;
  register word r6 __asm__("r6") = d;
  register word r7 __asm__("r7") = e;
  register word r8 __asm__("r8") = f;
  __asm__ volatile("sc\n bns+ 1f\n neg 3, 3\n 1:"
                   : "+r"(n), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8)
                   :
                   : CHANGED);
  return (long)r3;
}
static inline long new_thread(word flags, word stack) {
  register long n __asm__("r0") = CLONE;
  register word r3 __asm__("r3") = flags;
  register word r4 __asm__("r4") = stack - 64;
  register word r5 __asm__("r5") = 0;
  register word r6 __asm__("r6") = 0;
  register word r7 __asm__("r7") = 0;
  __asm__ volatile("sc\n bns+ 1f\n neg 3, 3\n b 2f\n 1: cmpdi 3, 0\n bne 2f\n bl run_helper\n nop\n trap\n 2:"
                   : "+r"(n), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7)
                   :
                   : CHANGED, "r8");
  return (long)r3;
}
static inline void relax(void) { __asm__ volatile("" ::: "memory"); }

#elif defined(__s390x__)
enum {
  READ = 3, WRITE = 4, CLOSE = 6, EXECVE = 11, GETPID = 20, PTRACE = 26, KILL = 37, BRK = 45, IOCTL = 54, FCNTL = 55,
  GETPPID = 64, MMAP = 90, WAIT4 = 114, CLONE = 120, GETPGID = 132, SCHED_YIELD = 158, PRCTL = 172, RT_SIGPROCMASK = 175,
  RT_SIGTIMEDWAIT = 177, GETTID = 236, FUTEX = 238, TGKILL = 241, EXIT_GROUP = 248, SET_TID_ADDRESS = 252, OPENAT = 288,
  PPOLL = 302, PRLIMIT64 = 334, SECCOMP = 348, SENDMSG = 370, CLOSE_RANGE = 436
};
// A function's caller has 160 bytes on the stack for it to save registers in.
#define START "lgr %r2, %r15\n aghi %r15, -160\n xc 0(8, %r15), 0(%r15)\n brasl %r14, start\n j .+2"
static inline long call6(long number, word a, word b, word c, word d, word e, word f) {
  register long n __asm__("r1") = number;
  register word r2 __asm__("r2") = a;
  register word r3 __asm__("r3") = b;
  register word r4 __asm__("r4") = c;
  register word r5 __asm__("r5") = d;
  register word r6 __asm__("r6") = e;
  register word r7 __asm__("r7") = f;
  __asm__ volatile("svc 0" : "+d"(r2) : "d"(n), "d"(r3), "d"(r4), "d"(r5), "d"(r6), "d"(r7) : "memory", "cc");
  return (long)r2;
}
// The stack comes first here: clone(2).
#define STACK_BEFORE_FLAGS
static inline long new_thread(word flags, word stack) {
  register long n __asm__("r1") = CLONE;
  register word r2 __asm__("r2") = stack - 160;
  register word r3 __asm__("r3") = flags;
  register word r4 __asm__("r4") = 0;
  register word r5 __asm__("r5") = 0;
  register word r6 __asm__("r6") = 0;
  __asm__ volatile("svc 0\n ltgr %%r2, %%r2\n jnz 1f\n brasl %%r14, run_helper\n j .+2\n 1:"
                   : "+d"(r2)
                   : "d"(n), "d"(r3), "d"(r4), "d"(r5), "d"(r6)
                   : "memory", "cc", "r14");
  return (long)r2;
}
static inline void relax(void) { __asm__ volatile("" ::: "memory"); }

#else
#error "this architecture has no system calls here: the launcher in JavaScript serves it"
#endif

// Where arguments come in registers numbered from 0, and the first has the result.
#ifdef ARGUMENT
static inline long call6(long number, word a, word b, word c, word d, word e, word f) {
  register long n __asm__(NUMBER) = number;
  register word r0 __asm__(ARGUMENT(0)) = a;
  register word r1 __asm__(ARGUMENT(1)) = b;
  register word r2 __asm__(ARGUMENT(2)) = c;
  register word r3 __asm__(ARGUMENT(3)) = d;
  register word r4 __asm__(ARGUMENT(4)) = e;
  register word r5 __asm__(ARGUMENT(5)) = f;
  __asm__ volatile(CALL : "+r"(r0) : "r"(n), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5) : CHANGED);
  return (long)r0;
}
static inline long new_thread(word flags, word stack) {
  register long n __asm__(NUMBER) = CLONE;
  register word r0 __asm__(ARGUMENT(0)) = flags;
  register word r1 __asm__(ARGUMENT(1)) = stack;
  register word r2 __asm__(ARGUMENT(2)) = 0;
  register word r3 __asm__(ARGUMENT(3)) = 0;
  register word r4 __asm__(ARGUMENT(4)) = 0;
  __asm__ volatile(THREAD : "+r"(r0) : "r"(n), "r"(r1), "r"(r2), "r"(r3), "r"(r4) : CHANGED);
  return (long)r0;
}
#endif

__asm__(".text\n .globl _start\n .type _start, %function\n _start:\n " START "\n");

#define CALL_OF(number, a, b, c, d, e, f, ...)                                                                         \
  call6(number, (word)(a), (word)(b), (word)(c), (word)(d), (word)(e), (word)(f))
#define call(...) CALL_OF(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

// Of the kernel's headers; the same on every architecture above.
enum {
  ENOENT = 2, EINTR = 4, ENOEXEC = 8, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EINVAL = 22, ENOSYS = 38,
  F_SETFD = 2, FD_CLOEXEC = 1, MSG_NOSIGNAL = 0x4000, SOL_SOCKET = 1, SCM_RIGHTS = 1, PR_SET_NO_NEW_PRIVS = 38,
  CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000,
  CLONE_SYSVSEM = 0x40000, FUTEX_WAIT = 0, FUTEX_WAKE = 1, SIGCHLD = 17, SIGSYS = 31, SECCOMP_SET_MODE_FILTER = 1
};

struct iovec { void *base; word length; };
struct msghdr { void *name; u32 name_length; struct iovec *iov; word iov_length; void *control; word control_length; u32 flags; };
struct control { word length; u32 level, type; int fd; }; // struct cmsghdr and its one descriptor: cmsg(3)
struct sock_fprog { u16 length; void *filter; };
struct timespec { long seconds, nanoseconds; };

// As fork(2): the new process has a copy of this one's memory.
static inline long new_process(void) {
#ifdef STACK_BEFORE_FLAGS
  return call(CLONE, 0, SIGCHLD);
#else
  return call(CLONE, SIGCHLD);
#endif
}

// mmap(2) of a file, shared, to read and write.
static inline long map_file(int fd, word size) {
  enum { PROT_READ_WRITE = 3, MAP_SHARED = 1 };
#ifdef __s390x__
  // The arguments are in memory there: mmap(2), "C library/kernel differences".
  word arguments[6] = {0, size, PROT_READ_WRITE, MAP_SHARED, (word)fd, 0};
  return call(MMAP, arguments);
#else
  return call(MMAP, 0, size, PROT_READ_WRITE, MAP_SHARED, fd, 0);
#endif
}
