import { actionData, encodeAction, formatAction, hasData, mayRun, permits } from '../action.js';
import { InvalidArgumentError } from '../errors.js';
import type { CallArguments } from '../explain/call-arguments.js';
import { DECIDE_OPTIONS } from '../explain/decide-call.js';
import { checkOptions } from '../options.js';
import type { Action } from '../policy.js';
import { unfilteredNotes } from '../syscalls/unfiltered-calls.js';
import { quote } from '../text.js';
import { askSubject, type QuestionOptions, type Subject } from './asked-subject.js';
import { formatExample, reasonsOf } from './failure.js';

/** The result of a matcher for vitest's and jest's `expect.extend`. */
export interface MatcherResult {
  pass: boolean;
  message: () => string;
}

// A type, not an interface: `expect.extend` takes records.
export type SeccompMatchers = {
  toAllow(subject: Subject, syscall: string, args?: CallArguments): MatcherResult;
  toDeny(subject: Subject, syscall: string, args?: CallArguments): MatcherResult;
  toAnswer(subject: Subject, action: string | Action, syscall: string, args?: CallArguments): MatcherResult;
};

/**
 * The same as methods of `expect(profile)`. Importing this entry adds them to the types of vitest's and jest's `expect`;
 * `declare module` adds them to another runner's.
 */
export interface SeccompAssertions<R = void> {
  /** Every such call is executed (ALLOW, LOG). */
  toAllow(syscall: string, args?: CallArguments): R;
  /** No such call is executed, and no other process decides it. */
  toDeny(syscall: string, args?: CallArguments): R;
  /** Every such call is answered so: `ERRNO(EPERM)`, `KILL_PROCESS`. */
  toAnswer(action: string | Action, syscall: string, args?: CallArguments): R;
}

// A runner that is not installed has no module to add to, which is no error of its user's: here it may be an error or not.

// biome-ignore lint/suspicious/noTsIgnore: an error that is expected would be one where the runner is installed
/** @ts-ignore */
declare module 'vitest' {
  interface Assertion<T> extends SeccompAssertions {}
}

// biome-ignore lint/suspicious/noTsIgnore: as above
/** @ts-ignore */
declare module 'expect' {
  interface Matchers<R> extends SeccompAssertions<R> {}
}

// `expect` of @types/jest, which is global.
declare global {
  namespace jest {
    interface Matchers<R> extends SeccompAssertions<R> {}
  }
}

/**
 * Matchers for `expect.extend`: they decide exactly what a profile does with a system call, without a container.
 *
 * expect.extend(seccompMatchers({ arch: 'x86_64' })); expect(profile).toAllow('socket', { domain: 'AF_UNIX' });
 * expect(profile).toDeny('ptrace'); expect(profile).toAnswer('ERRNO(ENOSYS)', 'clone3');
 *
 * The profile is text, bytes or an object of any format `readProfile` takes, or a filter from `compileProfile`. What it
 * extends is a built-in profile, unless the option `loadBase` finds another. A claim holds for every value of the
 * arguments that are not given, by every number that the call is made by. Denying includes every upper half of a 32-bit
 * argument, since the kernel does not read it. Allowing means as the C library passes it. The failure shows a call for
 * which the claim is wrong, and says why.
 *
 * @throws {InvalidArgumentError} when an option is unknown; the matchers throw it for an unknown call, argument,
 * constant or action too
 * @throws {ProfileError} when a matcher is asked about a profile that cannot be read
 * @throws {CompileError} when a matcher is asked about a profile that has no filter
 *
 * @example
 * ```js
 * import { seccompMatchers } from 'libseccomp-wasm/testing';
 *
 * // In a test: expect.extend(seccompMatchers({ arch: 'x86_64' })), then expect(profile).toDeny('ptrace').
 * const { toAllow, toDeny } = seccompMatchers({ arch: 'x86_64' });
 * const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['ptrace'], action: 'SCMP_ACT_ERRNO' }] };
 * console.log(toDeny(profile, 'ptrace').pass, toAllow(profile, 'read').pass); // true true
 * console.log(toAllow(profile, 'ptrace').message().split('\n')[1]); //   syscalls[0].names[0] has this action
 * ```
 */
export function seccompMatchers(options: QuestionOptions = {}): SeccompMatchers {
  checkOptions('seccompMatchers', options, DECIDE_OPTIONS);
  return {
    toAllow: (subject, syscall, args = {}) =>
      judge({ subject, syscall, args, options, claim: 'allowed', includesUnread: false, holds: permits }),
    toDeny: (subject, syscall, args = {}) =>
      judge({ subject, syscall, args, options, claim: 'denied', includesUnread: true, holds: (each) => !mayRun(each) }),
    toAnswer(subject, action, syscall, args = {}) {
      checkAction(action);
      const wanted = typeof action === 'string' ? action : spellData(action);
      const includesUnread = !/^(ALLOW|LOG|TRACE|NOTIFY)/.test(wanted);
      const holds = (each: Action, architecture: Parameters<typeof formatAction>[1]) =>
        [formatAction(each, architecture), spellData(each)].includes(wanted);
      return judge({ subject, syscall, args, options, claim: `answered with ${wanted}`, includesUnread, holds });
    },
  };
}

/** With the errno by number: names are an architecture's. */
const spellData = (action: Action) => (hasData(action.kind) ? `${action.kind}(${actionData(action)})` : action.kind);

const ACTION_TEXT =
  /^(ALLOW|LOG|TRAP|NOTIFY|KILL_THREAD|KILL_PROCESS|ERRNO\((E[A-Z\d]+|\d{1,4})\)|TRACE\(\d{1,5}\)|TRAP\(\d{1,5}\))$/;

function checkAction(action: string | Action): void {
  if (typeof action !== 'string') encodeAction(action);
  else if (!ACTION_TEXT.test(action)) {
    throw new InvalidArgumentError(
      `${quote(String(action))} is no action; write ALLOW, LOG, TRAP, NOTIFY, KILL_THREAD, KILL_PROCESS, ERRNO(EPERM), TRACE(7) or TRAP(7)`,
    );
  }
}

interface Claim {
  subject: Subject;
  syscall: string;
  args: CallArguments;
  options: QuestionOptions;
  /** As in "is not …". */
  claim: string;
  /** Whether calls count that have something in bits which the kernel does not read: where the claim is that it is not executed. */
  includesUnread: boolean;
  holds: (action: Action, architecture: Parameters<typeof formatAction>[1]) => boolean;
}

function judge({ subject, syscall, args, options, claim, includesUnread, holds }: Claim): MatcherResult {
  const { decide, entries } = askSubject(subject, options);
  const found = decide({ syscall, args, callArch: options.callArch });
  const { name } = found.architecture;
  const answers = found.answers.filter(({ unreadBits }) => includesUnread || unreadBits === undefined);
  const against = answers.find(({ action }) => !holds(action, name));
  // The kernel executes some calls whatever the filter says.
  const numbers = answers.filter(({ through }) => through === undefined).map(({ way }) => way.number);
  const unfiltered = includesUnread ? unfilteredNotes(name, ({ number }) => numbers.includes(number)) : [];
  return {
    pass: against === undefined && unfiltered.length === 0,
    message: () => {
      if (against === undefined && unfiltered.length > 0)
        return `on ${name}, ${syscall} is not ${claim}: ${unfiltered.join('; ')}`;
      const shown = against ?? answers[0]!;
      const call = formatExample(syscall, shown, found);
      const got = formatAction(shown.action, name);
      const headline = against
        ? `on ${name}, ${call} is not ${claim}: the filter's answer is ${got}`
        : `on ${name}, ${syscall} was not to be ${claim}, and is for all such calls, as ${call}: ${got}`;
      return [headline, ...reasonsOf(syscall, shown, found, entries)].join('\n  ');
    },
  };
}
