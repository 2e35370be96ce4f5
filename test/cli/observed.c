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

// A filter of its own that does something about getppid(2).
static int filtered(unsigned action) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {4, program};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter)) return 1;
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

int main(int count, char **arguments) {
  const char *which = count > 1 ? arguments[1] : "";
  if (!strcmp(which, "interrupted")) return interrupted();
  if (!strcmp(which, "vforks")) return vforks();
  if (!strcmp(which, "thread executes")) thread_executes();
  if (!strcmp(which, "filtered")) return filtered((unsigned)strtoul(arguments[2], 0, 16));
  if (!strcmp(which, "trapped")) return trapped();
  return 126;
}
