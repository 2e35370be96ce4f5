// The process that becomes a sandboxed command: `launcher FD`, where FD is a request (../run/launch-request.ts writes it,
// and describes its bytes), the next descriptor the socket on which the launcher answers, and the one after it the socket
// that the listener is sent on if there is one (../run/launch-protocol.ts). ../run/launcher.ts does the same where there is
// no build of this file.
//
// No C library and no header but the two beside it. It reads no environment variable, no file but the
// request, and executes nothing unless seccomp(2) has installed the filter.
//
// SPDX-License-Identifier: Apache-2.0

#include "linux.h"
#include "launch.h"

static int request_fd, answer_fd, listener_fd;

// All is ready: the listener was sent, or the filter comes next.
static int send_started(void) {
  static const u8 started = '!';
  return send(answer_fd, &started, 1, -1) == 1;
}

static _Noreturn void fail(enum step step, long error) {
  u32 failure[2] = {step, (u32)error};
  send(answer_fd, failure, sizeof failure, -1);
  leave(exit_code_of(step, error));
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

  struct launch launch;
  read_launch(request_fd, &launch);
  call(CLOSE, request_fd);

  if (launch.request.no_new_privs) {
    long error = call(PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (error < 0) fail(NO_NEW_PRIVS, -error);
  }
  wants_listener = (launch.request.flags & NEW_LISTENER) != 0;
  if (wants_listener) call(FCNTL, listener_fd, F_SETFD, FD_CLOEXEC);
  call(SET_TID_ADDRESS, &shared.is_alive);
  long thread = new_thread(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
                           (word)(helper_stack + sizeof helper_stack));
  if (thread < 0) fail(THREAD_START, -thread);
  // Without a listener there is nothing to wait for; a failure may follow.
  if (!wants_listener && !send_started()) leave(126);

  struct sock_fprog filter = {(u16)launch.request.instructions, launch.program};
  long installed = call(SECCOMP, SECCOMP_SET_MODE_FILTER, launch.request.flags, &filter);
  if (installed < 0) fail(INSTALL, -installed);
  // From here on no call but execve(2).
  if (wants_listener) {
    __atomic_store_n(&shared.listener, (int)installed, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&shared.is_handed, __ATOMIC_ACQUIRE)) relax();
  }
  __atomic_store_n(&shared.exec_error, (int)execute(&launch), __ATOMIC_RELEASE);
  for (;;) relax();
}
