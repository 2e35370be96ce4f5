// The C side of the supervisor's figures (bench/supervisor.ts):
//   supervisor peer CALLS            a C supervisor and its target: nanoseconds of one call that is answered
//   supervisor target CALLS          a target only, whoever answers: the same
//   supervisor threads COUNT CALLS   so many threads make so many calls each: how many were answered with ANSWER
// The call is getpriority(2), which the filter is to notify of; the answer is ANSWER.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

enum { ANSWER = 7, WARM_UP = 1000 };

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static long call(void) { return syscall(SYS_getpriority, 0, 0); }

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static void target(int calls) {
  for (int i = 0; i < WARM_UP; i++) call();
  double begin = now();
  for (int i = 0; i < calls; i++)
    if (call() != ANSWER) fail("another answer");
  printf("%f\n", (now() - begin) / calls);
  fflush(stdout);
}

static int install(void) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  int listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  if (listener < 0) fail("seccomp");
  return listener;
}

static struct msghdr message(struct iovec *bytes, char *control, size_t size) {
  return (struct msghdr){.msg_iov = bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = size};
}

static void send_fd(int socket, int fd) {
  char control[CMSG_SPACE(sizeof fd)] = {0}, byte = 0;
  struct iovec bytes = {&byte, 1};
  struct msghdr header = message(&bytes, control, sizeof control);
  struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
  *rights = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  if (sendmsg(socket, &header, 0) != 1) fail("sendmsg");
}

static int receive_fd(int socket) {
  char control[CMSG_SPACE(sizeof(int))], byte;
  struct iovec bytes = {&byte, 1};
  struct msghdr header = message(&bytes, control, sizeof control);
  int fd;
  if (recvmsg(socket, &header, 0) != 1) fail("recvmsg");
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof fd);
  return fd;
}

// The same shape as ours: wait in poll(2), look at hang-up first, receive, answer.
static void supervise(int listener) {
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
  for (;;) {
    struct pollfd entry = {listener, POLLIN, 0};
    if (poll(&entry, 1, -1) < 0) fail("poll");
    if (entry.revents & POLLHUP) return;
    struct seccomp_notif request;
    memset(&request, 0, sizeof request);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request)) continue;
    struct seccomp_notif_resp response = {.id = request.id, .val = ANSWER};
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
  }
}

static void peer(int calls) {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)) fail("socketpair");
  if (fork() == 0) {
    int listener = install();
    send_fd(sockets[1], listener);
    close(listener);
    target(calls);
    _exit(0);
  }
  supervise(receive_fd(sockets[0]));
  wait(NULL);
}

static int calls_each;

static void *make_calls(void *unused) {
  (void)unused;
  long answered = 0;
  for (int i = 0; i < calls_each; i++) answered += call() == ANSWER;
  return (void *)answered;
}

static void threads(int count, int calls) {
  pthread_t thread[count];
  long answered = 0;
  calls_each = calls;
  for (int i = 0; i < count; i++)
    if (pthread_create(&thread[i], NULL, make_calls, NULL)) fail("pthread_create");
  for (int i = 0; i < count; i++) {
    void *result;
    pthread_join(thread[i], &result);
    answered += (long)result;
  }
  printf("%ld\n", answered);
}

int main(int argc, char **argv) {
  if (argc == 3 && !strcmp(argv[1], "peer")) peer(atoi(argv[2]));
  else if (argc == 3 && !strcmp(argv[1], "target")) target(atoi(argv[2]));
  else if (argc == 4 && !strcmp(argv[1], "threads")) threads(atoi(argv[2]), atoi(argv[3]));
  else return 2;
  return 0;
}
