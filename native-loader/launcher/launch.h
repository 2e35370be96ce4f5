// What launcher.c and tracer.c are asked to execute: ../run/launch-request.ts writes it, and describes its bytes.
// Each of the two has fail().
//
// SPDX-License-Identifier: Apache-2.0

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

// Where it failed: LAUNCH_STEPS of launch-protocol.ts.
enum step { REQUEST = 1, MEMORY, NO_NEW_PRIVS, THREAD_START, INSTALL, EXECUTE, ATTACH = 8 };

struct launch {
  struct request request;
  u8 *program;
  char *file, **argv, **envp;
  char **script; // argv with one place more in front
};

static _Noreturn void fail(enum step step, long error);

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

static _Noreturn void leave(int code) {
  for (;;) call(EXIT_GROUP, code);
}

static int exit_code_of(enum step step, long error) { return step == EXECUTE && error == ENOENT ? 127 : 126; }

static void read_all(int fd, void *into, word length) {
  for (word at = 0; at < length;) {
    long got = call(READ, fd, (u8 *)into + at, length - at);
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

static void read_launch(int fd, struct launch *launch) {
  struct request *request = &launch->request;
  read_all(fd, request, sizeof *request);
  word program_size = (word)request->instructions * 8;
  if (request->magic != MAGIC || request->size > MAX_SIZE || request->size <= sizeof *request + program_size ||
      request->instructions == 0 || request->instructions > MAX_INSTRUCTIONS || request->arguments == 0 ||
      request->arguments > request->size || request->variables > request->size || request->no_new_privs > 1 ||
      (request->flags & ~(u32)KNOWN_FLAGS)) {
    fail(REQUEST, EINVAL);
  }
  word length = request->size - sizeof *request;
  // One place more in front of the arguments, and NULL behind each list.
  word pointers = (word)request->arguments + request->variables + 3;
  u8 *program = allocate(align(length) + pointers * sizeof(char *));
  read_all(fd, program, length);

  char *at = (char *)program + program_size, *end = (char *)program + length;
  launch->program = program;
  launch->script = (char **)(program + align(length));
  launch->argv = launch->script + 1;
  launch->file = next_string(&at, end);
  for (u32 n = 0; n < request->arguments; n++) launch->argv[n] = next_string(&at, end);
  launch->envp = launch->argv + request->arguments + 1;
  for (u32 n = 0; n < request->variables; n++) launch->envp[n] = next_string(&at, end);
  if (at != end) fail(REQUEST, EINVAL);
}

// execve(2), and why it failed: a positive errno.
static long execute(const struct launch *launch) {
  long error = call(EXECVE, launch->file, launch->argv, launch->envp);
  if (error == -ENOEXEC) {
    // execvp(3): a file of unknown format is a script of the shell.
    launch->script[0] = (char *)"/bin/sh";
    launch->script[1] = launch->file;
    error = call(EXECVE, launch->script[0], launch->script, launch->envp);
  }
  return -error;
}
