import { actionData, encodeAction, formatAction, hasData, mayRun, permits } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import type { PossibleDecision } from '../bpf/index.js';
import { COMPILE_OPTIONS } from '../compiler/compile-policy.js';
import { InvalidArgumentError } from '../errors.js';
import { checkOptions, TEXT } from '../options.js';
import type { Action } from '../policy.js';
import { describeValue } from '../syscalls/constants.js';
import { quote } from '../text.js';
import { ask, type CallArguments, type PolicyAnswer, type QuestionOptions, type Subject } from './policy-question.js';

/** The result of a matcher for vitest's and jest's `expect.extend`. */
export interface MatcherResult {
  pass: boolean;
  message: () => string;
}

// A type, not an interface: `expect.extend` takes records.
export type SeccompMatchers = {
  toAllow(subject: Subject, syscall: string, args?: CallArguments): MatcherResult;
  toDeny(subject: Subject, syscall: string, args?: CallArguments): MatcherResult;
  toReturn(subject: Subject, action: string | Action, syscall: string, args?: CallArguments): MatcherResult;
};

/** The same as methods of `expect(profile)`: `declare module` adds them to a test runner's types. */
export interface SeccompAssertions<R = void> {
  /** Every such call is executed (ALLOW, LOG). */
  toAllow(syscall: string, args?: CallArguments): R;
  /** No such call is executed, and no other process decides it. */
  toDeny(syscall: string, args?: CallArguments): R;
  /** Every such call is answered so: `ERRNO(EPERM)`, `KILL_PROCESS`. */
  toReturn(action: string | Action, syscall: string, args?: CallArguments): R;
}

/**
 * Matchers for `expect.extend`: they decide exactly what a profile does with a system call, without a container.
 *
 * expect.extend(seccompMatchers({ arch: 'x86_64' })); expect(profile).toAllow('socket', { domain: 'AF_UNIX' });
 * expect(profile).toDeny('ptrace'); expect(profile).toReturn('ERRNO(ENOSYS)', 'clone3');
 *
 * The profile is text, bytes or an object of any format `readProfile` takes, or a filter from `compileProfile`. A claim
 * holds for every value of the arguments that are not given. Denying includes every upper half of a 32-bit argument,
 * since the kernel does not read it. Allowing means as the C library passes it. The failure shows a call for which the
 * claim is wrong.
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
 * console.log(toAllow(profile, 'ptrace').message().split(': ')[1]); // the filter's answer is ERRNO(EPERM)
 * ```
 */
export function seccompMatchers(options: QuestionOptions = {}): SeccompMatchers {
  checkOptions('seccompMatchers', options, { ...COMPILE_OPTIONS, callArch: [TEXT] });
  return {
    toAllow: (subject, syscall, args = {}) =>
      judge('allowed', ask(subject, syscall, args, 'extended', options), syscall, permits),
    toDeny: (subject, syscall, args = {}) =>
      judge('denied', ask(subject, syscall, args, 'any', options), syscall, (action) => !mayRun(action)),
    toReturn(subject, action, syscall, args = {}) {
      checkAction(action);
      const wanted = typeof action === 'string' ? action : spellData(action);
      const isDenial = !/^(ALLOW|LOG|TRACE|NOTIFY)/.test(wanted);
      const answer = ask(subject, syscall, args, isDenial ? 'any' : 'extended', options);
      const spellings = (each: Action) => [formatAction(each, answer.architecture.name), spellData(each)];
      return judge(`answered with ${wanted}`, answer, syscall, (each) => spellings(each).includes(wanted));
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

function judge(
  claim: string,
  answer: PolicyAnswer,
  syscall: string,
  holds: (action: Action) => boolean,
): MatcherResult {
  const against = answer.decisions.find(({ action }) => !holds(action));
  const inFavour = answer.decisions.find(({ action }) => holds(action));
  const { name } = answer.architecture;
  return {
    pass: against === undefined,
    message: () => {
      const shown = against ?? inFavour;
      const call = shown ? describeCall(shown, answer, syscall) : syscall;
      const got = shown ? formatAction(shown.action, name) : 'nothing';
      return against
        ? `on ${name}, ${call} is not ${claim}: the filter's answer is ${got}`
        : `on ${name}, ${syscall} was not to be ${claim}, and is for all such calls, as ${call}: ${got}`;
    },
  };
}

/** `socket(domain=AF_INET, type=0, protocol=0)` */
function describeCall(
  { example }: PossibleDecision,
  { parameters, architecture }: PolicyAnswer,
  syscall: string,
): string {
  const last = example.args.reduce((found, value, index) => (value === 0n ? found : index + 1), 0);
  const count = Math.max(parameters.length, last);
  const shown = example.args.slice(0, count).map((value, index) => {
    const parameter = parameters[index];
    const text = describeArgument(value, architecture.name, parameter?.constants);
    return parameter ? `${parameter.name}=${text}` : text;
  });
  return `${syscall}(${shown.join(', ')})`;
}

type Family = Parameters<typeof describeValue>[0];

function describeArgument(value: bigint, architecture: ArchitectureName, family: Family | undefined): string {
  if (family !== undefined && value <= 0xffff_ffffn) return describeValue(family, value, architecture);
  return value > 9n ? `0x${value.toString(16)}` : `${value}`;
}
