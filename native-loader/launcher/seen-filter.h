// A filter for a process that runs already: it stops the calls of which nothing is known yet, and lets through those that
// stopping would tell nothing new about. tracer.c includes this, and has what is declared here. x86-64 alone: elsewhere
// a filter that the command starts with stops each call.
//
// A thread can install one only by seccomp(2) itself, and a filter cannot be taken back. So the tracer lets the thread
// make three calls in place of the one that it is stopped at: mmap(2) of a page for the program, seccomp(2), munmap(2).
// Then the thread makes its own call, by the same instruction and with the registers that it had.
//
// SPDX-License-Identifier: Apache-2.0

// Both are struct sock_filter and struct seccomp_data of the kernel's headers.
struct instruction { u16 code; u8 jt, jf; u32 k; };
enum { NUMBER_OFFSET = 0, ARCH_OFFSET = 4, ARGS_OFFSET = 16 };
enum {
  LOAD = 0x20, AND = 0x54, JUMP_IF_EQUAL = 0x15, RETURN = 0x06,
  RET_ALLOW = 0x7fff0000, RET_TRACE = 0x7ff00000
};

static struct {
  struct sock_fprog header;
  struct instruction program[MAX_INSTRUCTIONS];
} seen;

static void add_instruction(u32 *length, u16 code, u8 jt, u8 jf, u32 k) {
  struct instruction *place = &seen.program[(*length)++];
  place->code = code;
  place->jt = jt;
  place->jf = jf;
  place->k = k;
}

enum { MAX_KIND_LENGTH = 6 * 2 * 3 + 1 };

// Go on if this half of the argument has these bits. Where to jump otherwise is filled in by add_kind().
static void add_half(u32 *length, u32 offset, u32 bits, u32 value) {
  if (bits == 0) return;
  add_instruction(length, LOAD, 0, 0, offset);
  add_instruction(length, AND, 0, 0, bits);
  add_instruction(length, JUMP_IF_EQUAL, 0, 0, value);
}

// Let the call through if its arguments are those of the entry.
static void add_kind(u32 *length, const struct call *call, const struct entry *entry) {
  u32 start = *length;
  for (u32 n = 0; n < 6; n++) {
    if (!(call->known >> n & 1)) continue;
    add_half(length, ARGS_OFFSET + 8 * n, (u32)call->bits[n], (u32)entry->args[n]);
    add_half(length, ARGS_OFFSET + 8 * n + 4, (u32)(call->bits[n] >> 32), (u32)(entry->args[n] >> 32));
  }
  add_instruction(length, RETURN, 0, 0, RET_ALLOW);
  for (u32 at = start; at < *length; at++) {
    if (seen.program[at].code == JUMP_IF_EQUAL) seen.program[at].jf = (u8)(*length - at - 1);
  }
}

static void add_call(u32 *length, const struct call *call) {
  u32 jump = *length;
  add_instruction(length, JUMP_IF_EQUAL, 0, 0, call->number);
  if (call->plain) {
    // What it is called with makes no difference any more.
    add_instruction(length, RETURN, 0, 0, RET_ALLOW);
  } else {
    for (u32 index = 0; index < account->used && *length - jump < 255 - MAX_KIND_LENGTH - 1; index++) {
      const struct entry *entry = &entries[index];
      if (entry->number == call->number && entry->arch == call->arch) add_kind(length, call, entry);
    }
    add_instruction(length, RETURN, 0, 0, RET_TRACE | SEEN_MARK);
  }
  seen.program[jump].jf = (u8)(*length - jump - 1);
}

// These stop always: ptrace(2) is reported, before a filter of the program's own there has to be this one, and
// at execve(2) it shows which threads have it.
static int stops_always(u32 number) {
  return number == PTRACE || number == SECCOMP || number == PRCTL || number == EXECVE;
}

static void make_seen_filter(void) {
  u32 length = 0;
  add_instruction(&length, LOAD, 0, 0, ARCH_OFFSET);
  add_instruction(&length, JUMP_IF_EQUAL, 1, 0, native_arch);
  add_instruction(&length, RETURN, 0, 0, RET_TRACE | SEEN_MARK);
  add_instruction(&length, LOAD, 0, 0, NUMBER_OFFSET);
  for (u32 n = 0; n < call_count && length < MAX_INSTRUCTIONS - 256; n++) {
    if (calls[n].arch == native_arch && !stops_always(calls[n].number)) add_call(&length, &calls[n]);
  }
  add_instruction(&length, RETURN, 0, 0, RET_TRACE | SEEN_MARK);
  seen.header.length = (u16)length;
}

// --- calls that a thread makes for the tracer ----------------------------------------------------------------------------

// struct user_regs_struct
enum { R10 = 7, R9, R8, RAX, RDX = 12, RSI, RDI, ORIG_RAX, RIP, CS, REGISTERS = 27, USER_CS = 0x33 };
enum {
  PTRACE_PEEKDATA = 2, PTRACE_GETREGS = 12, PTRACE_SETREGS = 13, PTRACE_GETSIGMASK = 0x420a, PTRACE_SETSIGMASK = 0x420b,
  MAX_ERRNO = 4095,
  SYSCALL_INSTRUCTION = 0x050f, SYSCALL_LENGTH = 2
};

static u64 thread_registers[REGISTERS];

// Until the thread stops at the beginning or the end of a call; 0 if it ended. What others do meanwhile is handled.
static int step(long thread);

// The thread can make other calls before this one.
static int can_call_later(const struct call_info *info) {
  return info->arch == native_arch && info->number != RT_SIGRETURN && info->number != RESTART_SYSCALL &&
         info->number != PTRACE;
}

static int is_error(long result) { return result < 0 && result >= -MAX_ERRNO; }

// The thread is at the beginning of its call, or at the end of one that it made for us. 0 if it ended.
static int make_call(long thread, long *result, long number, word a, word b, word c, word d, word e) {
  u64 *registers = thread_registers;
  struct call_info info;
  if (!get_call_info(thread, &info) || trace(PTRACE_GETREGS, thread, 0, (word)registers) < 0) return 0;
  int is_at_entry = info.op == AT_ENTRY;
  registers[RDI] = a;
  registers[RSI] = b;
  registers[RDX] = c;
  registers[R10] = d;
  registers[R8] = e;
  registers[R9] = 0;
  if (is_at_entry) {
    registers[ORIG_RAX] = (u64)number;
  } else {
    registers[RAX] = (u64)number;
    registers[ORIG_RAX] = ~(u64)0; // it is not a call to be restarted
    registers[RIP] -= SYSCALL_LENGTH;
  }
  if (trace(PTRACE_SETREGS, thread, 0, (word)registers) < 0) return 0;
  if (!is_at_entry && !step(thread)) return 0;
  if (!step(thread) || trace(PTRACE_GETREGS, thread, 0, (word)registers) < 0) return 0;
  *result = (long)registers[RAX];
  return 1;
}

// 1: the thread, and all others of its process, have the filter.
static int install_seen_filter(long thread) {
  static u64 own[REGISTERS];
  u64 mask = 0, all = ~(u64)0;
  word instruction = 0;
  long page = 0, installed = -1, unmapped = 0;
  enum { TSYNC = 1 << 0, SPEC_ALLOW = 1 << 2, PROT_READ_WRITE = 3, PRIVATE_ANONYMOUS = 0x22 };
  if (trace(PTRACE_GETREGS, thread, 0, (word)own) < 0 || own[CS] != USER_CS ||
      trace(PTRACE_PEEKDATA, thread, own[RIP] - SYSCALL_LENGTH, (word)&instruction) < 0 ||
      (u16)instruction != SYSCALL_INSTRUCTION ||
      // No handler shall run between the calls.
      trace(PTRACE_GETSIGMASK, thread, sizeof mask, (word)&mask) < 0 ||
      trace(PTRACE_SETSIGMASK, thread, sizeof all, (word)&all) < 0) {
    return 0;
  }
  make_seen_filter();
  word size = sizeof seen.header + seen.header.length * sizeof(struct instruction);
  if (!make_call(thread, &page, MMAP, 0, size, PROT_READ_WRITE, PRIVATE_ANONYMOUS, all)) return 0;
  if (!is_error(page)) {
    seen.header.filter = (u8 *)page + sizeof seen.header;
    struct iovec from = {&seen, size}, to = {(void *)page, size};
    if (call(PROCESS_VM_WRITEV, thread, &from, 1, &to, 1, 0) == (long)size &&
        !make_call(thread, &installed, SECCOMP, SECCOMP_SET_MODE_FILTER, TSYNC | SPEC_ALLOW, (word)page, 0, 0)) {
      return 0;
    }
    if (!make_call(thread, &unmapped, MUNMAP, (word)page, size, 0, 0, 0)) return 0;
  }
  own[RAX] = own[ORIG_RAX];
  own[ORIG_RAX] = ~(u64)0;
  own[RIP] -= SYSCALL_LENGTH;
  trace(PTRACE_SETREGS, thread, 0, (word)own);
  trace(PTRACE_SETSIGMASK, thread, sizeof mask, (word)&mask);
  return installed == 0;
}
