// Nanoseconds of system calls under a filter (bench/live-calls.ts): live-calls CALLS
// Standard input is the filter, struct sock_filter after struct sock_filter; none is no filter. The calls are those of the
// container engines' default profiles: getppid, allowed; personality(0xffffffff), allowed by its argument; bpf(-1), denied
// without capabilities, and without a filter EINVAL or EPERM. Prints the nanoseconds of one call of each, of BATCHES the median.
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BATCHES = 11 };

static void fail(const char *what) {
  perror(what);
  exit(1);
}

// Of the processor, so that what else runs does not count.
static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return (difference > 0) - (difference < 0);
}

static double nanoseconds(int calls, long nr, long argument) {
  double batches[BATCHES];
  for (int batch = 0; batch < BATCHES; batch++) {
    double begin = now();
    for (int i = 0; i < calls; i++) syscall(nr, argument, 0, 0);
    batches[batch] = (now() - begin) / calls;
  }
  qsort(batches, BATCHES, sizeof *batches, ascending);
  return batches[BATCHES / 2];
}

int main(int argc, char **argv) {
  static struct sock_filter filter[BPF_MAXINSNS];
  if (argc != 2) return 2;
  int calls = atoi(argv[1]);
  struct sock_fprog program = {fread(filter, sizeof *filter, BPF_MAXINSNS, stdin), filter};
  if (program.len > 0) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("no_new_privs");
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) fail("seccomp");
  }
  nanoseconds(calls, SYS_getppid, 0);
  double allowed = nanoseconds(calls, SYS_getppid, 0);
  double checked = nanoseconds(calls, SYS_personality, 0xffffffff);
  double denied = nanoseconds(calls, SYS_bpf, -1);
  printf("%f %f %f\n", allowed, checked, denied);
  return 0;
}
