import { actionTerminal } from '../bpf/decision-diagram.js';
import type { DiagramStore, Node } from '../bpf/diagram-store.js';
import { Level, WORD_BITS } from '../bpf/input-variables.js';
import type { NumberRange } from '../bpf/partition.js';
import { ConditionNodes } from './condition-nodes.js';
import { BAD_ARCHITECTURE, type Expectation, expectedDecisions, type Rules } from './expected-decisions.js';
import { firstMatchOrder } from './rule-priority.js';

/**
 * What the rules decide, as a function of the whole input: all architectures, numbers and arguments, the ENOSYS stub
 * included. libseccomp is asked for the numbers of names, and for nothing else.
 *
 * Where several conditional rules hold at once, the first of {@link firstMatchOrder} decides.
 *
 * @throws ProgramTooComplexError where the store's budget does not do
 */
export function ruleDecisions(rules: Rules, store: DiagramStore): Node {
  const conditions = new ConditionNodes(store);
  const decisionOf = ({ rules: holding, otherwise, architecture }: Expectation): Node => {
    const bits = architecture?.wordSize ?? 64;
    return firstMatchOrder(holding, bits).reduceRight(
      (rest, rule) => store.choose(conditions.where(rule.conditions, bits), actionTerminal(store, rule.action), rest),
      actionTerminal(store, otherwise),
    );
  };
  const auditArches = [...new Set(rules.architectures.map(({ auditArch }) => auditArch))].sort((a, b) => a - b);
  const badArchitecture = actionTerminal(store, BAD_ARCHITECTURE);
  const parts: Part[] = [];
  for (const arch of auditArches) {
    const before = parts.at(-1)?.to ?? -1;
    if (before + 1 < arch) parts.push({ from: before + 1, to: arch - 1, node: badArchitecture });
    const numbers = expectedDecisions(rules, arch).map((each) => ({ ...each, node: decisionOf(each) }));
    parts.push({ from: arch, to: arch, node: wordDecision(store, numbers, Level.NR) });
  }
  const last = parts.at(-1)?.to ?? -1;
  if (last < LAST) parts.push({ from: last + 1, to: LAST, node: badArchitecture });
  return wordDecision(store, parts, Level.ARCH);
}

interface Part extends NumberRange {
  node: Node;
}

const LAST = 2 ** WORD_BITS - 1;

/** The reverse of `partition`: a function of the word at a level from its parts, which are ascending and cover all numbers. */
function wordDecision(store: DiagramStore, parts: readonly Part[], level: number): Node {
  const build = (first: number, last: number, bit: number, from: number): Node => {
    if (first === last) return (parts[first] as Part).node;
    const middle = from + 2 ** (WORD_BITS - 1 - bit);
    // The part that holds the first number of the upper half.
    let upper = first;
    for (let end = last; upper < end; ) {
      const at = (upper + end) >> 1;
      if ((parts[at] as Part).to < middle) upper = at + 1;
      else end = at;
    }
    const lower = (parts[upper] as Part).from < middle ? upper : upper - 1;
    const low = build(first, lower, bit + 1, from);
    return store.node(level + bit, low, build(upper, last, bit + 1, middle));
  };
  return build(0, parts.length - 1, 0, 0);
}
