import { ALL_64_BITS, below, equalTo, LOW_HALF } from '../bpf/decisions/condition.js';
import { type DiagramStore, type Node, TRUE } from '../bpf/decisions/diagram-store.js';
import type { ArgumentCondition } from '../policy.js';

/** Conditions of rules as diagrams of a store, each made once. */
export class ConditionNodes {
  readonly #made = new Map<string, Node>();

  constructor(readonly store: DiagramStore) {}

  /** Where all conditions hold, compared in the given number of bits. */
  where(conditions: readonly ArgumentCondition[], bits: 32 | 64): Node {
    return conditions.reduce((all: Node, condition) => this.store.and(all, this.#holds(condition, bits)), TRUE);
  }

  #holds(condition: ArgumentCondition, bits: 32 | 64): Node {
    const key = `${bits} ${condition.index} ${condition.op} ${condition.value} ${condition.valueTwo}`;
    const node = this.#made.get(key) ?? conditionNode(this.store, condition, bits);
    this.#made.set(key, node);
    return node;
  }
}

/** Where one condition holds, compared in the given number of bits. libseccomp masks a MASKED_EQ's datum too. */
function conditionNode(store: DiagramStore, { index, op, value, valueTwo }: ArgumentCondition, bits: 32 | 64): Node {
  const width = bits === 32 ? LOW_HALF : ALL_64_BITS;
  switch (op) {
    case 'EQ':
      return equalTo(store, index, width, value);
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
    case 'MASKED_EQ':
      return equalTo(store, index, value & width, valueTwo);
  }
}
