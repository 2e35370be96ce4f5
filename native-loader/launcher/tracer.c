// The process that starts a command and observes its system calls by ptrace(2): `tracer FD`, where FD is the socket on which
// the request comes (../run/launch-request.ts) and events go (../trace/trace-events.ts), and the next one the account
// (../trace/account.ts), a file that both sides have in memory.
//
// The command's filter answers calls with SECCOMP_RET_TRACE. A call in that stop is not interrupted by a signal, which a
// notification is. Every process and thread that the command starts is traced too, and never left: this process ends after
// the last of them. If it is killed, so are they (PTRACE_O_EXITKILL): nobody stays stopped, and no call is let through.
//
// Who asks which kinds of calls there are, and not how many, can have it for less: see "Stopping for what is new".
//
// No C library and no header but those beside it.
//
// SPDX-License-Identifier: Apache-2.0

#include "linux.h"
#include "launch.h"

// The compiler calls it.
__attribute__((used, no_builtin("memset"))) void *memset(void *into, int byte, __SIZE_TYPE__ length) {
  for (u8 *at = into; length > 0; length--) *at++ = (u8)byte;
  return into;
}

enum {
  PTRACE_CONT = 7, PTRACE_SYSCALL = 24, PTRACE_GETEVENTMSG = 0x4201, PTRACE_GETSIGINFO = 0x4202,
  PTRACE_SETSIGINFO = 0x4203, PTRACE_GETREGSET = 0x4204, PTRACE_SETREGSET = 0x4205, PTRACE_SEIZE = 0x4206,
  PTRACE_INTERRUPT = 0x4207, PTRACE_LISTEN = 0x4208, PTRACE_GET_SYSCALL_INFO = 0x420e,
  // What makes a thread the tracee of another: PTRACE_TRACEME, PTRACE_ATTACH, PTRACE_SEIZE.
  TRACEME_REQUEST = 0, ATTACH_REQUEST = 16,
  // TRACESYSGOOD, TRACEFORK, TRACEVFORK, TRACECLONE, TRACEEXEC, TRACEEXIT, TRACESECCOMP, EXITKILL
  OPTIONS = 1 | 2 | 4 | 8 | 16 | 64 | 128 | 1 << 20,
  EVENT_FORK = 1, EVENT_CLONE = 3, EVENT_EXEC = 4, EVENT_EXIT = 6, EVENT_SECCOMP = 7, EVENT_STOP = 128,
  SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGTRAP = 5, SIGKILL = 9, SIGTERM = 15, SIGCONT = 18, SIGSTOP = 19,
  SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22, SYSCALL_STOP = SIGTRAP | 0x80,
  SYS_SECCOMP = 1, NT_PRSTATUS = 1, WALL = 0x40000000,
  AT_ENTRY = 1, // ptrace_syscall_info.op
  RLIMIT_NOFILE = 7, PR_SET_PDEATHSIG = 1, PR_SET_DUMPABLE = 4, PR_SET_NAME = 15,
  SIG_SETMASK = 2, POLLIN = 1, AT_FDCWD = -100, O_NOCTTY = 0400,
#if defined(__powerpc64__)
  TIOCGPGRP = 0x40047477
#else
  TIOCGPGRP = 0x540f
#endif
};

// --- what Node has in memory too -------------------------------------------------------------------------------------

// As account.ts has it: this header, the masks, and the entries.

static struct account {
  u32 magic;
  u32 flags;
  u32 masks;      // how many
  u32 capacity;   // entries that there is room for
  u64 open_files; // the soft limit of the command; 0: this process's
  u64 uncounted;  // calls that there was no room for
  u32 used;       // entries that are complete
  u32 go;         // the command may start: futex(2)
  u32 step;       // where the command's start failed, and why
  u32 error;
} *account;

struct mask { u32 arch, number, index, unused; u64 bits; };

// Calls of one kind: `known` has a bit for each argument that is in `args`.
struct entry { u32 arch, number, known, unused; u64 count, args[6]; };

enum {
  ACCOUNT_MAGIC = 0x31415453,
  REPORTS_STOPS = 1,        // do not count: the filter stops calls that it denies, and each is reported
  MAY_SET_NO_NEW_PRIVS = 2, // where the filter cannot be installed without
  REPORTS_RESULTS = 4,      // do not count: the filter stops calls, of which each is reported, and what it returns
  ONLY_KINDS = 8            // no count is asked for. The filter stops nothing then
};

static struct mask *masks;
static struct entry *entries;

// --- what Node is told -----------------------------------------------------------------------------------------------

enum kind { STARTED = 1, ENDED, FAILED, SIGNAL, STOPPED, TRACER, KILLED, RETURNED };

struct event {
  u32 kind;
  u32 thread;
  u32 arch;
  u32 number; // of the call; of ENDED the status of wait4(2), of SIGNAL the signal, of FAILED the step
  u64 ip;     // of FAILED the errno, of RETURNED the result
  u64 args[6];
};

static int socket_fd;
static u32 asked, answered;

static void tell(enum kind kind, long thread, u32 number, u64 detail) {
  struct event event = {kind, (u32)thread, 0, number, detail, {0, 0, 0, 0, 0, 0}};
  send(socket_fd, &event, sizeof event, -1);
}

// Tell it, and wait until it was read: what is reported is still there then. Node may have ended, or be stopped.
static void ask(const struct event *event) {
  struct { int fd; short events, revents; } poll = {socket_fd, POLLIN, 0};
  if (send(socket_fd, event, sizeof *event, -1) != sizeof *event) return;
  asked++;
  while (answered != asked) {
    struct timespec second = {1, 0};
    u8 byte;
    if (call(PPOLL, &poll, 1, &second, 0, 8) != 1 || call(READ, socket_fd, &byte, 1) != 1) return;
    answered++;
  }
}

static _Noreturn void fail(enum step step, long error) {
  tell(FAILED, 0, step, (u64)error);
  leave(exit_code_of(step, error));
}

// --- counting --------------------------------------------------------------------------------------------------------

enum {
  MAX_CALLS = 4096,  // different numbers
  MAX_KINDS = 1000,  // of one call that are kept apart: a program may count through an argument
  CALL_SLOTS = 8192, // powers of 2, and so many that a free one is soon found
  KIND_SLOTS = 1 << 18
};

struct call { u32 arch, number, kinds, plain, known; u64 bits[6]; };

static struct call *calls;
static u32 counted_since_new; // calls since the last of a new kind
static u32 call_count, *call_slots, *kind_slots; // slots have an index and one

static u32 mix(u32 hash, u32 value) {
  hash = (hash ^ value) * 0x9e3779b1u;
  return hash ^ hash >> 15;
}

static struct call *find_call(u32 arch, u32 number) {
  u32 slot = mix(mix(0, number), arch) % CALL_SLOTS;
  for (; call_slots[slot]; slot = (slot + 1) % CALL_SLOTS) {
    struct call *known = &calls[call_slots[slot] - 1];
    if (known->number == number && known->arch == arch) return known;
  }
  if (call_count == MAX_CALLS) return 0;
  struct call *made = &calls[call_count];
  call_slots[slot] = ++call_count;
  made->arch = arch;
  made->number = number;
  for (u32 n = 0; n < account->masks; n++) {
    if (masks[n].number != number || masks[n].arch != arch || masks[n].index > 5) continue;
    made->known |= 1u << masks[n].index;
    made->bits[masks[n].index] = masks[n].bits;
  }
  return made;
}

// The index of a new entry and one; 0 if there is no more room.
static u32 add_entry(const struct call *of, u32 known, const u64 *args) {
  u32 used = account->used;
  if (used == account->capacity) return 0;
  struct entry *entry = &entries[used];
  entry->arch = of->arch;
  entry->number = of->number;
  entry->known = known;
  entry->count = 1;
  for (int n = 0; n < 6; n++) entry->args[n] = known >> n & 1 ? args[n] & of->bits[n] : 0;
  counted_since_new = 0;
  __atomic_store_n(&account->used, used + 1, __ATOMIC_RELEASE);
  return used + 1;
}

static void count_plain(struct call *call) {
  if (call->plain) entries[call->plain - 1].count++;
  else if (!(call->plain = add_entry(call, 0, 0))) account->uncounted++;
}

static int is_kind(const struct entry *entry, const struct call *call, const u64 *args) {
  if (entry->number != call->number || entry->arch != call->arch || entry->known != call->known) return 0;
  for (int n = 0; n < 6; n++) {
    if (call->known >> n & 1 && entry->args[n] != (args[n] & call->bits[n])) return 0;
  }
  return 1;
}

static void count(u32 arch, u32 number, const u64 *args) {
  struct call *call = find_call(arch, number);
  counted_since_new++;
  if (!call) { account->uncounted++; return; }
  if (!call->known) { count_plain(call); return; }
  u32 hash = mix(mix(0, number), arch);
  for (int n = 0; n < 6; n++) {
    u64 value = args[n] & call->bits[n];
    hash = mix(mix(hash, (u32)value), (u32)(value >> 32));
  }
  u32 slot = hash % KIND_SLOTS;
  for (; kind_slots[slot]; slot = (slot + 1) % KIND_SLOTS) {
    struct entry *entry = &entries[kind_slots[slot] - 1];
    if (is_kind(entry, call, args)) { entry->count++; return; }
  }
  u32 made = call->kinds < MAX_KINDS ? add_entry(call, call->known, args) : 0;
  if (!made) { count_plain(call); return; }
  call->kinds++;
  kind_slots[slot] = made;
}

// --- the tracees -----------------------------------------------------------------------------------------------------

static long own_id, parent_id, command_id;
static int has_started, reports_stops, reports_results, only_kinds;
static u32 native_arch; // of the command's first call, which this program makes

static long trace(int request, long thread, word address, word data) {
  return call(PTRACE, request, thread, address, data);
}

// struct ptrace_syscall_info, of a seccomp stop. At the stop after a call the result is where the number is.
struct call_info { u8 op, pad[3]; u32 arch; u64 ip, sp, number, args[6]; u32 data, pad2; };

static int get_call_info(long thread, struct call_info *info) {
  return trace(PTRACE_GET_SYSCALL_INFO, thread, sizeof *info, (word)info) > 0;
}

// Where denied calls are reported, the filter stops them unless their instruction pointer is MARK, which no program's is
// (trace-denials.ts). So the kernel, which asks the filters again after the stop, does what the filter says. The pointer is
// put back at the stop after the call.

enum { MARK = 0, MAX_DENIED = 1024 };
// Stands for no pointer: somebody sent this thread a SIGSYS.
#define SENT (~(u64)0)

static struct denied { long thread; u64 ip; } denied[MAX_DENIED];

static struct denied *find_denied(long thread) {
  for (int n = 0; n < MAX_DENIED; n++) {
    if (denied[n].thread == thread) return &denied[n];
  }
  return 0;
}

static struct denied *remember(long thread, u64 ip) {
  struct denied *place = find_denied(thread);
  if (!place) place = find_denied(0);
  if (place) {
    place->thread = thread;
    place->ip = ip;
  }
  return place;
}

static void forget(long thread) {
  struct denied *place = find_denied(thread);
  if (place) place->thread = 0;
}

static u64 registers[128];

// The bytes of the instruction pointer among those of NT_PRSTATUS: struct user_regs_struct and user_pt_regs of each
// architecture, and of the 32-bit programs that it runs.
static void *ip_register(word size, int *is_narrow) {
  u8 *bytes = (u8 *)registers;
  *is_narrow = sizeof(word) == 4;
#if defined(__x86_64__)
  *is_narrow = size < 200;
  return bytes + (*is_narrow ? 48 : 128);
#elif defined(__aarch64__)
  *is_narrow = size < 200;
  return bytes + (*is_narrow ? 60 : 256);
#elif defined(__arm__)
  return bytes + (size ? 60 : 60);
#elif defined(__riscv)
  return bytes + (size ? 0 : 0);
#elif defined(__powerpc64__)
  return bytes + (size ? 256 : 256);
#elif defined(__s390x__)
  return bytes + (size ? 8 : 8);
#else
  return bytes + (size ? 264 : 264);
#endif
}

// 0 unless the kernel says that the pointer is the one that was set.
static int set_ip(long thread, u64 ip) {
  struct iovec iov = {registers, sizeof registers};
  struct call_info info;
  int is_narrow;
  if (trace(PTRACE_GETREGSET, thread, NT_PRSTATUS, (word)&iov) < 0) return 0;
  void *place = ip_register(iov.length, &is_narrow);
  if (is_narrow) *(u32 *)place = (u32)ip;
  else *(u64 *)place = ip;
  return trace(PTRACE_SETREGSET, thread, NT_PRSTATUS, (word)&iov) >= 0 && get_call_info(thread, &info) && info.ip == ip;
}

// --- stopping for what is new ------------------------------------------------------------------------------------------

// With ONLY_KINDS the command's filter stops nothing. Each call stops by ptrace(2), at its beginning and at its end, until
// a process gets a filter that stops only what is not known yet (seen-filter.h). That is when it has made many calls, or
// there were many in all that brought nothing new. What it starts has the filter too: most calls of a build do not stop.
//
// A process that installs a filter of its own gets this one before. What its own denies is seen by neither, then.

// SECCOMP_RET_DATA of that filter's stops.
enum { SEEN_MARK = 0x5345 };

#if defined(__x86_64__)
#include "seen-filter.h"
#else
static int can_call_later(const struct call_info *info) { return info->arch == native_arch; }
static int install_seen_filter(long thread) { return (void)thread, 0; }
#endif

enum {
  TASK_SLOTS = 4096,
  MAX_TASKS = 1 << 15,  // at a time. Each call of any other stops
  MAX_GONE = 64,
  MANY_OF_THREAD = 2000, // calls since its program began
  MANY_IN_ALL = 200      // calls without a new kind
};

// A thread that is traced.
struct task {
  struct task *next; // of its slot, or of those that are free
  long thread;
  long process; // its thread group
  u32 calls;
  u8 is_known;     // what its parent has is known
  u8 is_filtered;  // a filter stops its calls
  u8 is_refused;   // its process cannot have the filter
  u8 is_unsettled; // what it started before its next stop may have been before the filter
};

static struct task *tasks, *free_tasks, *task_slots[TASK_SLOTS];
static u32 task_count;
static long gone[MAX_GONE]; // threads that ended before anything else was told of them
static u32 gone_count;

static struct task *find_task(long thread) {
  struct task *task = task_slots[thread % TASK_SLOTS];
  while (task && task->thread != thread) task = task->next;
  return task;
}

// 0: there is no room.
static struct task *find_or_add_task(long thread) {
  struct task *task = find_task(thread);
  if (task) return task;
  if (free_tasks) {
    task = free_tasks;
    free_tasks = task->next;
  } else if (task_count < MAX_TASKS) {
    task = &tasks[task_count++];
  } else {
    return 0;
  }
  struct task **slot = &task_slots[thread % TASK_SLOTS];
  task->next = *slot;
  task->thread = task->process = thread;
  task->calls = 0;
  task->is_known = thread == command_id;
  task->is_filtered = task->is_refused = task->is_unsettled = 0;
  *slot = task;
  return task;
}

static void remove_task(long thread) {
  struct task **place = &task_slots[thread % TASK_SLOTS];
  while (*place && (*place)->thread != thread) place = &(*place)->next;
  struct task *task = *place;
  if (!task) {
    gone[gone_count++ % MAX_GONE] = thread;
    return;
  }
  *place = task->next;
  task->next = free_tasks;
  free_tasks = task;
}

// A thread or process was started: it has its parent's filters. Its own first stop may come before this.
static void at_new_task(long thread) {
  word started = 0;
  if (trace(PTRACE_GETEVENTMSG, thread, 0, (word)&started) < 0) return;
  for (u32 n = 0; n < MAX_GONE; n++) {
    if (gone[n] != (long)started) continue;
    gone[n] = 0;
    return;
  }
  struct task *parent = find_task(thread), *child = find_or_add_task((long)started);
  if (!parent || !child) return;
  int is_thread = call(TGKILL, parent->process, started, 0) >= 0;
  if (is_thread) child->process = parent->process;
  child->is_known = 1;
  child->is_refused = parent->is_refused;
  child->is_filtered = parent->is_filtered && (is_thread || !parent->is_unsettled);
}

// The thread that executes a program becomes the first of its process, and the only one.
static void at_new_program(long thread) {
  word former = 0;
  trace(PTRACE_GETEVENTMSG, thread, 0, (word)&former);
  struct task *executing = find_task((long)former), *task = find_or_add_task(thread);
  if (!task) return;
  task->is_known = 1;
  if (task != executing) {
    task->is_filtered = executing && executing->is_filtered;
    task->is_refused = executing && executing->is_refused;
    task->process = thread;
    if (executing) remove_task((long)former);
  }
  task->calls = 0;
}

// The thread that makes calls for a filter: each of them stops.
static long installing;

static void resume(long thread, word signal) {
  int request = PTRACE_CONT;
  if (only_kinds) {
    struct task *task = find_task(thread);
    if (!task || !task->is_filtered || thread == installing) request = PTRACE_SYSCALL;
  }
  trace(request, thread, 0, signal);
}

static int installs_own_filter(const struct call_info *info) {
  enum { PR_SET_SECCOMP = 22 };
  return (info->number == SECCOMP && info->args[0] <= SECCOMP_SET_MODE_FILTER) ||
         (info->number == PRCTL && info->args[0] == PR_SET_SECCOMP);
}

// The thread is at the beginning of this call.
static void filter_if_worthwhile(struct task *task, const struct call_info *info) {
  if (installing || !task->is_known || task->is_refused || !can_call_later(info)) return;
  // What a filter does not let through stops in all that the process starts, for good. The command itself, which may be a
  // make that reads its files, has time to start something.
  int is_worthwhile =
      ++task->calls > MANY_OF_THREAD || (task->process != command_id && counted_since_new > MANY_IN_ALL);
  if (!is_worthwhile && !installs_own_filter(info)) return;
  long thread = task->thread, process = task->process;
  installing = thread;
  int is_installed = install_seen_filter(thread);
  installing = 0;
  if (!is_installed) {
    task = find_task(thread);
    if (task) task->is_refused = 1;
    return;
  }
  for (u32 slot = 0; slot < TASK_SLOTS; slot++) {
    for (struct task *other = task_slots[slot]; other; other = other->next) {
      if (other->process != process) continue;
      other->is_filtered = 1;
      other->is_unsettled = other->thread != thread;
    }
  }
}

static void report_stop(long thread, const struct call_info *info, enum kind kind) {
  struct event event = {kind, (u32)thread, info->arch, (u32)info->number, info->ip, {0, 0, 0, 0, 0, 0}};
  for (int n = 0; n < 6; n++) event.args[n] = info->args[n];
  ask(&event);
}

static void count_stop(long thread, const struct call_info *info) {
  if (!native_arch) native_arch = info->arch;
  count(info->arch, (u32)info->number, info->args);
  if (info->number == PTRACE && info->arch == native_arch &&
      (info->args[0] == TRACEME_REQUEST || info->args[0] == ATTACH_REQUEST || info->args[0] == PTRACE_SEIZE)) {
    report_stop(thread, info, TRACER);
  }
}

static void note_filter(long thread, const struct call_info *info) {
  struct task *task = only_kinds && info->data == SEEN_MARK ? find_or_add_task(thread) : 0;
  if (task) task->is_filtered = 1;
}

// The beginning or the end of a call, which ptrace(2) stops at.
static void at_each_call(long thread) {
  struct call_info info;
  struct task *task = find_or_add_task(thread);
  // A filter stops it if it is new.
  if (task && task->is_filtered) return;
  if (!get_call_info(thread, &info)) {
    // As in at_call().
    call(KILL, thread, SIGKILL);
    return;
  }
  if (info.op != AT_ENTRY) return;
  // The command's first call; before it there are this program's.
  if (!native_arch && (thread != command_id || info.number != EXECVE)) return;
  count_stop(thread, &info);
  if (task) filter_if_worthwhile(task, &info);
}

static void at_call(long thread) {
  struct call_info info;
  if (!get_call_info(thread, &info)) {
    // It was killed meanwhile. If it was not, nothing may come of it.
    call(KILL, thread, SIGKILL);
    resume(thread, 0);
    return;
  }
  if (reports_results) {
    // The program's own filter may stop calls as well, for a tracer of its own. They are reported, and run.
    report_stop(thread, &info, STOPPED);
    trace(PTRACE_SYSCALL, thread, 0, 0);
    return;
  }
  if (!reports_stops) {
    count_stop(thread, &info);
    note_filter(thread, &info);
    resume(thread, 0);
    return;
  }
  // The command did not start, and its filter denies the end as well.
  if (!has_started && account->step) call(KILL, command_id, SIGKILL);
  report_stop(thread, &info, STOPPED);
  if (!remember(thread, info.ip) || !set_ip(thread, MARK)) call(KILL, thread, SIGKILL);
  trace(PTRACE_SYSCALL, thread, 0, 0);
}

static void after_call(long thread) {
  if (only_kinds) {
    at_each_call(thread);
    resume(thread, 0);
    return;
  }
  if (reports_results) {
    struct call_info info;
    struct event event = {RETURNED, (u32)thread, 0, 0, 0, {0, 0, 0, 0, 0, 0}};
    if (get_call_info(thread, &info)) event.ip = info.number;
    ask(&event);
    resume(thread, 0);
    return;
  }
  struct denied *place = find_denied(thread);
  if (place && place->ip != SENT) set_ip(thread, place->ip);
  resume(thread, 0);
}

// siginfo_t: the signal, errno, code, and what depends on the signal.
static union { u32 words[32]; u64 aligned; } siginfo;
enum { SIGINFO_CODE = 2, SIGINFO_ADDRESS = sizeof(word) == 8 ? 4 : 3 };

static void at_sigsys(long thread) {
  if (trace(PTRACE_GETSIGINFO, thread, 0, (word)&siginfo) < 0) return;
  if (siginfo.words[SIGINFO_CODE] != SYS_SECCOMP) {
    remember(thread, SENT);
    return;
  }
  struct denied *place = find_denied(thread);
  word *address = (word *)&siginfo.words[SIGINFO_ADDRESS];
  if (!place || place->ip == SENT || *address != MARK) return;
  *address = (word)place->ip;
  trace(PTRACE_SETSIGINFO, thread, 0, (word)&siginfo);
}

// The end of a thread. Of one that SIGSYS ended, the call that it was in is in /proc still.
static void at_exit(long thread) {
  word code = 0;
  struct call_info info;
  trace(PTRACE_GETEVENTMSG, thread, 0, (word)&code);
  if ((code & 0x7f) == SIGSYS && get_call_info(thread, &info)) {
    struct denied *place = find_denied(thread);
    struct event event = {KILLED, (u32)thread, info.arch, place && place->ip == SENT, 0, {0, 0, 0, 0, 0, 0}};
    ask(&event);
  }
  resume(thread, 0);
}

// --- job control -----------------------------------------------------------------------------------------------------

static int has_stopped_parent;

// A shell waits for scmp, and sees that a job has stopped by that. A terminal stops both; a program that stops itself (as
// editors do) stops only itself.
static void stop_parent(void) {
  int foreground = 0;
  long terminal = call(OPENAT, AT_FDCWD, "/dev/tty", O_NOCTTY);
  if (terminal < 0) return;
  long result = call(IOCTL, terminal, TIOCGPGRP, &foreground);
  call(CLOSE, terminal);
  if (result < 0 || foreground != call(GETPGID, 0) || foreground != call(GETPGID, command_id)) return;
  if (call(GETPPID) != parent_id) return;
  has_stopped_parent = 1;
  call(KILL, parent_id, SIGSTOP);
}

static void continue_parent(void) {
  if (has_stopped_parent && call(GETPPID) == parent_id) call(KILL, parent_id, SIGCONT);
  has_stopped_parent = 0;
}

static void at_group_stop(long thread, u32 signal) {
  if (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) {
    // It stays stopped, and is seen to be: ptrace(2), "Group-stop".
    trace(PTRACE_LISTEN, thread, 0, 0);
    if (thread == command_id) stop_parent();
    return;
  }
  // A new thread's first stop, or SIGCONT.
  if (thread == command_id) continue_parent();
  resume(thread, 0);
}

static void at_stop(long thread, u32 status) {
  u32 signal = status >> 8 & 0xff, event = status >> 16;
  if (only_kinds) {
    struct task *task = find_or_add_task(thread);
    if (event >= EVENT_FORK && event <= EVENT_CLONE) at_new_task(thread);
    if (event == EVENT_EXEC) at_new_program(thread);
    if (task) task->is_unsettled = 0;
  }
  switch (event) {
  case EVENT_SECCOMP: at_call(thread); break;
  case EVENT_STOP: at_group_stop(thread, signal); break;
  case EVENT_EXIT: at_exit(thread); break;
  case EVENT_EXEC:
    if (!has_started && thread == command_id) {
      has_started = 1;
      tell(STARTED, thread, 0, 0);
    }
    resume(thread, 0);
    break;
  case 0:
    if (signal == SYSCALL_STOP) {
      after_call(thread);
      break;
    }
    if (signal == SIGSYS) at_sigsys(thread);
    resume(thread, signal);
    break;
  default: resume(thread, 0); // fork, vfork, clone
  }
}

// The next that stops or ends.
static long await_thread(u32 *status) {
  for (;;) {
    long thread = call(WAIT4, -1, status, WALL, 0);
    if (thread >= 0) return thread;
    if (thread != -EINTR) leave(0);
  }
}

static int has_stopped(u32 status) { return (status & 0xff) == 0x7f; }

static void handle(long thread, u32 status) {
  if (has_stopped(status)) {
    at_stop(thread, status);
    return;
  }
  if (thread == command_id) {
    if (account->step) tell(FAILED, thread, account->step, account->error);
    else tell(ENDED, thread, status, 0);
    continue_parent();
  }
  forget(thread);
  if (only_kinds) remove_task(thread);
}

#if defined(__x86_64__)

static int step(long thread) {
  trace(PTRACE_SYSCALL, thread, 0, 0);
  for (;;) {
    u32 status = 0;
    long stopped = await_thread(&status);
    if (stopped == thread && status == (SYSCALL_STOP << 8 | 0x7f)) return 1;
    if (stopped == thread && status >> 16 == EVENT_SECCOMP) resume(thread, 0); // it has such a filter already
    else handle(stopped, status);
    if (stopped == thread && (!has_stopped(status) || status >> 16 == EVENT_EXIT)) return 0;
  }
}

#endif

static _Noreturn void follow_all(void) {
  for (;;) {
    u32 status = 0;
    long thread = await_thread(&status);
    handle(thread, status);
  }
}

// --- signals ---------------------------------------------------------------------------------------------------------

// All are blocked here, in the threads of this process: a terminal stops and ends its command, not the observer. Those that
// end a command are told: Node, which is in the same process group, learns whether the group had one, or Node alone.

static u8 helper_stack[4096] __attribute__((aligned(16)));

__attribute__((used, noreturn)) void run_helper(void) {
  u64 ending = 1 << (SIGHUP - 1) | 1 << (SIGINT - 1) | 1 << (SIGQUIT - 1) | 1 << (SIGTERM - 1);
  for (;;) {
    long signal = call(RT_SIGTIMEDWAIT, &ending, 0, 0, sizeof ending);
    if (signal > 0) tell(SIGNAL, own_id, (u32)signal, 0);
  }
}

// --- the process that becomes the command ----------------------------------------------------------------------------

static struct launch launch;
static u64 signal_mask;

static _Noreturn void give_up(enum step step, long error) {
  account->step = step;
  account->error = (u32)error;
  leave(exit_code_of(step, error));
}

// LISTEN_PID of sd_listen_fds(3) names the process that the descriptors are for: launch-request.ts leaves the place.
static void write_listen_pid(char *variable) {
  static const char place[] = "LISTEN_PID=0000000000";
  word at = 0;
  while (place[at] && variable[at] == place[at]) at++;
  if (place[at] || variable[at]) return;
  char *digit = variable + sizeof "LISTEN_PID=" - 1;
  u32 id = (u32)call(GETPID), unit = 1000000000;
  while (unit > id) unit /= 10;
  for (; unit; unit /= 10) {
    // Not every processor divides.
    for (*digit = '0'; id >= unit; id -= unit) ++*digit;
    digit++;
  }
  *digit = 0;
}

static void set_open_files(u64 soft) {
  u64 limit[2];
  if (soft == 0 || call(PRLIMIT64, 0, RLIMIT_NOFILE, 0, limit) < 0 || soft > limit[1]) return;
  limit[0] = soft;
  call(PRLIMIT64, 0, RLIMIT_NOFILE, limit, 0);
}

static void set_no_new_privs(void) {
  long error = call(PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (error < 0) give_up(NO_NEW_PRIVS, -error);
}

static _Noreturn void become_command(void) {
  call(PRCTL, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (call(GETPPID) != own_id) leave(126);
  while (!__atomic_load_n(&account->go, __ATOMIC_ACQUIRE)) call(FUTEX, &account->go, FUTEX_WAIT, 0, 0);
  call(PRCTL, PR_SET_PDEATHSIG, 0, 0, 0, 0);
  call(PRCTL, PR_SET_NAME, "scmp", 0, 0, 0); // until it is the command
  set_open_files(account->open_files);
  for (char **variable = launch.envp; *variable; variable++) write_listen_pid(*variable);
  call(RT_SIGPROCMASK, SIG_SETMASK, &signal_mask, 0, sizeof signal_mask);
  if (launch.request.no_new_privs) set_no_new_privs();
  struct sock_fprog filter = {(u16)launch.request.instructions, launch.program};
  long installed = call(SECCOMP, SECCOMP_SET_MODE_FILTER, launch.request.flags, &filter);
  if (installed == -EACCES && account->flags & MAY_SET_NO_NEW_PRIVS) {
    set_no_new_privs();
    installed = call(SECCOMP, SECCOMP_SET_MODE_FILTER, launch.request.flags, &filter);
  }
  if (installed < 0) give_up(INSTALL, -installed);
  give_up(EXECUTE, execute(&launch));
}

// --- the start -------------------------------------------------------------------------------------------------------

static void map_account(int fd) {
  struct account header;
  read_all(fd, &header, sizeof header);
  if (header.magic != ACCOUNT_MAGIC || header.masks > 1 << 16 || header.capacity == 0 ||
      header.capacity > KIND_SLOTS / 2) {
    fail(REQUEST, EINVAL);
  }
  word size = sizeof header + header.masks * sizeof(struct mask) + header.capacity * sizeof(struct entry);
  long mapped = map_file(fd, size);
  if (mapped < 0 && mapped > -4096) fail(MEMORY, -mapped);
  account = (struct account *)mapped;
  masks = (struct mask *)(account + 1);
  entries = (struct entry *)(masks + header.masks);
  reports_stops = account->flags & REPORTS_STOPS;
  reports_results = account->flags & REPORTS_RESULTS;
  only_kinds = account->flags & ONLY_KINDS;
}

// SEIZE works, and the kernel has PTRACE_GET_SYSCALL_INFO (Linux 5.3).
static long attach(void) {
  struct call_info info;
  u32 status = 0;
  long error = trace(PTRACE_SEIZE, command_id, 0, OPTIONS);
  if (error >= 0) error = trace(PTRACE_INTERRUPT, command_id, 0, 0);
  if (error >= 0) error = call(WAIT4, command_id, &status, WALL, 0);
  if (error < 0) return error;
  if (status >> 16 != EVENT_STOP) return -ENOSYS;
  error = trace(PTRACE_GET_SYSCALL_INFO, command_id, sizeof info, (word)&info);
  if (error == 0) return -ENOSYS;
  if (error > 0) resume(command_id, 0);
  return error;
}

__attribute__((used, noreturn)) void start(const word *stack) {
  static const char usage[] = "tracer: scmp of libseccomp-wasm starts this program\n";
  socket_fd = stack[0] == 2 ? parse_number((const char *)stack[2]) : -1;
  if (socket_fd < 3) {
    call(WRITE, 2, usage, sizeof usage - 1);
    leave(126);
  }
  int account_fd = socket_fd + 1;
  u64 all = ~(u64)0;
  call(RT_SIGPROCMASK, SIG_SETMASK, &all, &signal_mask, sizeof all);
  call(FCNTL, socket_fd, F_SETFD, FD_CLOEXEC);
  read_launch(socket_fd, &launch);
  map_account(account_fd);
  call(CLOSE, account_fd);
  calls = (struct call *)allocate(MAX_CALLS * sizeof(struct call));
  call_slots = (u32 *)allocate(CALL_SLOTS * sizeof(u32));
  kind_slots = (u32 *)allocate(KIND_SLOTS * sizeof(u32));
  if (only_kinds) tasks = (struct task *)allocate(MAX_TASKS * sizeof(struct task));
  own_id = call(GETPID);
  parent_id = call(GETPPID);

  command_id = new_process();
  if (command_id < 0) fail(THREAD_START, -command_id);
  if (command_id == 0) become_command();
  // What the command has, its standard streams too, ends with the command.
  if (call(CLOSE_RANGE, 0, socket_fd - 1, 0) < 0) {
    for (int fd = 0; fd < socket_fd; fd++) call(CLOSE, fd);
  }
  long error = attach();
  if (error < 0) {
    call(KILL, command_id, SIGKILL);
    call(WAIT4, command_id, 0, WALL, 0);
    fail(ATTACH, -error);
  }
  // Not for the command's eyes.
  call(PRCTL, PR_SET_DUMPABLE, 0, 0, 0, 0);
  long thread = new_thread(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
                           (word)(helper_stack + sizeof helper_stack));
  if (thread < 0) fail(THREAD_START, -thread);
  __atomic_store_n(&account->go, 1, __ATOMIC_RELEASE);
  call(FUTEX, &account->go, FUTEX_WAKE, 1);
  follow_all();
}
