#!/bin/sh
# After a stop and a continue nanosleep(2) fails with what a filter says of restart_syscall(2), which no program calls.
#
# One would guess: a call that the filter has let in is the kernel's from then on. Stopping the process (SIGSTOP, Ctrl-Z, a
# debugger, the freezer of a container) and letting it go on is not seen by it: a sleep goes on to its end.
#
# What happens: for the rest of the time the kernel makes the process enter again, by the number of restart_syscall (219).
# The filter is asked once more. With an allow-list that has nanosleep and lacks this one, the
# sleep ends early, with EPERM; so does a poll with a timeout.
#
# Why it matters: a list recorded from a run without a stop lacks it, and nothing fails until somebody attaches a debugger
# or pauses the container. EPERM is no error that nanosleep or poll have, and with KILL the process ends.
#
# Docker's default allows it since 2016 (moby 21117), firecracker was asked to in 2025; restart_syscall(2) says that it is
# never called by programs, and nothing of filters.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
command -v gcc >/dev/null || skip "there is no gcc"
cat >"$tmp/program.c" <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Everything is allowed but restart_syscall, with errno 1; or, for the comparison, everything. */
static int load(int refuse) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_restart_syscall, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, refuse ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}
static void stop(pid_t child, int signal) {
  struct timespec moment = {0, 300000000};
  nanosleep(&moment, NULL);
  kill(child, signal);
}
static void trial(int refuse, int stops) {
  printf("restart_syscall %s, %s: ", refuse ? "refused" : "allowed", stops ? "stopped" : "not stopped");
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    if (load(refuse)) _exit(77);
    struct timespec rest = {0, 900000000};
    const char *sleep = nanosleep(&rest, NULL) ? strerror(errno) : "0";
    printf("nanosleep %s, ", sleep);
    printf("poll %s\n", poll(NULL, 0, 900) ? strerror(errno) : "0");
    fflush(stdout);
    _exit(0);
  }
  for (int i = 0; stops && i < 2; i++) {
    stop(child, SIGSTOP);
    stop(child, SIGCONT);
  }
  int status;
  waitpid(child, &status, 0);
  if (status) _exit(77);
}
int main(void) {
  trial(1, 0);
  trial(0, 1);
  trial(1, 1);
  return 0;
}
C
gcc -O1 -o "$tmp/program" "$tmp/program.c" 2>"$tmp/log" || skip "the program does not build: $(tail -n 1 "$tmp/log")"
status=0
seen=$("$tmp/program") || status=$?
[ "$status" != 77 ] || skip "no filter can be loaded here"
stated='restart_syscall refused, not stopped: nanosleep 0, poll 0
restart_syscall allowed, stopped: nanosleep 0, poll 0
restart_syscall refused, stopped: nanosleep Operation not permitted, poll Operation not permitted'
echo "Linux $(uname -r)"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
