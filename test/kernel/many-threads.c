// many-threads COUNT CALLS: so many threads make so many calls of getpriority(2) each, and of getcwd(2) in between.
// Prints how many of the calls were answered with 7.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int calls_each;

static void *make_calls(void *unused) {
  (void)unused;
  long answered = 0;
  for (int i = 0; i < calls_each; i++) answered += syscall(i % 2 ? SYS_getcwd : SYS_getpriority, 0, 0) == 7;
  return (void *)answered;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int count = atoi(argv[1]);
  calls_each = atoi(argv[2]);
  pthread_t *threads = calloc(count, sizeof *threads);
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  long answered = 0;
  for (int i = 0; i < count; i++)
    if (pthread_create(&threads[i], &small, make_calls, NULL)) return 3;
  for (int i = 0; i < count; i++) {
    void *result;
    pthread_join(threads[i], &result);
    answered += (long)result;
  }
  printf("%ld\n", answered);
  return 0;
}
