import { encodeProgram } from '../bpf/codec.js';
import { buildDecisionDiagram, type DecisionDiagram } from '../bpf/decision-diagram.js';
import { Level } from '../bpf/input-variables.js';
import { type Endianness, type Instruction, MAX_INSTRUCTIONS } from '../bpf/instruction.js';
import { boundedPartition } from '../bpf/partition.js';
import { ArchitectureTests, type Attempt, MAX_ARCHITECTURES } from './architecture-tests.js';
import { ArgumentTests } from './argument-tests.js';
import { emitShortest } from './emit.js';
import { MinimizerFaultError, ProgramTooLongError } from './errors.js';
import { MachineWeights, weightsFor } from './machine-weights.js';
import { ProgramGraph, type Target } from './program-graph.js';
import { StepCounter } from './step-counter.js';
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

/** What one instruction of length may cost in executed instructions, in what is compared at last. */
const LENGTH_COST = 0.02;
/** Sharing has effects that no cost foresees, so that more than one is tried for building. */
const LENGTH_COSTS = [0.006, 0.012, 0.02, 0.035];
const ATTEMPTS: readonly Attempt[] = LENGTH_COSTS.flatMap((lengthCost) =>
  [true, false].map((foldsX32) => ({ lengthCost, foldsX32 })),
);

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
  const { endianness } = options;
  const asked = boundedPartition(store, root, Level.ARCH, MAX_ARCHITECTURES) ?? [];
  const machine = new MachineWeights(weightsFor(asked, options.weights, options.native));
  const graph = new ProgramGraph(endianness);
  const tests = new ArchitectureTests(store, root, graph, new ArgumentTests(store, graph), machine);
  const counter = new StepCounter(graph, machine.all);

  let best: { start: Target; cost: number } | undefined;
  for (const attempt of ATTEMPTS) {
    const start = tests.build(attempt);
    const cost = counter.mean(start) + LENGTH_COST * graph.size([start]);
    if (best === undefined || cost < best.cost) best = { start, cost };
  }
  const instructions = emitShortest(graph, best!.start);
  if (instructions.length > MAX_INSTRUCTIONS) throw new ProgramTooLongError(instructions.length);
  prove(decisions, instructions, endianness);
  const program = encodeProgram(instructions, endianness);
  const executed = counter.mean(best!.start);
  return { program, instructions: instructions.length, executed, origin: 'min' };
}

/** @throws MinimizerFaultError where a program does not decide as it should */
export function prove(decisions: DecisionDiagram, instructions: readonly Instruction[], endianness: Endianness): void {
  const { store, root } = decisions;
  if (buildDecisionDiagram({ instructions, endianness }, { store }).root === root) return;
  throw new MinimizerFaultError('the minimised program does not decide as it should: a bug of the minimiser');
}
