import type { SourceText } from '../../document/source-text.js';
import type { DockerSyscall } from '../../model/schema.js';
import { type Case, type Condition, type DecidedCase, firstMatch } from '../first-match.js';

/** What a filter of firejail does with a call. */
export type Action = Pick<DockerSyscall, 'errnoRet'> & {
  action: 'SCMP_ACT_KILL' | 'SCMP_ACT_ERRNO' | 'SCMP_ACT_LOG' | 'SCMP_ACT_ALLOW';
};

export const ALLOW: Action = { action: 'SCMP_ACT_ALLOW' };
export const KILL: Action = { action: 'SCMP_ACT_KILL' };
export const LOG: Action = { action: 'SCMP_ACT_LOG' };
export const errno = (number: number): Action => ({ action: 'SCMP_ACT_ERRNO', errnoRet: BigInt(number) });

export const isSame = (a: Action, b: Action) => a.action === b.action && a.errnoRet === b.errnoRet;

/** What a filter says of a call: the action, or that under a condition and ALLOW otherwise. */
export interface Verdict {
  readonly action: Action;
  readonly when?: Condition | undefined;
  /** The line that says so. */
  readonly origin: Origin;
}

/** Where something is written, and whether by a line that names no calls. */
export interface Origin {
  /** The profile, or a text that it includes. */
  readonly text: SourceText;
  readonly offset: number;
  /** The line's keyword, where it stands for calls that it does not name. */
  readonly impliedBy?: string | undefined;
}

/** One of the filters that firejail stacks, for one ABI. */
export interface Filter {
  /** What it says of calls. */
  readonly calls: ReadonlyMap<string, Verdict>;
  /** What it says of all others. */
  readonly rest: Verdict;
}

const STRICTNESS = ['SCMP_ACT_KILL', 'SCMP_ACT_ERRNO', 'SCMP_ACT_LOG', 'SCMP_ACT_ALLOW'] as const;
const strictness = ({ action }: Action) => STRICTNESS.indexOf(action);

/** The strictest of several, the first among equals: seccomp(2) takes the newest filter's answer then. */
export function strictest(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((best, each) => (strictness(each.action) < strictness(best.action) ? each : best));
}

export interface Decision extends DecidedCase<Action> {
  readonly origin: Origin;
}

/**
 * What a stack of filters does with a call, as rules that do not overlap; what has the action `usual` gets none.
 *
 * @param filters the newest first
 * @param origin of what none of them says anything of
 * @throws {TooManyRules}
 */
export function decide(
  filters: readonly Filter[],
  { call, usual, origin }: { call: string; usual: Action; origin: Origin },
): Decision[] {
  const verdicts: Verdict[] = [...filters.map(({ calls, rest }) => calls.get(call) ?? rest), { action: ALLOW, origin }];
  const base = strictest(verdicts.filter(({ when }) => when === undefined));
  const newer = verdicts.indexOf(base);
  const conditional = verdicts
    .filter(({ when, action }, index) => {
      const difference = strictness(action) - strictness(base.action);
      return when !== undefined && (difference < 0 || (difference === 0 && index < newer));
    })
    .sort((a, b) => strictness(a.action) - strictness(b.action));
  const all = [...conditional, base];
  const cases = all.map(({ when, action }): Case<Action> => ({ condition: when, action }));
  // Of several lines that let a call through, the one that names it says why.
  const named = filters
    .map(({ calls }) => calls.get(call))
    .find((each) => each && each.when === undefined && isSame(each.action, base.action));
  const origins = [...conditional, named ?? base].map((each) => each.origin);
  return firstMatch(cases, usual, isSame)
    .filter(({ action }) => !isSame(action, usual))
    .map((each) => ({ ...each, origin: origins[each.index]! }));
}
