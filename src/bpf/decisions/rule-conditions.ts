import { ALL_64_BITS, type Condition, type DnfTerms, dnfDiagram } from './condition.js';
import { coverTerms, type DescribedValues, type DescribeValues, MAX_TERMS } from './cover.js';
import { commonBits, cubeCover } from './cubes.js';
import type { DiagramStore, Node } from './diagram-store.js';
import type { Field } from './input-variables.js';
import { type Interval, inInterval, intervals } from './intervals.js';

/**
 * A boolean function of the arguments as terms that rules of a profile can hold, few of them. Each term is one entry.
 * At least one holds where the function does, and none elsewhere, which is proven. In a term no argument is compared
 * twice, since OCI runtimes make two entries of that. Each condition is one comparison of libseccomp:
 *
 * - `equal` with any mask: `SCMP_CMP_EQ` where the mask is {@link ALL_64_BITS}, else `SCMP_CMP_MASKED_EQ`
 * - `notEqual` of all 64 bits: `SCMP_CMP_NE`
 * - `between` of all 64 bits, from 0 (`SCMP_CMP_LE`) or to 2^64 - 1 (`SCMP_CMP_GE`)
 *
 * How to use it: take an action that is not the default, and the function that is TRUE where the call gets it, made by
 * `store.map` of the call's diagram. Make one entry of each term. An instruction pointer in a term (field 6) is no
 * argument: no profile can say it. Undefined where that takes more than 128 terms, or too much work.
 *
 * `comparisons`: with `masks` there are conditions of the kind `equal` alone. They can be more, and libseccomp compiles any
 * number of them rightly, which it does not for some others on one call.
 *
 * @throws nothing: what is too complex is undefined
 *
 * @example
 * ```js
 * import { ALL_64_BITS, DiagramStore, dnfDiagram, formatConditions, ruleConditions } from 'libseccomp-wasm/bpf';
 *
 * const store = new DiagramStore();
 * const node = dnfDiagram(store, [[{ kind: 'between', field: 0, mask: ALL_64_BITS, from: 4n, to: 8n }]]);
 * const terms = ruleConditions(store, node);
 * console.log(terms.map((term) => formatConditions([term]))); // [ '(arg0 & 0xfffffffffffffffc) == 0x4', 'arg0 == 8' ]
 * ```
 */
export function ruleConditions(
  store: DiagramStore,
  node: Node,
  comparisons: 'all' | 'masks' = 'all',
): DnfTerms | undefined {
  const describe: DescribeValues = (least, most, field) => {
    const candidates =
      comparisons === 'masks' ? [masks(store, least, most, field)] : allCandidates(store, least, most, field);
    return shortestOf(store, candidates);
  };
  return store.attempt(MAX_STEPS, () => coverTerms(store, node, describe)).result;
}

/** A hundred times what the conditions of any real filter take. */
const MAX_STEPS = 2 ** 18;
/** Past these, masks are shorter. */
const MAX_INTERVALS = 32;

type Candidate = Condition[] | undefined;

/** Conditions of which one holds: masks throughout, or comparisons for the ends and single values. */
function allCandidates(store: DiagramStore, least: Node, most: Node, field: Field): Candidate[] {
  return [
    allButOne(store, most, field),
    ...[...new Set([least, most])].map((set) => byIntervals(store, set, field)),
    masks(store, least, most, field),
  ];
}

function shortestOf(store: DiagramStore, candidates: readonly Candidate[]): DescribedValues | undefined {
  const [shortest] = candidates
    .filter((conditions) => conditions !== undefined)
    .sort((one, other) => one.length - other.length);
  if (shortest === undefined) return undefined;
  const terms = shortest.map((condition) => [condition]);
  return { terms, set: dnfDiagram(store, terms) };
}

function masks(store: DiagramStore, least: Node, most: Node, field: Field): Condition[] | undefined {
  return cubeCover(store, least, most, field, MAX_TERMS)?.map((cube) => ({ kind: 'equal', field, ...cube }));
}

function allButOne(store: DiagramStore, set: Node, field: Field): Condition[] | undefined {
  const { mask, value } = commonBits(store, store.not(set), field);
  return mask === ALL_64_BITS ? [{ kind: 'notEqual', field, mask, value }] : undefined;
}

function byIntervals(store: DiagramStore, set: Node, field: Field): Condition[] | undefined {
  const found = intervals(store, set, field, ALL_64_BITS, MAX_INTERVALS);
  const conditions: Condition[] = [];
  for (const interval of found ?? []) {
    const own = isOneComparison(interval)
      ? [inInterval(field, ALL_64_BITS, interval)]
      : maskedInterval(store, field, interval);
    if (!own) return undefined;
    conditions.push(...own);
  }
  return found && conditions;
}

const isOneComparison = ({ from, to }: Interval) => from === to || from === 0n || to === ALL_64_BITS;

function maskedInterval(store: DiagramStore, field: Field, interval: Interval): Condition[] | undefined {
  const node = dnfDiagram(store, [[inInterval(field, ALL_64_BITS, interval)]]);
  return masks(store, node, node, field);
}
