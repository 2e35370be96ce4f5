import { encodeProgram } from '../bpf/codec.js';
import { buildDecisionDiagram, type DecisionDiagram } from '../bpf/decision-diagram.js';
import type { DiagramStore, Node } from '../bpf/diagram-store.js';
import { WORD_BITS } from '../bpf/input-variables.js';
import { type Endianness, MAX_INSTRUCTIONS, Opcode } from '../bpf/instruction.js';
import { emit } from './emit.js';
import { MinimizerFaultError, ProgramTooLongError } from './errors.js';
import { ProgramGraph, type Target } from './program-graph.js';
import type { CallWeights } from './weights.js';

export interface MinimizeOptions {
  /** Byte order of the program that comes out. */
  endianness: Endianness;
  /** The architecture (AUDIT_ARCH_…) that is asked about first. Default: the one of most weight. */
  native?: number | undefined;
  /** How often each call happens. Default: the built-in weights. */
  weights?: CallWeights | undefined;
  /** Programs that decide the same, of the same byte order; one that is shorter and executes no more is taken. */
  candidates?: readonly Uint8Array[] | undefined;
}

export interface MinimizedProgram {
  program: Uint8Array;
  /** The program's length. */
  instructions: number;
  /** The weighted mean of executed instructions per call. */
  executed: number;
  origin: 'min' | 'candidate';
}

/**
 * The smallest and fastest program that can be found for what is decided. It is proven equal to the decisions before it is
 * returned.
 *
 * @throws ProgramTooLongError where it has more instructions than the kernel loads
 * @throws ProgramTooComplexError where the budget of the decisions' store does not do
 * @throws MinimizerFaultError where the proof fails, which is a bug
 */
export function minimize(decisions: DecisionDiagram, options: MinimizeOptions): MinimizedProgram {
  const { store, root } = decisions;
  const graph = new ProgramGraph(options.endianness);
  const start = plain(store, root, graph);
  const instructions = emit(graph, start, 'passedFirst');
  if (instructions.length > MAX_INSTRUCTIONS) throw new ProgramTooLongError(instructions.length);
  const made = buildDecisionDiagram({ instructions, endianness: options.endianness }, { store });
  if (made.root !== root) throw new MinimizerFaultError('the minimised program does not decide as it should');
  const program = encodeProgram(instructions, options.endianness);
  return { program, instructions: instructions.length, executed: Number.NaN, origin: 'min' };
}

/** A load per word, and a test per bit that matters. */
function plain(store: DiagramStore, root: Node, graph: ProgramGraph): Target {
  const known = new Map<string, Target>();
  const visit = (node: Node, loaded: number): Target => {
    if (store.isTerminal(node)) return graph.returns(store.valueOf(node)!);
    const key = `${node},${loaded}`;
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    const level = store.level(node);
    const word = level - (level % WORD_BITS);
    const test = graph.test(
      Opcode.JSET_K,
      2 ** (WORD_BITS - 1 - (level % WORD_BITS)),
      visit(store.high(node), word),
      visit(store.low(node), word),
    );
    const target = word === loaded ? test : graph.load(word, test);
    known.set(key, target);
    return target;
  };
  return visit(root, -1);
}
