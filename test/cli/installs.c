// Installs filters in several ways, some of which fail, for dump.test.ts.
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sock_filter allow[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
static struct sock_filter longer[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0}, {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
static int ready[2];

static long install(unsigned flags, void *program) { return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program); }

static void *thread(void *program) {
  install(0, program);
  if (write(ready[1], "", 1) != 1) _exit(1);
  pause();
  return 0;
}

int main(void) {
  struct sock_fprog one = {1, allow}, two = {2, longer}, unfinished = {1, longer};
  char byte;
  pthread_t id;
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &one);
  install(0, &unfinished);
  install(0, (void *)8);
  install(SECCOMP_FILTER_FLAG_LOG, &two);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
  if (fork() == 0) {
    install(SECCOMP_FILTER_FLAG_NEW_LISTENER, &two);
    _exit(0);
  }
  wait(0);
  if (pipe(ready) < 0 || pthread_create(&id, 0, thread, &one) != 0 || read(ready[0], &byte, 1) != 1) return 1;
  install(SECCOMP_FILTER_FLAG_TSYNC, &one);
  return 3;
}
