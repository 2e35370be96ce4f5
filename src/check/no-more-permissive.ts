import { precedence } from '../action.js';
import { buildDecisionDiagram } from '../bpf/decisions/decision-diagram.js';
import { DiagramStore, FALSE, type Node, TRUE } from '../bpf/decisions/diagram-store.js';
import type { FilterProgram } from '../bpf/program/program.js';

/**
 * Whether a program is nowhere more permissive than another one. On every input its decision is the same, or one that
 * the kernel would prefer where filters disagree (seccomp(2)). The same action with other data is neither: a program
 * acts by the errno, a tracer by its message.
 *
 * @throws {ProgramTooComplexError} when a program exceeds the diagrams' budget, as no profile's does
 */
export function isNoMorePermissive(program: FilterProgram, than: FilterProgram): boolean {
  const store = new DiagramStore();
  const [mine, theirs] = [program, than].map((each) => buildDecisionDiagram(each, { store }).root);
  return decidesNoMorePermissively(store, mine as Node, theirs as Node);
}

/** The same of decisions in one store. */
export function decidesNoMorePermissively(store: DiagramStore, mine: Node, theirs: Node): boolean {
  const changed = store.apply(mine, theirs, (one, other) => {
    if (one === other) return FALSE;
    const [own, old] = [store.valueOf(one), store.valueOf(other)];
    if (own === undefined || old === undefined) return undefined;
    return precedence(own) >= precedence(old) ? TRUE : FALSE;
  });
  return changed === FALSE;
}
