import { precedence } from '../action.js';
import { type DiagramStore, FALSE, type Node, TRUE } from '../bpf/decisions/diagram-store.js';

/**
 * Whether decisions are nowhere more permissive than other ones of the same store. On every input they are the same, or
 * one that the kernel would prefer where filters disagree (seccomp(2)). The same action with other data is neither: a
 * program acts by the errno, a tracer by its message.
 */
export function decidesNoMorePermissively(store: DiagramStore, mine: Node, theirs: Node): boolean {
  const changed = store.apply(mine, theirs, (one, other) => {
    if (one === other) return FALSE;
    const [own, old] = [store.valueOf(one), store.valueOf(other)];
    if (own === undefined || old === undefined) return undefined;
    return precedence(own) >= precedence(old) ? TRUE : FALSE;
  });
  return changed === FALSE;
}
