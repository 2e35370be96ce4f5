import { ARCHITECTURES, type Architecture } from '../architecture.js';
import type { Action } from '../policy.js';
import type { ProgramInput } from './codec.js';
import type { Condition, Terms } from './condition.js';
import { buildDecisionDiagram, type DecisionDiagramOptions, terminalAction } from './decision-diagram.js';
import type { DiagramStore, Node } from './diagram-store.js';
import { Level } from './input-variables.js';
import { X32_SYSCALL_BIT } from './instruction.js';
import { partition } from './partition.js';
import { createTerminalRecovery } from './recover-conditions.js';

/** What a filter does with a call, and when. */
export interface Decision {
  action: Action;
  /** The arguments for which it does: any of these terms; one empty term is always. Undefined where they are too many. */
  when: Terms | undefined;
}

/** System call numbers, both ends included, that are decided alike. */
export interface NumberRange {
  from: number;
  to: number;
  /** Of several, each has its conditions, the shortest first. Together they cover every call. */
  decisions: readonly Decision[];
}

/** What a filter does with the calls of one architecture: every number from 0 on, in ascending ranges. */
export interface ArchitectureTable {
  /** x32's numbers, which share x86_64's AUDIT_ARCH, stand under x32 with bit 30 set. */
  architecture: Architecture;
  ranges: readonly NumberRange[];
}

/** What a filter does with every call there can be. */
export interface PolicyTable {
  /** Whether it tells architectures apart. If not, a number is decided alike whatever call it is. */
  looksAtArchitecture: boolean;
  architectures: readonly ArchitectureTable[];
  /** What it does with calls of all other architectures, AUDIT_ARCH values without a name included. */
  otherArchitectures: readonly NumberRange[];
}

/**
 * The whole policy of a program, from the program alone; it need not be libseccomp's. Exact: no call is left out. Raises what
 * `buildDecisionDiagram` does.
 */
export function policyTable(program: ProgramInput, options: DecisionDiagramOptions = {}): PolicyTable {
  const { store, root } = buildDecisionDiagram(program, options);
  const parts = partition(store, root, Level.ARCH);
  const nodeOf = (auditArch: number) => parts.find(({ from, to }) => from <= auditArch && auditArch <= to)?.node;
  // What most values of the word meet, all those without an architecture among them.
  const sizes = new Map<Node, number>();
  for (const { from, to, node } of parts) sizes.set(node, (sizes.get(node) ?? 0) + to - from + 1);
  const [[other] = []] = [...sizes].sort((a, b) => b[1] - a[1]);

  const decide = createDecider(store);
  const rangesOf = (node: Node): NumberRange[] =>
    partition(store, node, Level.NR).map(({ from, to, node: rest }) => ({ from, to, decisions: decide(rest) }));

  const architectures = ARCHITECTURES.flatMap((architecture): ArchitectureTable[] => {
    const node = nodeOf(architecture.auditArch) as Node;
    if (node === other && parts.length > 1) return [];
    const ranges = rangesOf(node);
    if (architecture.name === 'x32') return [{ architecture, ranges: between(ranges, X32_SYSCALL_BIT, 2 ** 32 - 1) }];
    if (architecture.name !== 'x86_64') return [{ architecture, ranges }];
    return [{ architecture, ranges: between(ranges, 0, X32_SYSCALL_BIT - 1) }];
  });
  return { looksAtArchitecture: parts.length > 1, architectures, otherArchitectures: rangesOf(other as Node) };
}

function between(ranges: readonly NumberRange[], from: number, to: number): NumberRange[] {
  return ranges
    .filter((range) => range.to >= from && range.from <= to)
    .map((range) => ({ ...range, from: Math.max(from, range.from), to: Math.min(to, range.to) }));
}

/** The decisions of functions of the arguments. */
function createDecider(store: DiagramStore): (node: Node) => readonly Decision[] {
  const known = new Map<Node, readonly Decision[]>();
  const conditionsOf = createTerminalRecovery(store);
  return (node) => {
    const decisions =
      known.get(node) ??
      conditionsOf(node)
        .map(({ terminal, when }) => ({ action: terminalAction(store, terminal), when }))
        .sort((a, b) => size(a.when) - size(b.when));
    known.set(node, decisions);
    return decisions;
  };
}

/** How much there is to say of a condition: the shorter one is told, the longer one is the rest. What is equal says more. */
function size(terms: Terms | undefined): number {
  if (terms === undefined) return Number.POSITIVE_INFINITY;
  const cost = ({ kind }: Condition) => (kind === 'notEqual' ? 1.5 : 1);
  return terms.flat().reduce((sum, condition) => sum + cost(condition), terms.length);
}
