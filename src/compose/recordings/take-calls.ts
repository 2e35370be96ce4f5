import { count, list } from '../../phrases.js';
import type { Warning } from '../../policy.js';
import { covers, joinedConditions, widestConditions } from './conditions.js';
import { type Facts, MAX_SHOWN, type MergedCall, type Rule } from './facts.js';
import type { SeenCalls, SeenKind } from './recordings.js';

export interface TakeOptions {
  /** Calls on fewer nodes are not taken. */
  readonly minNodes: number;
  /** Nor are those that were not seen since, in milliseconds since 1970; undefined: all count as seen. */
  readonly staleBefore: number | undefined;
  /** How many kinds of arguments of one call are listed. */
  readonly maxKinds: number;
  /** Whether the profile that is added to allows a kind already: then it is neither rare nor stale. */
  readonly isAllowed?: ((name: string, kind: SeenKind) => boolean) | undefined;
}

/** What is taken of recorded calls, and what is not. */
export interface TakenCalls {
  readonly rules: readonly Rule[];
  readonly rare: readonly MergedCall[];
  readonly stale: readonly MergedCall[];
  readonly warnings: readonly Warning[];
}

/** Choose among what was seen, and put the kinds of each call into as few rules as allow no more. */
export function takeCalls(calls: readonly SeenCalls[], facts: Facts, options: TakeOptions): TakenCalls {
  const { minNodes, staleBefore: limit, maxKinds, isAllowed } = options;
  const isRare = (kind: SeenKind) => minNodes > 1 && facts.nodes(kind.seen) < minNodes;
  const isStale = (kind: SeenKind) => limit !== undefined && (facts.last([kind]) ?? limit) < limit;
  const rules: Rule[] = [];
  const rare: MergedCall[] = [];
  const stale: MergedCall[] = [];
  const warnings: Warning[] = [];
  for (const call of calls) {
    const { name, kinds } = call;
    const taken = kinds.filter((kind) => !isRare(kind) && !isStale(kind));
    for (const kind of kinds) {
      if (taken.some(({ conditions }) => covers(conditions, kind.conditions))) continue;
      if (isAllowed?.(name, kind)) continue;
      (isRare(kind) ? rare : stale).push(facts.of([kind], name, kind.conditions));
    }
    if (taken.length === 0) continue;
    const widened = widen(taken, maxKinds);
    const seen = { ...call, kinds: taken };
    warnings.push(...widenedWarning(seen, widened, maxKinds, facts), ...unconditionalWarning(seen, facts));
    for (const conditions of widened.conditions) {
      rules.push({ name, conditions, kinds: taken.filter((kind) => covers(conditions, kind.conditions)) });
    }
  }
  return { rules, rare, stale, warnings };
}

function widen(kinds: readonly SeenKind[], most: number) {
  const widest = widestConditions(kinds.map(({ conditions }) => conditions));
  const before = widest.length;
  if (before <= most) return { conditions: widest, before, isOpened: false };
  const joined = widestConditions(joinedConditions(widest));
  if (joined.length <= most) return { conditions: joined, before, isOpened: false };
  return { conditions: [[]], before, isOpened: true };
}

function widenedWarning(
  { name, kinds, isOneKind }: SeenCalls,
  { before, isOpened }: ReturnType<typeof widen>,
  maxKinds: number,
  facts: Facts,
): Warning[] {
  if (!isOneKind && !isOpened) return [];
  const seen = isOneKind
    ? 'too many kinds of arguments to keep'
    : `${count(before, 'kind')} of arguments, more than ${maxKinds}, as ${shown(name, kinds.slice(0, MAX_SHOWN), facts).join(', ')}`;
  const message = `${name} was seen with ${seen}: it is allowed whatever its arguments`;
  return [{ code: 'merge-widened', message }];
}

/** Some recordings have the call with any arguments, and decide for those that have it with some. */
function unconditionalWarning({ name, kinds, isOneKind }: SeenCalls, facts: Facts): Warning[] {
  const whole = kinds.find(({ conditions }) => conditions.length === 0);
  if (!whole || isOneKind || kinds.length === 1) return [];
  const others = kinds.filter((kind) => kind !== whole);
  const has = whole.seen.size === 1 ? 'has' : 'have';
  const message = `${name} is allowed whatever its arguments, since ${count(whole.seen.size, 'recording')} ${has} it so; others have ${list(shown(name, others, facts), MAX_SHOWN)}`;
  return [{ code: 'merge-unconditional', message }];
}

const shown = (name: string, kinds: readonly SeenKind[], facts: Facts): string[] =>
  kinds.map((kind) => facts.of([kind], name, kind.conditions).call);
