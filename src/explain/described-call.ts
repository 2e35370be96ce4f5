import type { ArchitectureName } from '../architecture.js';
import { withAndWithout } from '../profile/resolve/assumed-capabilities.js';
import { decisionWords } from './format-decisions.js';
import {
  isSame,
  type NamedArchitecture,
  type NamedCall,
  type NamedDecision,
  type NamedPolicy,
} from './named-policy.js';
import { type Paint, PLAIN } from './paint.js';

/** A call of a policy, and what becomes of it in words: two calls of the same words are decided alike. */
export interface DescribedCall {
  name: string;
  decisions: readonly NamedDecision[];
  /** With Docker's default capabilities, where that differs. */
  usual: readonly NamedDecision[] | undefined;
  words: string;
}

/** All calls of one architecture, and the numbers that have no name. */
export interface DescribedArchitecture {
  architecture: ArchitectureName;
  calls: readonly DescribedCall[];
  /** The names of those that are listed: all, where nobody chose. */
  asked: ReadonlySet<string>;
  /** What most numbers without a name meet; undefined where they are not listed. */
  rest: readonly NamedDecision[] | undefined;
  /** Numbers without a name that meet something else. */
  gaps: NamedArchitecture['unnamed'];
}

/** One architecture of a policy, ready to be listed; `asked` is what was chosen of it. */
export function describeArchitecture(
  { architecture, calls }: NamedArchitecture,
  asked: NamedArchitecture,
  withUsual: NamedPolicy | undefined,
): DescribedArchitecture {
  const { unnamed } = asked;
  // Most numbers are unused, so their decision is the one that is not listed.
  const size = ({ from, to }: { from: number; to: number }) => to - from;
  const rest = [...unnamed].sort((a, b) => size(b) - size(a))[0]?.decisions;
  return {
    architecture,
    calls: calls.map((call) => {
      const described = {
        name: call.name,
        decisions: call.decisions,
        usual: usualDecisions(withUsual, architecture, call),
      };
      return { ...described, words: callWords(described, architecture) };
    }),
    asked: new Set(asked.calls.map(({ name }) => name)),
    rest,
    gaps: unnamed.filter(({ decisions }) => !isSame(decisions, rest ?? [])),
  };
}

/** What becomes of a call, in words. */
export function callWords(
  { decisions, usual }: Pick<DescribedCall, 'decisions' | 'usual'>,
  architecture: ArchitectureName,
  paint: Paint = PLAIN,
): string {
  const words = decisionWords(decisions, architecture, paint);
  return usual ? withAndWithout(words, decisionWords(usual, architecture, paint)) : words;
}

/** The decision for a call with the usual capabilities; undefined where that is the same. */
export function usualDecisions(
  withUsual: NamedPolicy | undefined,
  architecture: ArchitectureName,
  { number, decisions }: Pick<NamedCall, 'number' | 'decisions'>,
): readonly NamedDecision[] | undefined {
  const there = withUsual?.architectures.find((each) => each.architecture === architecture);
  const usual =
    there?.calls.find((call) => call.number === number) ??
    there?.unnamed.find(({ from, to }) => from <= number && number <= to);
  return usual && !isSame(usual.decisions, decisions) ? usual.decisions : undefined;
}

/** Whether it is decided what becomes of a call, with the usual capabilities and without. */
export const isDecided = ({ decisions, usual }: Pick<DescribedCall, 'decisions' | 'usual'>): boolean =>
  decisions.length > 0 && usual?.length !== 0;

/** The calls that are listed. */
export const askedCalls = ({ calls, asked }: DescribedArchitecture): DescribedCall[] =>
  calls.filter(({ name }) => asked.has(name));
