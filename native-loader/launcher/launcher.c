// The process that becomes a sandboxed command: `launcher FD`, where FD is a request (../run/launch-request.ts writes it,
// and describes its bytes), the next descriptor the socket on which the launcher answers, and the one after it the socket
// that the listener is sent on if there is one (../run/launch-protocol.ts). ../run/launcher.ts does the same where there is
// no build of this file.
//
// One file, no C library, no headers: what is needed of Linux stands below. It reads no environment variable, no file
// but the request, and executes nothing unless seccomp(2) has installed the filter.
//
// SPDX-License-Identifier: Apache-2.0

typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;
typedef __UINTPTR_TYPE__ word;

// --- system calls ----------------------------------------------------------------------------------------------------

// Numbers: the kernel's tables; test/native-loader/launcher-source.test.ts compares them with libseccomp's.
// How a call is made, and which registers it changes: syscall(2), "Architecture calling conventions".
// How a program starts: the stack pointer points at argc (the System V ABI supplement of each processor).
// START ends in a call of start(the stack pointer). THREAD is clone(2) with a stack, on which the new thread calls
// run_helper(), which does not return; libc's clone(3) is the same with an argument.

#if defined(__x86_64__)
enum {
  READ = 0, WRITE = 1, CLOSE = 3, BRK = 12, SCHED_YIELD = 24, GETPID = 39, SENDMSG = 46, CLONE = 56, EXECVE = 59,
  FCNTL = 72, PRCTL = 157, GETTID = 186, FUTEX = 202, SET_TID_ADDRESS = 218, EXIT_GROUP = 231, TGKILL = 234,
  SECCOMP = 317
};
#define START "xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call start\n ud2"
static long call5(long number, word a, word b, word c, word d, word e) {
  register word r10 __asm__("r10") = d;
  register word r8 __asm__("r8") = e;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}
static long new_thread(word flags, word stack) {
  register word r10 __asm__("r10") = 0;
  register word r8 __asm__("r8") = 0;
  long result;
  __asm__ volatile("syscall\n test %%rax, %%rax\n jnz 1f\n xor %%ebp, %%ebp\n call run_helper\n ud2\n 1:"
                   : "=a"(result)
                   : "a"((long)CLONE), "D"(flags), "S"(stack), "d"(0L), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}
static void relax(void) { __asm__ volatile("pause" ::: "memory"); }

#elif defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64) || defined(__loongarch64)
// asm-generic/unistd.h
enum {
  FCNTL = 25, CLOSE = 57, READ = 63, WRITE = 64, EXIT_GROUP = 94, SET_TID_ADDRESS = 96, FUTEX = 98, SCHED_YIELD = 124,
  TGKILL = 131, PRCTL = 167, GETPID = 172, GETTID = 178, SENDMSG = 211, BRK = 214, CLONE = 220, EXECVE = 221,
  SECCOMP = 277
};
#if defined(__aarch64__)
#define START "mov x29, xzr\n mov x30, xzr\n mov x0, sp\n and sp, x0, #-16\n bl start\n brk #1"
#define NUMBER "x8"
#define ARGUMENT(n) "x" #n
#define CALL "svc #0"
#define THREAD CALL "\n cbnz x0, 1f\n mov x29, xzr\n mov x30, xzr\n bl run_helper\n brk #1\n 1:"
#define CHANGED "memory", "cc"
static void relax(void) { __asm__ volatile("yield" ::: "memory"); }
#elif defined(__riscv)
#define START "mv a0, sp\n andi sp, sp, -16\n call start\n ebreak"
#define NUMBER "a7"
#define ARGUMENT(n) "a" #n
#define CALL "ecall"
#define THREAD CALL "\n bnez a0, 1f\n call run_helper\n ebreak\n 1:"
#define CHANGED "memory"
static void relax(void) { __asm__ volatile("" ::: "memory"); }
#else
#define START "move $a0, $sp\n bstrins.d $sp, $zero, 3, 0\n bl start\n break 1"
#define NUMBER "$a7"
#define ARGUMENT(n) "$a" #n
#define CALL "syscall 0"
#define THREAD CALL "\n bnez $a0, 1f\n bl run_helper\n break 1\n 1:"
#define CHANGED "memory", "$t0", "$t1", "$t2", "$t3", "$t4", "$t5", "$t6", "$t7", "$t8"
static void relax(void) { __asm__ volatile("" ::: "memory"); }
#endif

#elif defined(__arm__) && defined(__ARM_EABI__)
enum {
  READ = 3, WRITE = 4, CLOSE = 6, EXECVE = 11, GETPID = 20, BRK = 45, CLONE = 120, SCHED_YIELD = 158, PRCTL = 172,
  FCNTL = 221 /* fcntl64 */, GETTID = 224, FUTEX = 240, EXIT_GROUP = 248, SET_TID_ADDRESS = 256, TGKILL = 268,
  SENDMSG = 296, SECCOMP = 383
};
#define START "mov fp, #0\n mov lr, #0\n mov r0, sp\n bic sp, sp, #7\n bl start\n udf #0"
#define NUMBER "r7"
#define ARGUMENT(n) "r" #n
#define CALL "svc #0"
#define THREAD CALL "\n cmp r0, #0\n bne 1f\n mov fp, #0\n bl run_helper\n udf #0\n 1:"
#define CHANGED "memory", "cc"
static void relax(void) { __asm__ volatile("" ::: "memory"); }

#elif defined(__powerpc64__) && defined(_CALL_ELF) && _CALL_ELF == 2
enum {
  READ = 3, WRITE = 4, CLOSE = 6, EXECVE = 11, GETPID = 20, BRK = 45, FCNTL = 55, CLONE = 120, SCHED_YIELD = 158,
  PRCTL = 171, GETTID = 207, FUTEX = 221, SET_TID_ADDRESS = 232, EXIT_GROUP = 234, TGKILL = 250, SENDMSG = 341,
  SECCOMP = 358
};
// r12 is the address of _start, from which r2 (the table of contents) is found.
#define START                                                                                                          \
  "addis 2, 12, .TOC.-_start@ha\n addi 2, 2, .TOC.-_start@l\n mr 3, 1\n clrrdi 1, 1, 4\n li 0, 0\n stdu 0, -64(1)\n"    \
  "mtlr 0\n bl start\n nop\n trap"
#define CHANGED "memory", "cr0", "ctr", "xer", "lr", "r9", "r10", "r11", "r12"
// The summary overflow bit of cr0 marks a failure, whose errno is positive.
static long call5(long number, word a, word b, word c, word d, word e) {
  register long n __asm__("r0") = number;
  register word r3 __asm__("r3") = a;
  register word r4 __asm__("r4") = b;
  register word r5 __asm__("r5") = c;
  register word r6 __asm__("r6") = d;
  register word r7 __asm__("r7") = e;
  __asm__ volatile("sc\n bns+ 1f\n neg 3, 3\n 1:"
                   : "+r"(n), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7)
                   :
                   : CHANGED, "r8");
  return (long)r3;
}
static long new_thread(word flags, word stack) {
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
static void relax(void) { __asm__ volatile("" ::: "memory"); }

#elif defined(__s390x__)
enum {
  READ = 3, WRITE = 4, CLOSE = 6, EXECVE = 11, GETPID = 20, BRK = 45, FCNTL = 55, CLONE = 120, SCHED_YIELD = 158,
  PRCTL = 172, GETTID = 236, FUTEX = 238, TGKILL = 241, EXIT_GROUP = 248, SET_TID_ADDRESS = 252, SECCOMP = 348,
  SENDMSG = 370
};
// A function's caller has 160 bytes on the stack for it to save registers in.
#define START "lgr %r2, %r15\n aghi %r15, -160\n xc 0(8, %r15), 0(%r15)\n brasl %r14, start\n j .+2"
static long call5(long number, word a, word b, word c, word d, word e) {
  register long n __asm__("r1") = number;
  register word r2 __asm__("r2") = a;
  register word r3 __asm__("r3") = b;
  register word r4 __asm__("r4") = c;
  register word r5 __asm__("r5") = d;
  register word r6 __asm__("r6") = e;
  __asm__ volatile("svc 0" : "+d"(r2) : "d"(n), "d"(r3), "d"(r4), "d"(r5), "d"(r6) : "memory", "cc");
  return (long)r2;
}
// The stack comes first here: clone(2).
static long new_thread(word flags, word stack) {
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
static void relax(void) { __asm__ volatile("" ::: "memory"); }

#else
#error "this architecture has no system calls here: the launcher in JavaScript serves it"
#endif

// Where arguments come in registers numbered from 0, and the first has the result.
#ifdef ARGUMENT
static long call5(long number, word a, word b, word c, word d, word e) {
  register long n __asm__(NUMBER) = number;
  register word r0 __asm__(ARGUMENT(0)) = a;
  register word r1 __asm__(ARGUMENT(1)) = b;
  register word r2 __asm__(ARGUMENT(2)) = c;
  register word r3 __asm__(ARGUMENT(3)) = d;
  register word r4 __asm__(ARGUMENT(4)) = e;
  __asm__ volatile(CALL : "+r"(r0) : "r"(n), "r"(r1), "r"(r2), "r"(r3), "r"(r4) : CHANGED);
  return (long)r0;
}
static long new_thread(word flags, word stack) {
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

#define CALL_OF(number, a, b, c, d, e, ...) call5(number, (word)(a), (word)(b), (word)(c), (word)(d), (word)(e))
#define call(...) CALL_OF(__VA_ARGS__, 0, 0, 0, 0, 0, 0)

// Of the kernel's headers; the same on every architecture above.
enum {
  ENOENT = 2, EINTR = 4, ENOEXEC = 8, ENOMEM = 12, EINVAL = 22,
  F_SETFD = 2, FD_CLOEXEC = 1, MSG_NOSIGNAL = 0x4000, SOL_SOCKET = 1, SCM_RIGHTS = 1, PR_SET_NO_NEW_PRIVS = 38,
  CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000,
  CLONE_SYSVSEM = 0x40000, FUTEX_WAIT = 0, SIGSYS = 31, SECCOMP_SET_MODE_FILTER = 1
};

struct iovec { void *base; word length; };
struct msghdr { void *name; u32 name_length; struct iovec *iov; word iov_length; void *control; word control_length; u32 flags; };
struct control { word length; u32 level, type; int fd; }; // struct cmsghdr and its one descriptor: cmsg(3)
struct sock_fprog { u16 length; void *filter; };
struct timespec { long seconds, nanoseconds; };

// --- the request and the answers -------------------------------------------------------------------------------------

// As launch-protocol.ts and launch-request.ts have them.

struct request {
  u32 magic;        // the processor's byte order shows in it
  u32 size;         // of all, in bytes
  u32 flags;        // SECCOMP_FILTER_FLAG_…
  u32 no_new_privs; // 0 or 1
  u32 instructions; // of 8 bytes, first after this header
  u32 arguments;    // then NUL-terminated strings: the file, its arguments (argv[0] is the first), its environment
  u32 variables;
};
enum {
  MAGIC = 0x314c4353, MAX_SIZE = 1 << 28, MAX_INSTRUCTIONS = 4096,
  NEW_LISTENER = 1 << 3, KNOWN_FLAGS = 1 << 1 | 1 << 2 | NEW_LISTENER | 1 << 5 // all but those of TSYNC
};

enum step { REQUEST = 1, MEMORY, NO_NEW_PRIVS, THREAD_START, INSTALL, EXECUTE };

static int request_fd, answer_fd, listener_fd;

// sendmsg(2), with a descriptor unless it is negative; what it returned.
static long send(int socket, const void *bytes, word length, int fd) {
  struct iovec iov = {(void *)bytes, length};
  struct control control = {sizeof(word) + 8 + sizeof(int), SOL_SOCKET, SCM_RIGHTS, fd};
  struct msghdr message = {0, 0, &iov, 1, fd < 0 ? 0 : &control, fd < 0 ? 0 : control.length, 0};
  long sent;
  do sent = call(SENDMSG, socket, &message, MSG_NOSIGNAL);
  while (sent == -EINTR);
  return sent;
}

// All is ready: the listener was sent, or the filter comes next.
static int send_started(void) {
  static const u8 started = '!';
  return send(answer_fd, &started, 1, -1) == 1;
}

static _Noreturn void leave(int code) {
  for (;;) call(EXIT_GROUP, code);
}

static _Noreturn void fail(enum step step, long error) {
  u32 failure[2] = {step, (u32)error};
  send(answer_fd, failure, sizeof failure, -1);
  leave(step == EXECUTE && error == ENOENT ? 127 : 126);
}

// --- the thread that the filter does not cover -----------------------------------------------------------------------

// It sends the listener, so that the filter may hold or forbid any call. The filtered thread makes no call but execve(2):
// it waits for this one, and tells it, by shared memory. A successful execve(2) ends it.

static volatile struct {
  int listener;   // -1: there is none
  int is_handed;  // the listener was sent
  int exec_error; // errno of execve(2)
  int is_alive;   // the kernel writes 0 and wakes who waits when the filtered thread ends: set_tid_address(2)
} shared = {-1, 0, 0, 1};

static u8 helper_stack[4096] __attribute__((aligned(16)));
static int wants_listener;

// A filter has ended the other thread alone (SECCOMP_RET_KILL_THREAD), and nobody is left to be the command.
static _Noreturn void die_by_filter(void) {
  call(TGKILL, call(GETPID), call(GETTID), SIGSYS);
  leave(128 + SIGSYS);
}

__attribute__((used, noreturn)) void run_helper(void) {
  static const u8 byte = 0;
  if (wants_listener) {
    while (__atomic_load_n(&shared.listener, __ATOMIC_ACQUIRE) < 0) {
      if (!__atomic_load_n(&shared.is_alive, __ATOMIC_ACQUIRE)) die_by_filter();
      call(SCHED_YIELD);
    }
    long sent = send(listener_fd, &byte, 1, shared.listener);
    // This process must not hold it: the command's calls would wait for ever if the supervisor died now.
    call(CLOSE, shared.listener);
    if (sent != 1 || !send_started()) leave(126);
    __atomic_store_n(&shared.is_handed, 1, __ATOMIC_RELEASE);
  }
  for (;;) {
    struct timespec millisecond = {0, 1000000};
    int error = __atomic_load_n(&shared.exec_error, __ATOMIC_ACQUIRE);
    if (error) fail(EXECUTE, error);
    if (!__atomic_load_n(&shared.is_alive, __ATOMIC_ACQUIRE)) die_by_filter();
    call(FUTEX, &shared.is_alive, FUTEX_WAIT, 1, &millisecond);
  }
}

// --- the thread that becomes the command -----------------------------------------------------------------------------

static void read_all(void *into, word length) {
  for (word at = 0; at < length;) {
    long got = call(READ, request_fd, (u8 *)into + at, length - at);
    if (got == -EINTR) continue;
    if (got <= 0) fail(REQUEST, got < 0 ? -got : EINVAL);
    at += (word)got;
  }
}

static word align(word size) { return (size + sizeof(word) - 1) & ~(sizeof(word) - 1); }

// brk(2): memory above the program's own; the kernel gives zeros.
static u8 *allocate(word size) {
  word start = align((word)call(BRK, 0));
  if ((word)call(BRK, start + size) < start + size) fail(MEMORY, ENOMEM);
  return (u8 *)start;
}

// One string after the other, up to the end of all; the next of them.
static char *next_string(char **at, char *end) {
  char *string = *at, *byte = string;
  while (byte < end && *byte) byte++;
  if (byte == end) fail(REQUEST, EINVAL);
  *at = byte + 1;
  return string;
}

static int parse_number(const char *text) {
  int number = 0;
  for (int at = 0; text[at]; at++) {
    if (text[at] < '0' || text[at] > '9' || at > 6) return -1;
    number = number * 10 + text[at] - '0';
  }
  return number;
}

__attribute__((used, noreturn)) void start(const word *stack) {
  static const char usage[] = "launcher: spawnSandboxed of libseccomp-wasm starts this program\n";
  request_fd = stack[0] == 2 ? parse_number((const char *)stack[2]) : -1;
  if (request_fd < 3) {
    call(WRITE, 2, usage, sizeof usage - 1);
    leave(126);
  }
  answer_fd = request_fd + 1;
  listener_fd = request_fd + 2;
  call(FCNTL, answer_fd, F_SETFD, FD_CLOEXEC);

  struct request request;
  read_all(&request, sizeof request);
  word program_size = (word)request.instructions * 8;
  if (request.magic != MAGIC || request.size > MAX_SIZE || request.size <= sizeof request + program_size ||
      request.instructions == 0 || request.instructions > MAX_INSTRUCTIONS || request.arguments == 0 ||
      request.arguments > request.size || request.variables > request.size || request.no_new_privs > 1 ||
      (request.flags & ~(u32)KNOWN_FLAGS)) {
    fail(REQUEST, EINVAL);
  }
  word length = request.size - sizeof request;
  // One place more in front of the arguments, and NULL behind each list.
  word pointers = (word)request.arguments + request.variables + 3;
  u8 *program = allocate(align(length) + pointers * sizeof(char *));
  read_all(program, length);
  call(CLOSE, request_fd);

  char *at = (char *)program + program_size, *end = (char *)program + length;
  char **script = (char **)(program + align(length)), **argv = script + 1;
  char *file = next_string(&at, end);
  for (u32 n = 0; n < request.arguments; n++) argv[n] = next_string(&at, end);
  char **envp = argv + request.arguments + 1;
  for (u32 n = 0; n < request.variables; n++) envp[n] = next_string(&at, end);
  if (at != end) fail(REQUEST, EINVAL);

  if (request.no_new_privs) {
    long error = call(PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (error < 0) fail(NO_NEW_PRIVS, -error);
  }
  wants_listener = (request.flags & NEW_LISTENER) != 0;
  if (wants_listener) call(FCNTL, listener_fd, F_SETFD, FD_CLOEXEC);
  call(SET_TID_ADDRESS, &shared.is_alive);
  long thread = new_thread(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
                           (word)(helper_stack + sizeof helper_stack));
  if (thread < 0) fail(THREAD_START, -thread);
  // Without a listener there is nothing to wait for; a failure may follow.
  if (!wants_listener && !send_started()) leave(126);

  struct sock_fprog filter = {(u16)request.instructions, program};
  long installed = call(SECCOMP, SECCOMP_SET_MODE_FILTER, request.flags, &filter);
  if (installed < 0) fail(INSTALL, -installed);
  // From here on no call but execve(2).
  if (wants_listener) {
    __atomic_store_n(&shared.listener, (int)installed, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&shared.is_handed, __ATOMIC_ACQUIRE)) relax();
  }
  long error = call(EXECVE, file, argv, envp);
  if (error == -ENOEXEC) {
    // execvp(3): a file of unknown format is a script of the shell.
    script[0] = (char *)"/bin/sh";
    script[1] = file;
    error = call(EXECVE, script[0], script, envp);
  }
  __atomic_store_n(&shared.exec_error, (int)-error, __ATOMIC_RELEASE);
  for (;;) relax();
}
