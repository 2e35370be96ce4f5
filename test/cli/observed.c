// Programs that an observer might disturb: `observed WHICH`.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_alarm(int signal) { (void)signal; }

// Calls that never fail with EINTR, under a signal each 2 ms.
static int interrupted(void) {
  struct sigaction action = {.sa_handler = on_alarm};
  struct itimerval timer = {{0, 2000}, {0, 2000}};
  int failures = 0;
  sigaction(SIGALRM, &action, 0);
  setitimer(ITIMER_REAL, &timer, 0);
  for (int n = 0; n < 20000; n++) {
    if (close(dup(0)) == -1 && errno == EINTR) failures++;
  }
  return printf("%d calls failed\n", failures) < 0;
}

static int vforks(void) {
  for (int n = 0; n < 50; n++) {
    int status = 0;
    pid_t child = vfork();
    if (child == 0) {
      execl("/bin/true", "true", (char *)0);
      _exit(9);
    }
    if (waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  return 0;
}

static void *execute(void *unused) {
  execl("/bin/sh", "sh", "-c", "echo executed by a thread; exit 5", (char *)0);
  return unused;
}

static _Noreturn void *wait_for_ever(void *unused) {
  (void)unused;
  for (;;) pause();
}

static _Noreturn void thread_executes(void) {
  pthread_t thread;
  for (int n = 0; n < 20; n++) pthread_create(&thread, 0, wait_for_ever, 0);
  pthread_create(&thread, 0, execute, 0);
  for (;;) pause();
}

// A filter of its own that does something about getppid(2). What seccomp(2) returns.
static long filter_getppid(unsigned action, unsigned flags) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {4, program};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
}

static int filtered(unsigned action) {
  if (filter_getppid(action, 0)) return 1;
  syscall(SYS_getppid);
  return 2;
}

static void *instruction;

static void on_sigsys(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)context;
  // The address is behind the instruction that made the call, which is the same each time.
  if (!instruction) instruction = info->si_call_addr;
  printf("code %d errno %d call %s arch %x at %s\n", info->si_code, info->si_errno,
         info->si_syscall == SYS_sysinfo ? "sysinfo" : "?", info->si_arch,
         info->si_call_addr && info->si_call_addr == instruction ? "its instruction" : "?");
}

static int trapped(void) {
  struct sigaction action = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};
  sigaction(SIGSYS, &action, 0);
  for (int n = 0; n < 3; n++) syscall(SYS_sysinfo, 0);
  return 0;
}

// --- programs that make many calls, and others only after them -------------------------------------------------------

enum { MANY = 2500, WORKERS = 3 };

// One for each thread of each process, and one for each process. None is made by the C library's own start or end.
static const long RARE[] = {
    SYS_getpgid,  SYS_getsid,      SYS_getresuid, SYS_getresgid,       SYS_times,
    SYS_uname,    SYS_getrusage,   SYS_sysinfo,   SYS_getitimer,       SYS_sched_get_priority_max,
    SYS_getuid,   SYS_sync_file_range, SYS_umask,
};
static volatile int alarms;

static void count_alarm(int signal) {
  (void)signal;
  alarms++;
  syscall(SYS_getppid);
}

static void set_alarm(void) {
  struct sigaction action = {.sa_handler = count_alarm, .sa_flags = SA_RESTART};
  struct itimerval timer = {{0, 300}, {0, 300}};
  sigaction(SIGALRM, &action, 0);
  setitimer(ITIMER_REAL, &timer, 0);
}

static char memory[4096];

static void *work(void *rare) {
  long failures = 0;
  for (int n = 0; n < MANY; n++) {
    int fd = dup(0);
    if (fd < 0 || close(fd)) failures++;
  }
  syscall(*(const long *)rare, 0, memory, memory, 0, 0);
  return (void *)failures;
}

static int work_in_threads(const long *rare) {
  pthread_t threads[WORKERS];
  void *failures = work((void *)&rare[WORKERS]);
  set_alarm();
  for (int n = 0; n < WORKERS; n++) pthread_create(&threads[n], 0, work, (void *)&rare[n]);
  for (int n = 0; n < WORKERS; n++) {
    void *of_thread;
    pthread_join(threads[n], &of_thread);
    if (of_thread) failures = of_thread;
  }
  return failures != 0 || alarms == 0;
}

// Processes of threads, which execute nothing, beside each other and under signals.
static int workers(void) {
  int worst = 0;
  for (int n = 0; n < WORKERS; n++) {
    if (fork() == 0) _exit(work_in_threads(&RARE[n * (WORKERS + 1)]));
  }
  for (int n = 0; n < WORKERS; n++) {
    int status = 0;
    if (wait(&status) < 0 || status != 0) worst = 1;
  }
  work((void *)&RARE[WORKERS * (WORKERS + 1)]);
  return worst;
}

#if defined(__x86_64__)

// Calls of getppid(2), in which every register that a call keeps has its own value; how many did not keep them.
static int registers(void) {
  struct { unsigned long before[13], after[13]; unsigned long count; } state = {.count = 0};
  int failures = 0;
  set_alarm();
  for (int n = 0; n < 4 * MANY; n++) {
    for (int r = 0; r < 13; r++) state.before[r] = 0x0101010101010101ul * (unsigned)(r + 1) + (unsigned)n;
    __asm__ volatile(
        "push %%rbx\n push %%rbp\n push %%r12\n push %%r13\n push %%r14\n push %%r15\n push %0\n mov %0, %%rax\n"
        "mov 0(%%rax), %%rbx\n mov 8(%%rax), %%rdx\n mov 16(%%rax), %%rsi\n mov 24(%%rax), %%rdi\n mov 32(%%rax), %%rbp\n"
        "mov 40(%%rax), %%r8\n mov 48(%%rax), %%r9\n mov 56(%%rax), %%r10\n mov 64(%%rax), %%r12\n mov 72(%%rax), %%r13\n"
        "mov 80(%%rax), %%r14\n mov 88(%%rax), %%r15\n movq 96(%%rax), %%xmm15\n"
        "mov %1, %%eax\n syscall\n"
        "mov %%rax, %%r11\n pop %%rax\n"
        "mov %%rbx, 104(%%rax)\n mov %%rdx, 112(%%rax)\n mov %%rsi, 120(%%rax)\n mov %%rdi, 128(%%rax)\n mov %%rbp, 136(%%rax)\n"
        "mov %%r8, 144(%%rax)\n mov %%r9, 152(%%rax)\n mov %%r10, 160(%%rax)\n mov %%r12, 168(%%rax)\n mov %%r13, 176(%%rax)\n"
        "mov %%r14, 184(%%rax)\n mov %%r15, 192(%%rax)\n movq %%xmm15, 200(%%rax)\n mov %%r11, 208(%%rax)\n"
        "pop %%r15\n pop %%r14\n pop %%r13\n pop %%r12\n pop %%rbp\n pop %%rbx\n"
        :
        : "r"(&state), "i"(SYS_getpgrp)
        : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm15", "memory", "cc");
    if (memcmp(state.before, state.after, sizeof state.before) || state.count != (unsigned long)getpgrp()) failures++;
  }
  return printf("%d calls changed registers\n", failures) < 0;
}

#endif

static volatile int is_filtered;

static void *ask_until_denied(void *unused) {
  while (!is_filtered) work((void *)&RARE[0]);
  return syscall(SYS_getppid) == -1 && errno == EPERM ? unused : (void *)1;
}

// Threads that have made many calls, and get a filter of the program's own together: SECCOMP_FILTER_FLAG_TSYNC.
static int filtered_together(void) {
  pthread_t threads[WORKERS];
  int failures = 0;
  for (int n = 0; n < WORKERS; n++) pthread_create(&threads[n], 0, ask_until_denied, 0);
  usleep(20000);
  if (filter_getppid(SECCOMP_RET_ERRNO | EPERM, SECCOMP_FILTER_FLAG_TSYNC)) failures++;
  is_filtered = 1;
  for (int n = 0; n < WORKERS; n++) {
    void *result;
    pthread_join(threads[n], &result);
    if (result) failures++;
  }
  return failures;
}

int main(int count, char **arguments) {
  const char *which = count > 1 ? arguments[1] : "";
  if (!strcmp(which, "interrupted")) return interrupted();
  if (!strcmp(which, "vforks")) return vforks();
  if (!strcmp(which, "thread executes")) thread_executes();
  if (!strcmp(which, "filtered")) return filtered((unsigned)strtoul(arguments[2], 0, 16));
  if (!strcmp(which, "trapped")) return trapped();
  if (!strcmp(which, "workers")) return workers();
  if (!strcmp(which, "filtered together")) return filtered_together();
#if defined(__x86_64__)
  if (!strcmp(which, "registers")) return registers();
#endif
  return 126;
}
