import { actionTerminal } from '../bpf/decisions/decision-diagram.js';
import type { DiagramStore, Node } from '../bpf/decisions/diagram-store.js';
import { Level, WORD_BITS } from '../bpf/decisions/input-variables.js';
import { joinParts, type Part } from '../bpf/decisions/partition.js';
import type { ArgumentCondition } from '../policy.js';
import { ConditionNodes } from './condition-nodes.js';
import { BAD_ARCHITECTURE, type Expectation, expectedDecisions, type Rules } from './expected-decisions.js';
import { firstMatchOrder } from './rule-priority.js';

/**
 * What the rules decide, as a function of the whole input: all architectures, numbers and arguments, the ENOSYS stub
 * included. libseccomp gives the numbers of names, and nothing else.
 *
 * Where several conditional rules hold at once, the first of {@link firstMatchOrder} decides.
 *
 * @throws {ProgramTooComplexError} when the store's budget is not enough
 */
export function ruleDecisions(rules: Rules, store: DiagramStore): Node {
  const conditions = new ConditionNodes(store);
  const decisionOf = ({ rules: holding, otherwise, architecture }: Expectation): Node => {
    const bits = architecture?.wordSize ?? 64;
    const runs: { action: Node; conditions: (readonly ArgumentCondition[])[] }[] = [];
    for (const rule of firstMatchOrder(holding, bits)) {
      const action = actionTerminal(store, rule.action);
      if (runs.at(-1)?.action !== action) runs.push({ action, conditions: [] });
      runs.at(-1)!.conditions.push(rule.conditions);
    }
    return runs.reduceRight(
      (rest, run) => store.ite(conditions.any(run.conditions, bits), run.action, rest),
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
    parts.push({ from: arch, to: arch, node: joinParts(store, Level.NR, numbers) });
  }
  const last = parts.at(-1)?.to ?? -1;
  if (last < LAST) parts.push({ from: last + 1, to: LAST, node: badArchitecture });
  return joinParts(store, Level.ARCH, parts);
}

const LAST = 2 ** WORD_BITS - 1;
