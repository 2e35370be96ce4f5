import { type DiagramStore, FALSE, type Node, TRUE } from '../../bpf/decisions/diagram-store.js';

/** Names that a comment has before it counts the others. */
const NAMED = 4;

/**
 * Which inputs an entry is from, as its comment: those that decide as it does on some of its arguments. Where the
 * decision depends on arguments, also those because of which it does.
 */
export function originComment(
  store: DiagramStore,
  {
    node,
    terminal,
    inputs,
    labels,
  }: { node: Node; terminal: Node; inputs: readonly Node[]; labels: readonly string[] },
): string {
  const where = store.isTerminal(node) ? TRUE : store.map(node, (each) => (each === terminal ? TRUE : FALSE));
  const from = labels.filter((_, index) =>
    store.someTerminal(where, inputs[index] as Node, (each) => each === terminal),
  );
  const by = store.isTerminal(node) ? [] : labels.filter((_, index) => !store.isTerminal(inputs[index] as Node));
  const origin = from.length > 0 ? `from ${listed(from)}` : `because of ${listed(labels)}`;
  const isAll = by.length === 0 || by.length === from.length;
  return isAll ? origin : `${origin}; the arguments from ${listed(by)}`;
}

export function listed(names: readonly string[], most = NAMED): string {
  if (names.length > most) return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
