import { permits } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import { askedCalls, callWords, type DescribedArchitecture, type DescribedCall } from './described-call.js';
import { foldArchitecture } from './fold-architectures.js';
import { decisionWords, TOO_COMPLEX } from './format-decisions.js';
import type { NamedDecision } from './named-policy.js';
import { type Paint, PLAIN } from './paint.js';
import { wrapConditions, wrapWords } from './wrap.js';

/** Lists architectures, each in full or by an earlier one, whichever is shorter. */
export class ArchitectureLister {
  constructor(
    readonly width: number,
    readonly paint: Paint,
  ) {}

  list(architectures: readonly DescribedArchitecture[]): string[][] {
    const inFull: DescribedArchitecture[] = [];
    return architectures
      .filter(({ asked, rest }) => asked.size > 0 || rest)
      .map((each) => {
        const full = this.#inFull(each);
        const folded = inFull.map((other) => this.#folded(each, other));
        const shortest = folded.reduce((one, other) => (size(other) < size(one) ? other : one), full);
        if (shortest === full) inFull.push(each);
        return shortest;
      });
  }

  #inFull(described: DescribedArchitecture): string[] {
    const { architecture, rest, gaps } = described;
    const lines = this.#calls(askedCalls(described), rest, architecture, this.#gaps(gaps, architecture));
    return [this.paint('heading', architecture), ...lines];
  }

  /** Calls; those that are decided as numbers without a name come together, below the lines for `gaps`. */
  #calls(
    calls: readonly DescribedCall[],
    rest: readonly NamedDecision[] | undefined,
    architecture: ArchitectureName,
    gaps: readonly string[],
  ): string[] {
    const restWords = rest && decisionWords(rest, architecture, PLAIN);
    const others = calls.filter(({ words, usual }) => !usual && words === restWords);
    const listed = calls.filter((call) => !others.includes(call));
    const lines = [...this.#groups(listed, architecture), ...gaps];
    if (!rest) return lines;
    if (others.length === 0) return [...lines, this.#unnamed(rest, architecture)];
    const which = `${everyCall(others.length, lines)}: ${decisionWords(rest, architecture, this.paint)}`;
    // What is allowed is long, and known by what is not.
    const isListed = lines.length > 0 && !areAllowed(rest);
    return [...lines, ...(isListed ? this.#names(which, others) : [`  ${which}`])];
  }

  #unnamed(rest: readonly NamedDecision[], architecture: ArchitectureName): string {
    return `  numbers without a name: ${decisionWords(rest, architecture, this.paint)}`;
  }

  #folded(described: DescribedArchitecture, other: DescribedArchitecture): string[] {
    const { architecture, rest, gaps } = described;
    const { as, differing, lowHalves, own, isRestAlike } = foldArchitecture(described, other);
    const but = [
      ...this.#groups(differing, architecture),
      ...this.#names(`by the low 32 bits of the arguments alone (${lowHalves.length}):`, lowHalves),
      ...(isRestAlike ? [] : [...this.#gaps(gaps, architecture), ...(rest ? [this.#unnamed(rest, architecture)] : [])]),
    ];
    // Where numbers without a name are allowed, as most calls are then, so are the other calls: they are counted.
    const isCounted = ({ words, usual }: DescribedCall) =>
      !usual && rest && areAllowed(rest) && words === decisionWords(rest, architecture, PLAIN);
    const ownLines = this.#groups(
      own.filter((call) => !isCounted(call)),
      architecture,
    );
    const counted = own.filter(isCounted).length;
    if (rest && counted > 0)
      ownLines.push(`  ${everyCall(counted, ownLines)}: ${decisionWords(rest, architecture, this.paint)}`);
    const heading = (text: string) => this.paint('heading', text);
    return [
      heading(`${architecture}: as ${as}${but.length > 0 ? ', but for' : ''}`),
      ...but,
      ...(ownLines.length > 0 ? [heading(`${architecture}: calls that ${as} lacks`), ...ownLines] : []),
    ];
  }

  /** Calls below what becomes of them: actions first, then what arguments decide, then what capabilities do. */
  #groups(calls: readonly DescribedCall[], architecture: ArchitectureName): string[] {
    const always = new Map<string, DescribedCall[]>();
    for (const call of calls) {
      if (!isAlways(call)) continue;
      always.set(call.words, [...(always.get(call.words) ?? []), call]);
    }
    const undecided = calls.filter(({ decisions, usual }) => !usual && decisions.length === 0);
    const conditional = calls.filter(({ decisions, usual }) => !usual && decisions.length > 1);
    const dependent = calls.filter(({ usual }) => usual);
    return [
      ...[...always.values()].flatMap((group) => {
        const action = callWords(group[0] as DescribedCall, architecture, this.paint);
        return this.#names(`${action} always (${group.length}):`, group);
      }),
      ...this.#names(`${TOO_COMPLEX} (${undecided.length}):`, undecided),
      ...this.#sentences('depending on arguments', conditional, architecture),
      ...this.#sentences('depending on capabilities', dependent, architecture),
    ];
  }

  #names(heading: string, calls: readonly DescribedCall[]): string[] {
    if (calls.length === 0) return [];
    const names = calls.map(({ name }) => name).sort();
    return [`  ${heading}`, ...wrapWords(names, { width: this.width, first: '    ' })];
  }

  #sentences(heading: string, calls: readonly DescribedCall[], architecture: ArchitectureName): string[] {
    if (calls.length === 0) return [];
    const layout = { width: this.width, first: '    ', next: '        ' };
    return [
      `  ${heading} (${calls.length}):`,
      ...calls.flatMap((call) => wrapConditions(`${call.name}: ${callWords(call, architecture, this.paint)}`, layout)),
    ];
  }

  #gaps(gaps: DescribedArchitecture['gaps'], architecture: ArchitectureName): string[] {
    return gaps.map(
      ({ from, to, decisions }) =>
        `  ${formatNumbers(from, to)}, without a name: ${decisionWords(decisions, architecture, this.paint)}`,
    );
  }
}

/** Calls that are not listed by name are "other" only where some were. */
const everyCall = (count: number, listed: readonly string[]) =>
  `every ${listed.length > 0 ? 'other ' : ''}call (${count} with a name)`;

const areAllowed = (decisions: readonly NamedDecision[]) =>
  decisions.length > 0 && decisions.every(({ action }) => permits(action));

const size = (lines: readonly string[]) => lines.join('\n').length;

const isAlways = ({ decisions, usual }: DescribedCall) => !usual && decisions.length === 1;

/** Numbers of calls as a range, both ends included. */
export function formatNumbers(from: number, to: number): string {
  if (from === to) return `number ${from}`;
  return to === 2 ** 32 - 1 ? `numbers from ${from}` : `numbers ${from} to ${to}`;
}
