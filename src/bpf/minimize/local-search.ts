import type { NumberRange } from '../decisions/partition.js';
import { earlyExits } from './early-exits.js';
import { GraphShape } from './graph-shape.js';
import { type Segment, segmentsOf } from './number-decisions.js';
import { numberPaths } from './number-paths.js';
import { numberValues } from './number-values.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';
import type { StepCounter } from './step-counter.js';
import { tailMerges } from './tail-merges.js';

/** Larger programs would take long, and are about arguments. */
const MAX_NODES = 1024;
/** A third hardly ever finds more. */
const MAX_PASSES = 2;
/** Of the replacements that promise most. */
const MAX_TRIED = 24;
const NEGLIGIBLE = 1e-9;

/**
 * A built program, changed in one place after the other as long as that makes it better. The programme of trees sees one
 * architecture at a time, and only those before it; here all are there.
 */
export class LocalSearch {
  readonly #segments = new Map<GraphNode, readonly Segment[]>();

  constructor(
    readonly graph: ProgramGraph,
    readonly counter: StepCounter,
    readonly lengthCost: number,
    readonly maxInstructions: number,
  ) {}

  improve(start: GraphNode): GraphNode {
    if (this.graph.length(start) > MAX_NODES) return start;
    let root = start;
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const before = root;
      root = this.#pass(before);
      if (root === before) break;
    }
    return root;
  }

  #pass(start: GraphNode): GraphNode {
    const { graph, counter, lengthCost } = this;
    let [root, shape] = [start, new GraphShape(graph, start)];
    let values = numberValues(graph, shape.nodes);
    const foreseen = values;
    const paths = numberPaths(graph, root, counter.weights);
    const code = { graph, shape, values, segmentsOf: (node: GraphNode) => this.#segmentsOf(node) };
    const promising = [...tailMerges(code, paths, lengthCost), ...earlyExits(graph, paths, lengthCost)];
    let cost = counter.mean(root) + lengthCost * shape.nodes.length;
    for (const { node, by } of promising.sort((a, b) => b.gain - a.gain).slice(0, MAX_TRIED)) {
      // another change may have removed it, or let other numbers come to it
      if (!values.has(node) || !isWithin(values.get(node)!, foreseen.get(node)!)) continue;
      const made = graph.replace(root, node, by);
      const length = graph.length(made);
      if (length > Math.max(shape.nodes.length, this.maxInstructions)) continue;
      const changed = counter.mean(made) + lengthCost * length;
      if (changed >= cost - NEGLIGIBLE) continue;
      [root, cost, shape] = [made, changed, new GraphShape(graph, made)];
      values = numberValues(graph, shape.nodes);
    }
    return root;
  }

  #segmentsOf(node: GraphNode): readonly Segment[] {
    const known = this.#segments.get(node);
    if (known) return known;
    const found = segmentsOf(this.graph, node);
    this.#segments.set(node, found);
    return found;
  }
}

function isWithin(some: readonly NumberRange[], all: readonly NumberRange[]): boolean {
  return some.every(({ from, to }) => all.some((each) => each.from <= from && to <= each.to));
}
