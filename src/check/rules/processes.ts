import { isDecidedElsewhere, kills, mayRun, permits } from '../../action.js';
import type { ArchitectureName } from '../../architecture.js';
import { errnoName, errnoNumber } from '../../errno.js';
import { list } from '../../phrases.js';
import { traitsOf } from '../../profile/formats/index.js';
import { FALLBACKS } from '../../syscalls/fallbacks.js';
import type { CheckRule } from '../rule.js';
import type { CheckedTarget } from '../target.js';
import { placeOfName } from '../verdict.js';

/** Calls that every process needs; of alternatives, one that exists is enough. */
export const ESSENTIAL: readonly (readonly string[])[] = [
  ['execve', 'execveat'],
  ['exit_group', 'exit'],
  ['rt_sigreturn'],
  ['mmap', 'mmap2'],
  ['munmap'],
  ['mprotect'],
  ['brk', 'mmap', 'mmap2'],
  ['close'],
  ['read', 'readv', 'pread64'],
];

/** How a C library sets up thread-local storage before main(), by its architecture. */
const THREAD_POINTER: Partial<Record<ArchitectureName, string>> = {
  x86_64: 'arch_prctl',
  x32: 'arch_prctl',
  x86: 'set_thread_area',
  arm: 'set_tls',
};

const missingEssential: CheckRule = {
  id: 'missing-essential',
  severity: 'warning',
  summary:
    'An allow-list without calls that every process makes: to start, to have memory, to return from signals, to end.',
  *checkTarget(target, { profile }) {
    const { policy, architecture, exists } = target;
    // Where nothing is allowed at all, or a tracer or supervisor answers, there is nothing to report about single
    // calls.
    if (mayRun(policy.defaultAction) || !policy.rules.some(({ action }) => permits(action))) return;
    const threadPointer = THREAD_POINTER[architecture.name];
    const missing = [...ESSENTIAL, ...(threadPointer ? [[threadPointer]] : [])]
      .map((alternatives) => alternatives.filter((name) => exists(name, architecture)))
      .filter((there) => there.length > 0 && there.every((name) => isRefused(target, name)))
      .map(([first]) => first as string);
    if (missing.length === 0) return;
    yield {
      place: profile.locate('syscalls'),
      message: `${list([...new Set(missing)], 12)} ${missing.length === 1 ? 'is' : 'are'} not allowed: a program does not start, or ends in the middle`,
      advice: 'allow them, unless the filter is loaded by a running program that makes none of them any more',
    };
  },
};

function isRefused({ verdict, policy }: CheckedTarget, name: string): boolean {
  const { permitted, rules } = verdict(name);
  if (permitted !== 'never') return false;
  return ![...rules.map(({ action }) => action), policy.defaultAction].some(isDecidedElsewhere);
}

/**
 * Calls that C libraries and language runtimes try by themselves, and replace where the answer is ENOSYS. glibc tries
 * rseq and set_robust_list at every thread's start, clone3 for threads since 2.34, and getrandom for malloc since 2.36.
 * It also tries faccessat2, fchmodat2, statx and close_range. Go tries pidfd_open; libuv tries statx and io_uring.
 */
export const PROBED: readonly string[] =
  `rseq set_robust_list clone3 getrandom statx faccessat2 close_range prlimit64 fchmodat2
  pidfd_open`
    .trim()
    .split(/\s+/);

const killProbed: CheckRule = {
  id: 'kill-probed-call',
  severity: 'warning',
  summary: 'KILL or TRAP for calls that C libraries only try, and do without where the answer is ENOSYS.',
  *checkTarget(target, { profile, terms }) {
    const { policy, verdict, exists, architecture } = target;
    if (!policy.rules.some(({ action }) => action.kind === 'ALLOW') && !target.isDenyList) return;
    const probed = PROBED.filter((name) => exists(name, architecture));
    const byDefault = kills(policy.defaultAction) ? probed.filter((name) => verdict(name).rules.length === 0) : [];
    if (byDefault.length > 0) {
      yield {
        place: profile.locate('defaultAction'),
        message: `the default, ${policy.defaultAction.kind}, ends a program for ${list(byDefault, 12)}, which C libraries try and do without`,
        advice: terms.answerEnosys(byDefault, architecture.name, 'default'),
      };
    }
    for (const rule of policy.rules.filter(({ action }) => kills(action))) {
      const killed = probed.filter((name) => {
        if (!rule.names.some((named) => named.name === name) || verdict(name).permitted !== 'never') return false;
        const actions = target.actions(name, architecture, []) ?? [rule.action];
        return actions.some(({ kind }) => kind === rule.action.kind);
      });
      const first = killed[0];
      if (first === undefined) continue;
      yield {
        place: placeOfName(rule, first),
        message: `${rule.action.kind} ends a program for ${list(killed, 12)}, which C libraries try and do without`,
        advice: terms.answerEnosys(killed, architecture.name, 'entry'),
      };
    }
  },
};

const probeNotEnosys: CheckRule = {
  id: 'probe-not-enosys',
  severity: 'warning',
  summary:
    'A call like clone3 refused, by an entry or by the default, with another errno than ENOSYS, on which alone a C library falls back.',
  *checkTarget(target, { profile, behaviour, libseccomp, terms }) {
    const { policy, verdict, exists, architecture } = target;
    const enosys = errnoNumber('ENOSYS', architecture.name);
    const newest = Math.max(
      0,
      ...policy.rules.flatMap(({ names }) =>
        names.map(({ name }) => libseccomp.resolveSyscallName(name, architecture) ?? 0),
      ),
    );
    for (const { tried, older, what } of FALLBACKS) {
      if (!exists(tried, architecture) || verdict(tried).permitted !== 'never') continue;
      if (older.every((name) => verdict(name).permitted === 'never')) continue;
      const { decisive, rules } = verdict(tried);
      const action = decisive?.action ?? policy.defaultAction;
      if (action.kind !== 'ERRNO' || action.data === enosys) continue;
      // A stub answers ENOSYS for calls newer than all that are named.
      const isStubbed = behaviour.enosysStub && (libseccomp.resolveSyscallName(tried, architecture) ?? 0) > newest;
      if (isStubbed) continue;
      const [rule] = rules;
      const place = rule ? placeOfName(rule, tried) : profile.locate('defaultAction');
      const usual = errnoNumber('ENOSYS');
      if (action.data === usual) {
        // MIPS and PA-RISC: one number in a profile cannot be right for all machines.
        yield {
          place,
          severity: 'advice',
          message: `errno ${usual} is ENOSYS on most architectures and ${errnoName(usual, architecture.name)} here: C libraries do not fall back from ${tried}`,
          advice: terms.answerOddEnosys(tried, architecture.name),
        };
        continue;
      }
      yield {
        place,
        message: `${tried} is refused with ${errnoName(action.data, architecture.name) ?? action.data}: ${what}, for they fall back on ENOSYS alone`,
        advice: terms.answerEnosys([tried], architecture.name, rule ? 'entry' : 'default'),
      };
    }
  },
};

/**
 * Calls with a timeout that the kernel goes on with as restart_syscall(2) when the process was stopped in between: those
 * that set a restart block (kernel/time/hrtimer.c, kernel/time/posix-cpu-timers.c, kernel/futex, fs/select.c).
 */
const RESTARTED: readonly string[] = `nanosleep clock_nanosleep clock_nanosleep_time64 poll futex futex_time64`.split(
  ' ',
);

const restartMissing: CheckRule = {
  id: 'restart-missing',
  severity: 'warning',
  summary:
    'An allow-list with calls that wait, and without restart_syscall, by which the kernel goes on with them after a stop.',
  *checkTarget(target) {
    const { isDenyList, architecture, exists, verdict } = target;
    if (isDenyList || !exists('restart_syscall', architecture) || !isRefused(target, 'restart_syscall')) return;
    const waiting = RESTARTED.filter((name) => exists(name, architecture) && verdict(name).permitted !== 'never');
    const [first] = waiting;
    if (first === undefined) return;
    const rule = verdict(first).rules.find(({ action }) => permits(action));
    if (rule === undefined) return;
    yield {
      place: placeOfName(rule, first),
      message: `restart_syscall is not allowed: ${list(waiting)} with a timeout ${waiting.length === 1 ? 'fails' : 'fail'} when the process was stopped meanwhile (SIGSTOP, a debugger, a paused container)`,
      advice: 'allow restart_syscall too',
    };
  },
};

/**
 * The call that a 32-bit program with 64-bit time tries first, by the older call (asm-generic/unistd.h, numbers 403 to
 * 423).
 */
const TIME64: Readonly<Record<string, string>> = {
  clock_gettime: 'clock_gettime64',
  clock_settime: 'clock_settime64',
  clock_adjtime: 'clock_adjtime64',
  clock_getres: 'clock_getres_time64',
  clock_nanosleep: 'clock_nanosleep_time64',
  timer_gettime: 'timer_gettime64',
  timer_settime: 'timer_settime64',
  timerfd_gettime: 'timerfd_gettime64',
  timerfd_settime: 'timerfd_settime64',
  utimensat: 'utimensat_time64',
  pselect6: 'pselect6_time64',
  ppoll: 'ppoll_time64',
  io_pgetevents: 'io_pgetevents_time64',
  recvmmsg: 'recvmmsg_time64',
  mq_timedsend: 'mq_timedsend_time64',
  mq_timedreceive: 'mq_timedreceive_time64',
  semtimedop: 'semtimedop_time64',
  rt_sigtimedwait: 'rt_sigtimedwait_time64',
  futex: 'futex_time64',
  sched_rr_get_interval: 'sched_rr_get_interval_time64',
};

const time64Missing: CheckRule = {
  id: 'time64-missing',
  severity: 'warning',
  summary: 'An allow-list with calls that have a form for 64-bit time on 32-bit machines, without that form.',
  *checkTarget(target) {
    const { policy, architecture, architectures, exists, isDenyList, verdict } = target;
    if (isDenyList) return;
    for (const on of architectures) {
      const lacking = Object.entries(TIME64).filter(([older, newer]) => {
        if (!exists(older, on) || !exists(newer, on) || verdict(older).permitted !== 'always') return false;
        if (!isRefused(target, newer)) return false;
        const action = verdict(newer).decisive?.action ?? policy.defaultAction;
        return !(action.kind === 'ERRNO' && action.data === errnoNumber('ENOSYS', on.name));
      });
      const [first] = lacking;
      const rule = first && verdict(first[0]).rules.find(({ action }) => permits(action));
      if (first === undefined || rule === undefined) continue;
      const names = lacking.map(([, newer]) => newer);
      yield {
        place: placeOfName(rule, first[0]),
        // Programs of other architectures that the kernel runs are rare.
        severity: on === architecture ? undefined : 'advice',
        on: [on.name],
        message: `32-bit programs with 64-bit time call ${list(names)} first, and fall back on ENOSYS alone, which this profile does not answer`,
        advice: `allow ${names.join(', ')} too`,
      };
    }
  },
};

/** The 32-bit architecture whose programs a 64-bit kernel runs as well. */
const COMPATIBLE: Partial<Record<ArchitectureName, ArchitectureName>> = { x86_64: 'x86', aarch64: 'arm' };

const missing32Bit: CheckRule = {
  id: 'missing-32-bit',
  severity: 'advice',
  summary: 'A 64-bit target without the 32-bit architecture that its kernel runs too: those programs are killed.',
  *checkTarget({ architecture, architectures }, { profile, terms }) {
    // A filter of Firecracker's is for one architecture.
    if (traitsOf(profile).isForOneArchitecture) return;
    const compatible = COMPATIBLE[architecture.name];
    if (compatible === undefined || architectures.some(({ name }) => name === compatible)) return;
    const { seccomp, locate } = profile;
    const at = seccomp.archMap?.findIndex((entry) => entry.architecture === architecture.ociName) ?? -1;
    yield {
      place: at >= 0 ? locate('archMap', at) : locate(seccomp.archMap?.length ? 'archMap' : 'architectures'),
      message: `the filter does not know ${compatible}: ${compatible} programs are killed at their first system call`,
      advice: `${terms.addArchitecture(compatible, at >= 0)} if there are such programs; if there are none it is stricter as it is`,
    };
  },
};

export const PROCESS_RULES: readonly CheckRule[] = [
  missingEssential,
  killProbed,
  probeNotEnosys,
  restartMissing,
  time64Missing,
  missing32Bit,
];
