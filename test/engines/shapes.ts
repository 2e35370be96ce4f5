// The same profiles for every runtime and engine: each has one thing that a good guess gets wrong, or that they treat otherwise.

/** A profile and what is asked of its filter. */
export interface Shape {
  /** What is special, in words. */
  readonly what: string;
  /** JSON, as it is given: some numbers would not survive JSON.stringify. */
  readonly text: string;
  /** Calls, as `personality(8)` or `x86 lseek(0, 1)`; the others' arguments are zero. */
  readonly ask: readonly string[];
  /** Whether the flags of seccomp(2) are asked as well. */
  readonly askFlags?: true;
  /** Whether an agent listens at the path. */
  readonly withAgent?: true;
}

/** Stands for the agent's socket. */
export const SOCKET = '/run/scmp-agent.sock';

/** What a container with a static busybox, and each runtime that starts it, make. */
export const NEEDED =
  'accept accept4 access arch_prctl brk capget capset chdir clock_nanosleep clone close close_range connect dup dup2 dup3 ' +
  'epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd2 execve exit exit_group faccessat2 fchdir fcntl fstat fstatfs ' +
  'futex getcwd getdents64 getegid geteuid getgid getpid getppid getrandom gettid getuid ioctl lseek madvise mkdir mmap ' +
  'mprotect munmap nanosleep newfstatat open openat openat2 pipe2 poll ppoll prctl prlimit64 pselect6 read readlink ' +
  'readlinkat recvfrom recvmsg restart_syscall rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_yield select sendmsg ' +
  'sendto set_robust_list set_tid_address setgid setgroups sethostname setresgid setresuid setsid setuid sigaltstack ' +
  'socket stat statx tgkill umask uname vfork wait4 write';

const ALLOW = 'SCMP_ACT_ALLOW';
const ERRNO = 'SCMP_ACT_ERRNO';
const entry = (name: string, action: string, more: object = {}) => ({ names: [name], action, ...more });
const needed = { names: NEEDED.split(' '), action: ALLOW };
/** Allows all but what entries say. */
const open = (syscalls: readonly object[], more: object = {}) =>
  JSON.stringify({ defaultAction: ALLOW, architectures: ['SCMP_ARCH_X86_64'], ...more, syscalls });
/** Denies all but what a container needs, and what entries say. */
const closed = (syscalls: readonly object[], more: object = {}) =>
  JSON.stringify({
    defaultAction: ERRNO,
    architectures: ['SCMP_ARCH_X86_64'],
    ...more,
    syscalls: [needed, ...syscalls],
  });
const when = (index: number, op: string, value: unknown, more: object = {}) => ({
  index,
  op: `SCMP_CMP_${op}`,
  value,
  ...more,
});
const conditional = (...args: object[]) => open([entry('personality', ERRNO, { errnoRet: 22, args })]);
/** The same with a value that is no number of JavaScript's. */
const raw = (value: string) => conditional(when(0, 'EQ', 'VALUE')).replace('"VALUE"', value);
const flags = (list: readonly string[]) => open([entry('swapon', ERRNO)], { flags: list });

export const SHAPES: Readonly<Record<string, readonly Shape[]>> = {
  Names: [
    {
      what: 'an unknown name beside a known one',
      text: open([{ names: ['no_such_call', 'swapon'], action: ERRNO }]),
      ask: ['swapon'],
    },
    { what: 'an unknown name alone', text: open([entry('no_such_call', ERRNO)]), ask: ['swapon'] },
    { what: "another architecture's call", text: open([entry('cacheflush', ERRNO)]), ask: ['swapon'] },
    { what: 'a number for a name', text: open([entry('167', ERRNO)]), ask: ['swapon'] },
    { what: 'an empty name', text: open([{ names: ['', 'swapon'], action: ERRNO }]), ask: ['swapon'] },
    { what: 'no names', text: open([{ names: [], action: ERRNO }]), ask: ['swapon'] },
  ],
  Actions: [
    { what: 'ERRNO without `errnoRet`', text: open([entry('swapon', ERRNO)]), ask: ['swapon'] },
    { what: '`errnoRet` 0', text: open([entry('swapon', ERRNO, { errnoRet: 0 })]), ask: ['swapon'] },
    {
      what: '`errnoRet` 4096, past MAX_ERRNO',
      text: open([entry('swapon', ERRNO, { errnoRet: 4096 })]),
      ask: ['swapon'],
    },
    {
      what: '`errnoRet` 65537, past 16 bits',
      text: open([entry('swapon', ERRNO, { errnoRet: 65537 })]),
      ask: ['swapon'],
    },
    { what: '`errnoRet` with ALLOW', text: closed([entry('swapon', ALLOW, { errnoRet: 5 })]), ask: ['swapon'] },
    {
      what: '`errnoRet` with KILL_PROCESS',
      text: open([entry('swapon', 'SCMP_ACT_KILL_PROCESS', { errnoRet: 5 })]),
      ask: ['swapon'],
    },
    {
      what: 'TRACE with `errnoRet`',
      text: open([entry('swapon', 'SCMP_ACT_TRACE', { errnoRet: 7 })]),
      ask: ['swapon'],
    },
    { what: 'TRACE without `errnoRet`', text: open([entry('swapon', 'SCMP_ACT_TRACE')]), ask: ['swapon'] },
    { what: 'KILL', text: open([entry('swapon', 'SCMP_ACT_KILL')]), ask: ['swapon'] },
    { what: 'an unknown action', text: open([entry('swapon', 'SCMP_ACT_REFUSE')]), ask: ['swapon'] },
  ],
  'The default action': [
    { what: '`defaultErrnoRet`', text: closed([], { defaultErrnoRet: 38 }), ask: ['swapon'] },
    { what: '`defaultErrnoRet` with ALLOW', text: open([], { defaultErrnoRet: 38 }), ask: ['swapon'] },
    { what: "an entry with the default's action", text: open([entry('swapon', ALLOW)]), ask: ['swapon'] },
    {
      what: "an entry with the default's action and another errno",
      text: closed([entry('swapon', ERRNO, { errnoRet: 5 }), entry('swapoff', ERRNO)], { defaultErrnoRet: 38 }),
      ask: ['swapon', 'swapoff', 'acct'],
    },
    {
      what: "a narrower entry with the default's action",
      text: open([entry('personality', ERRNO), entry('personality', ALLOW, { args: [when(0, 'EQ', 8)] })]),
      ask: ['personality(8)', 'personality(9)'],
    },
    { what: 'no `defaultAction`', text: '{"syscalls": []}', ask: ['swapon'] },
  ],
  Conditions: [
    { what: 'an empty list', text: conditional(), ask: ['personality(8)'] },
    {
      what: '`args` that is null',
      text: open([entry('personality', ERRNO, { args: null })]),
      ask: ['personality(8)'],
    },
    {
      what: 'on two arguments',
      text: open([entry('kill', ERRNO, { args: [when(0, 'EQ', 1), when(1, 'EQ', 9)] })]),
      ask: ['kill(1, 9)', 'kill(1, 2)'],
    },
    {
      what: 'two on one argument',
      text: conditional(when(0, 'GE', 4), when(0, 'LE', 8)),
      ask: ['personality(2)', 'personality(6)', 'personality(9)'],
    },
    {
      what: 'two on one argument, and one on another',
      text: open([entry('kill', ERRNO, { args: [when(0, 'EQ', 1), when(0, 'EQ', 2), when(1, 'EQ', 9)] })]),
      ask: ['kill(1, 9)', 'kill(1, 2)', 'kill(3, 9)', 'kill(3, 2)'],
    },
    {
      what: 'MASKED_EQ, value 0xf0, valueTwo 0x10',
      text: conditional(when(0, 'MASKED_EQ', 0xf0, { valueTwo: 0x10 })),
      ask: ['personality(0x1f)', 'personality(0xf0)'],
    },
    {
      what: 'MASKED_EQ without `valueTwo`',
      text: conditional(when(0, 'MASKED_EQ', 0xf0)),
      ask: ['personality(0x0f)', 'personality(0xf0)'],
    },
    {
      what: 'EQ with `valueTwo`',
      text: conditional(when(0, 'EQ', 8, { valueTwo: 9 })),
      ask: ['personality(8)', 'personality(9)'],
    },
    { what: 'index 6', text: conditional(when(6, 'EQ', 8)), ask: ['personality(8)'] },
    { what: 'no index', text: conditional({ op: 'SCMP_CMP_EQ', value: 8 }), ask: ['personality(8)'] },
    { what: 'no value', text: conditional({ index: 0, op: 'SCMP_CMP_EQ' }), ask: ['personality(0)'] },
    { what: 'an unknown op', text: conditional(when(0, 'IS', 8)), ask: ['personality(8)'] },
    { what: 'value "8", a text', text: raw('"8"'), ask: ['personality(8)', 'personality(0)'] },
    { what: 'value "0", a text', text: raw('"0"'), ask: ['personality(0)'] },
    { what: 'value -1', text: raw('-1'), ask: ['personality(0xffffffff)', 'personality(0xffffffffffffffff)'] },
    { what: 'value 1e3', text: raw('1e3'), ask: ['personality(1000)'] },
    {
      what: 'value 2^63 + 1',
      text: raw('9223372036854775809'),
      ask: ['personality(0x8000000000000001)', 'personality(0x8000000000000000)'],
    },
    { what: 'value 2^64', text: raw('18446744073709551616'), ask: ['personality(0)'] },
    {
      what: 'a value past 32 bits on x86',
      text: open([entry('personality', ERRNO, { args: [when(0, 'EQ', 0x1_0000_0008)] })], {
        architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
      }),
      ask: ['personality(0x100000008)', 'x86 personality(8)'],
    },
  ],
  Overlaps: [
    {
      what: 'two errnos for one call',
      text: open([entry('swapon', ERRNO, { errnoRet: 5 }), entry('swapon', ERRNO, { errnoRet: 22 })]),
      ask: ['swapon'],
    },
    {
      what: 'always, then with a condition',
      text: closed([
        entry('personality', ALLOW),
        entry('personality', ERRNO, { errnoRet: 22, args: [when(0, 'EQ', 8)] }),
      ]),
      ask: ['personality(8)', 'personality(9)'],
    },
    {
      what: 'with a condition, then always',
      text: closed([
        entry('personality', ERRNO, { errnoRet: 22, args: [when(0, 'EQ', 8)] }),
        entry('personality', ALLOW),
      ]),
      ask: ['personality(8)', 'personality(9)'],
    },
    {
      what: 'two actions for one condition',
      text: open([
        entry('personality', ERRNO, { errnoRet: 5, args: [when(0, 'EQ', 8)] }),
        entry('personality', ERRNO, { errnoRet: 22, args: [when(0, 'EQ', 8)] }),
      ]),
      ask: ['personality(8)'],
    },
    {
      what: 'conditions that overlap',
      text: open([
        entry('personality', ERRNO, { errnoRet: 5, args: [when(0, 'GE', 4)] }),
        entry('personality', ERRNO, { errnoRet: 22, args: [when(0, 'GE', 8)] }),
      ]),
      ask: ['personality(4)', 'personality(8)'],
    },
  ],
  Flags: [
    { what: 'absent', text: open([entry('swapon', ERRNO)]), ask: ['swapon'], askFlags: true },
    { what: 'an empty list', text: flags([]), ask: ['swapon'], askFlags: true },
    { what: 'LOG', text: flags(['SECCOMP_FILTER_FLAG_LOG']), ask: ['swapon'], askFlags: true },
    { what: 'TSYNC', text: flags(['SECCOMP_FILTER_FLAG_TSYNC']), ask: ['swapon'], askFlags: true },
    {
      what: 'WAIT_KILLABLE_RECV without NOTIFY',
      text: flags(['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV']),
      ask: ['swapon'],
      askFlags: true,
    },
    { what: 'an unknown flag', text: flags(['SECCOMP_FILTER_FLAG_QUIET']), ask: ['swapon'], askFlags: true },
  ],
  NOTIFY: [
    {
      what: 'with `listenerPath`',
      text: open([entry('swapon', 'SCMP_ACT_NOTIFY')], { listenerPath: SOCKET }),
      ask: ['swapon'],
      withAgent: true,
    },
    { what: 'without `listenerPath`', text: open([entry('swapon', 'SCMP_ACT_NOTIFY')]), ask: ['swapon'] },
    {
      what: 'with a `listenerPath` where nothing listens',
      text: open([entry('swapon', 'SCMP_ACT_NOTIFY')], { listenerPath: '/run/none.sock' }),
      ask: ['swapon'],
    },
    {
      what: '`listenerPath` without NOTIFY',
      text: open([entry('swapon', ERRNO)], { listenerPath: '/run/none.sock' }),
      ask: ['swapon'],
    },
    {
      what: 'as the default action',
      text: JSON.stringify({ defaultAction: 'SCMP_ACT_NOTIFY', listenerPath: SOCKET, syscalls: [needed] }),
      ask: ['swapon'],
      withAgent: true,
    },
    {
      what: 'on write',
      text: open([entry('write', 'SCMP_ACT_NOTIFY')], { listenerPath: SOCKET }),
      ask: ['write'],
      withAgent: true,
    },
  ],
  Architectures: [
    {
      what: 'absent',
      text: open([entry('swapon', ERRNO)], { architectures: undefined }),
      ask: ['swapon', 'x86 swapon', 'x32 swapon'],
    },
    {
      what: 'an empty list',
      text: open([entry('swapon', ERRNO)], { architectures: [] }),
      ask: ['swapon', 'x86 swapon', 'x32 swapon'],
    },
    {
      what: 'x86 and x32, without x86_64',
      text: open([entry('swapon', ERRNO)], { architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] }),
      ask: ['swapon', 'x86 swapon', 'x32 swapon'],
    },
    {
      what: 'one twice',
      text: open([entry('swapon', ERRNO)], { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86_64'] }),
      ask: ['swapon'],
    },
    {
      what: 'of another machine',
      text: open([entry('swapon', ERRNO)], { architectures: ['SCMP_ARCH_AARCH64'] }),
      ask: ['swapon', 'aarch64 swapon'],
    },
    {
      what: 'SCMP_ARCH_NATIVE',
      text: open([entry('swapon', ERRNO)], { architectures: ['SCMP_ARCH_NATIVE'] }),
      ask: ['swapon'],
    },
    {
      what: 'an unknown one',
      text: open([entry('swapon', ERRNO)], { architectures: ['SCMP_ARCH_Z80'] }),
      ask: ['swapon'],
    },
  ],
  'The whole': [
    { what: 'an unknown key', text: open([entry('swapon', ERRNO)], { comment: 'what it is for' }), ask: ['swapon'] },
    {
      what: 'a key in another case',
      text: open([entry('swapon', ERRNO)]).replace('"syscalls"', '"Syscalls"'),
      ask: ['swapon'],
    },
    { what: '`syscalls` that is null', text: '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": null}', ask: ['swapon'] },
    {
      what: 'too large for the kernel',
      text: open(
        Array.from({ length: 1100 }, (_, index) =>
          entry('personality', ERRNO, { args: [when(0, 'EQ', 2 * index), when(1, 'EQ', 3 * index)] }),
        ),
      ),
      ask: ['personality(2, 3)'],
    },
  ],
};
