import { ARCHITECTURES } from '../../../architecture.js';
import { errnoNames, errnoNumber, isErrnoName } from '../../../errno.js';
import { nearestName } from '../../../nearest-name.js';
import { syscallName, syscallNumber } from '../../../syscalls/syscall-name.js';
import { quote } from '../../../text.js';
import type { ProfileIssueCode } from '../../document/profile-error.js';
import { type Abi, FIREJAIL_VERSION, firejailGroups, groupCalls, laterLinux } from './groups.js';
import type { FirejailLine } from './lines.js';
import type { Reports } from './reports.js';
import { type Action, ALLOW, errno, type Filter, KILL, type Verdict } from './verdicts.js';

/** A word of a list: a call, or a group of them. */
interface ListWord {
  readonly calls: readonly string[];
  /** `!call` */
  readonly isException: boolean;
  /** Of `call:ERRNO` and `call:kill`. */
  readonly action: Action | undefined;
  readonly offset: number;
}

/** The calls that firejail itself makes after it has installed its filters; those denied are denied by a later filter. */
const NEEDED = 'execveat execve prctl'.split(' ');

/**
 * The words of a list (syscall_check_list in src/lib/syscall.c). What firejail silently ignores is reported.
 */
export function listWords(line: FirejailLine, abi: Abi, reports: Reports): ListWord[] {
  const { value = '', valueOffset, text } = line;
  if (/[^\w,:@$!-]/.test(value)) {
    const at = valueOffset + value.search(/[^\w,:@$!-]/);
    const hint = 'names stand with commas alone between them';
    reports.report(
      'bad-syntax',
      { text, offset: at },
      `firejail refuses ${quote(value.match(/[^\w,:@$!-]/)![0])} in a list`,
      hint,
    );
    return [];
  }
  return [...value.matchAll(/[^,]+/g)].flatMap(({ 0: word, index }): ListWord[] => {
    const offset = valueOffset + index;
    const fail = (code: ProfileIssueCode, message: string, hint?: string): [] => {
      reports.report(code, { text, offset }, message, hint);
      return [];
    };
    if (word.startsWith('@')) {
      const calls = groupCalls(word);
      if (calls) return [{ calls, isException: false, action: undefined, offset }];
      const nearest = nearestName(word, firejailGroups().keys());
      const known = `known are ${[...firejailGroups().keys()].join(', ')}`;
      return fail(
        'unknown-group',
        `firejail has no group ${quote(word)}`,
        nearest ? `did you mean ${nearest}?` : known,
      );
    }
    const [, sign, name = '', suffix] = /^(!?)([^:]*)(?::(.*))?$/.exec(word)!;
    if (name.startsWith('@')) {
      const hint = 'write "!" before each call';
      return fail('unknown-group', `firejail ignores ${quote(word)}: "!" stands before a call alone`, hint);
    }
    if (sign && suffix !== undefined) {
      return fail('bad-syntax', `${quote(word)} is an exception, so it has no error`, 'take one of the two out');
    }
    const call = name.startsWith('$') ? numbered(name, abi) : /^[A-Za-z_]\w*$/.test(name) ? name : undefined;
    if (call === undefined) {
      const message = name.startsWith('$')
        ? `${quote(name)} is the number of no call that is known here, and firejail ignores it in most lists`
        : `${quote(name)} is no name of a system call, and firejail ignores it`;
      return fail('unknown-syscall', message);
    }
    if (sign && syscallNumber(call, abi) === 0) {
      const message = `firejail takes ${quote(word)} for ${call} itself: it writes an exception as a negative number, and that of ${call} is 0`;
      return fail('bad-syntax', message, 'take it out, and name the other calls');
    }
    // Of a name without "!" an entry is made, and whoever compiles it says that no call has it.
    if (sign && !ARCHITECTURES.some((each) => syscallNumber(call, each.name) !== undefined)) {
      const message = `no system call is called ${quote(call)}: firejail ignores the exception`;
      reports.warn('unknown-syscall', { text, offset }, message);
    }
    const later = syscallNumber(call, abi) === undefined ? undefined : laterLinux(call, abi);
    if (later && (!name.startsWith('$') || line.keyword !== 'seccomp.keep')) {
      const message = `${call} came with Linux ${later}, and firejail ${FIREJAIL_VERSION} ignores calls that it does not know`;
      reports.warn('firejail-unknown-call', { text, offset }, message);
    }
    const action = suffix === undefined ? undefined : actionOf(suffix);
    if (suffix !== undefined && action === undefined) {
      const nearest = nearestName(suffix, errnoNames());
      const hint =
        suffix === 'log'
          ? 'firejail-profile(5) says so, and firejail 0.9.72 makes no rule of it'
          : nearest
            ? `did you mean ${nearest}?`
            : 'write an errno, or kill';
      return fail('unknown-errno', `firejail ignores ${quote(word)}: ${quote(suffix)} is no errno`, hint);
    }
    return [{ calls: [call], isException: sign === '!', action, offset }];
  });
}

function numbered(name: string, abi: Abi): string | undefined {
  const digits = name.slice(1);
  // strtol(3) with base 0.
  if (!/^(?:0[xX][0-9a-fA-F]{1,8}|0[0-7]{0,10}|[1-9]\d{0,9})$/.test(digits)) return undefined;
  const number = /^0[0-7]/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return syscallName(number, abi);
}

export function actionOf(text: string): Action | undefined {
  if (text === 'kill') return KILL;
  if (!isErrnoName(text)) return undefined;
  const number = errnoNumber(text, 'x86_64');
  return number === undefined ? undefined : errno(number);
}

/** What a filter of a list is made of. */
export interface ListParts {
  readonly line: FirejailLine;
  readonly words: readonly ListWord[];
  /** `seccomp-error-action`. */
  readonly refused: Action;
  /** The calls of the default list, before those of the words. */
  readonly defaults: readonly string[];
}

/** The filters of a list of what is denied (seccomp_drop, seccomp_default_drop): the newest first. */
export function dropFilters({ line, words, refused, defaults }: ListParts): Filter[] {
  const calls = new Map<string, Verdict>();
  const later = new Map<string, Verdict>();
  const add = (call: string, verdict: Verdict, to = calls) => {
    if (!to.has(call)) to.set(call, verdict);
  };
  for (const { calls: named, isException, action, offset } of words) {
    if (isException) for (const call of named) add(call, { action: ALLOW, origin: { text: line.text, offset } });
    else if (action) for (const call of named) add(call, { action, origin: { text: line.text, offset } });
  }
  for (const call of defaults)
    add(call, { action: refused, origin: { text: line.text, offset: line.offset, impliedBy: line.keyword } });
  for (const { calls: named, isException, action, offset } of words) {
    if (isException || action) continue;
    for (const call of named)
      add(call, { action: refused, origin: { text: line.text, offset } }, NEEDED.includes(call) ? later : calls);
  }
  const rest: Verdict = { action: ALLOW, origin: { text: line.text, offset: line.offset } };
  const first = { calls, rest };
  return later.size > 0 ? [{ calls: later, rest }, first] : [first];
}

/** The filter of a list of what is allowed (seccomp_keep). */
export function keepFilter({ line, words, refused }: ListParts): Filter {
  const calls = new Map<string, Verdict>();
  const add = (call: string, verdict: Verdict) => {
    if (!calls.has(call)) calls.set(call, verdict);
  };
  for (const { calls: named, isException, action, offset } of words) {
    if (isException) for (const call of named) add(call, { action: refused, origin: { text: line.text, offset } });
    else if (action) for (const call of named) add(call, { action, origin: { text: line.text, offset } });
  }
  for (const call of NEEDED)
    add(call, { action: ALLOW, origin: { text: line.text, offset: line.offset, impliedBy: line.keyword } });
  for (const { calls: named, isException, offset } of words) {
    if (!isException) for (const call of named) add(call, { action: ALLOW, origin: { text: line.text, offset } });
  }
  return { calls, rest: { action: refused, origin: { text: line.text, offset: line.offset } } };
}
