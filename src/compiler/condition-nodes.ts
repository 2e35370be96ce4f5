import { ALL_64_BITS, below, equalTo, LOW_HALF, someEqual } from '../bpf/decisions/condition.js';
import { type DiagramStore, FALSE, type Node, TRUE } from '../bpf/decisions/diagram-store.js';
import type { ArgumentCondition } from '../policy.js';

/** Conditions of rules as diagrams of a store, each made once. */
export class ConditionNodes {
  readonly #made = new Map<string, Node>();

  constructor(readonly store: DiagramStore) {}

  /** Where all conditions hold, compared in the given number of bits. */
  where(conditions: readonly ArgumentCondition[], bits: 32 | 64): Node {
    return conditions.reduce((all: Node, condition) => this.store.and(all, this.#holds(condition, bits)), TRUE);
  }

  /**
   * Where all conditions of some list hold. Lists that compare one argument with single values are put together, which
   * of thousands takes a fraction of the work.
   *
   * Of the others, those on later variables are added first: the nodes for them are then shared. In the other order
   * every list would make all paths to them again.
   */
  any(lists: readonly (readonly ArgumentCondition[])[], bits: 32 | 64): Node {
    if (lists.length === 1) return this.where(lists[0]!, bits);
    const single: { field: number; mask: bigint; value: bigint }[] = [];
    const nodes: Node[] = [];
    for (const conditions of lists) {
      const equality = conditions.length === 1 ? equalityOf(conditions[0]!, bits) : undefined;
      if (equality) single.push(equality);
      else nodes.push(this.where(conditions, bits));
    }
    nodes.push(...someEqual(this.store, single));
    return nodes
      .sort((one, other) => this.store.level(other) - this.store.level(one))
      .reduce((any, node) => this.store.or(any, node), FALSE);
  }

  #holds(condition: ArgumentCondition, bits: 32 | 64): Node {
    const key = `${bits} ${condition.index} ${condition.op} ${condition.value} ${condition.valueTwo}`;
    const node = this.#made.get(key) ?? conditionNode(this.store, condition, bits);
    this.#made.set(key, node);
    return node;
  }
}

const widthOf = (bits: 32 | 64): bigint => (bits === 32 ? LOW_HALF : ALL_64_BITS);

/** What a condition compares an argument, or some bits of it, with. libseccomp masks a MASKED_EQ's datum too. */
function equalityOf({ index, op, value, valueTwo }: ArgumentCondition, bits: 32 | 64) {
  const width = widthOf(bits);
  if (op === 'EQ') return { field: index, mask: width, value: value & width };
  if (op !== 'MASKED_EQ') return undefined;
  const mask = value & width;
  return { field: index, mask, value: valueTwo & mask };
}

/** Where one condition holds, compared in the given number of bits. */
function conditionNode(store: DiagramStore, condition: ArgumentCondition, bits: 32 | 64): Node {
  const equality = equalityOf(condition, bits);
  if (equality) return equalTo(store, equality.field, equality.mask, equality.value);
  const { index, op, value } = condition;
  const width = widthOf(bits);
  switch (op as Exclude<typeof op, 'EQ' | 'MASKED_EQ'>) {
    case 'NE':
      return store.not(equalTo(store, index, width, value));
    case 'LT':
      return below(store, index, width, value, false);
    case 'LE':
      return below(store, index, width, value, true);
    case 'GE':
      return store.not(below(store, index, width, value, false));
    case 'GT':
      return store.not(below(store, index, width, value, true));
  }
}
