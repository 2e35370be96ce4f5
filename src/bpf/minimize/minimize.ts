import { buildDecisionDiagram, type DecisionDiagram } from '../decisions/decision-diagram.js';
import { Level } from '../decisions/input-variables.js';
import { boundedPartition } from '../decisions/partition.js';
import { encodeProgram, readProgram } from '../program/codec.js';
import { type Endianness, INSTRUCTION_SIZE, type Instruction, MAX_INSTRUCTIONS } from '../program/instruction.js';
import { ArchitectureTests, type Attempt, MAX_ARCHITECTURES } from './architecture-tests.js';
import { emitShortest } from './emit.js';
import { MinimizerFaultError, ProgramTooLongError } from './errors.js';
import { expectedInstructions } from './executed.js';
import { LocalSearch } from './local-search.js';
import { MachineWeights, weightsFor } from './machine-weights.js';
import { type GraphNode, ProgramGraph } from './program-graph.js';
import { StepCounter } from './step-counter.js';
import type { CallWeights } from './weights.js';

export interface MinimizeOptions {
  /** Byte order of the resulting program. */
  endianness: Endianness;
  /** The architecture (AUDIT_ARCH_…) that is tested first. Default: the heaviest. */
  native?: number | undefined;
  /** How often each call happens. Default: the built-in weights. */
  weights?: CallWeights | undefined;
  /** What one instruction of length may cost in executed instructions. Default: {@link LENGTH_COST}. */
  lengthCost?: number | undefined;
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
 * What one instruction of length may cost in executed instructions, when programs are compared. So ten instructions
 * fewer are worth one more that is executed. If a program is a tenth longer, it executes some tenths of an instruction
 * more or less.
 */
export const LENGTH_COST = 0.1;
/** The same for weights of somebody's own: whoever says what is to be fast wants it fast. */
export const LENGTH_COST_OF_OWN_WEIGHTS = 0.01;
/** No cost foresees all effects of sharing, so others are tried: this many times as much. */
const OTHER_COSTS = [0.5, 2];
/** Where x32's numbers have many ranges, folding them is always shorter; with few it may be. */
const MANY_X32_RANGES = 16;
const FOLDS = { none: [false], few: [false, true], many: [true] } as const;
/** For programs that would otherwise be longer than one of the candidates. */
const SHORTEST_LENGTH_COSTS = [0.4, 1, 4, 1000];

/**
 * The smallest and fastest program that can be found for some decisions. It is proved equal to them before it is
 * returned.
 *
 * @throws {ProgramTooLongError} when it has more instructions than the kernel loads
 * @throws {ProgramTooComplexError} when the budget of the decisions' store is not enough
 * @throws {MinimizerFaultError} when the proof fails, which is a bug
 */
export function minimize(decisions: DecisionDiagram, options: MinimizeOptions): MinimizedProgram {
  const { store, root } = decisions;
  const { endianness } = options;
  const asked = boundedPartition(store, root, Level.ARCH, MAX_ARCHITECTURES) ?? [];
  const weights = weightsFor(asked, options.weights, options.native);
  const machine = new MachineWeights(weights);
  const graph = new ProgramGraph(endianness);
  const tests = new ArchitectureTests(store, root, graph, machine);
  const counter = new StepCounter(graph, machine.all);

  const candidates = options.candidates ?? [];
  const maxInstructions = Math.min(MAX_INSTRUCTIONS, ...candidates.map(lengthOf));
  const lengthCost = options.lengthCost ?? LENGTH_COST;
  const built = buildCheapest(tests, counter, { lengthCost, maxInstructions });
  const search = new LocalSearch(graph, counter, lengthCost, maxInstructions);
  const instructions = emitShortest(graph, search.improve(built));
  const made = result(encodeProgram(instructions, endianness), weights, endianness, 'min');
  const [better] = candidates
    .filter((program) => lengthOf(program) < instructions.length)
    .map((program) => result(program, weights, endianness, 'candidate'))
    .filter(({ executed }) => executed <= made.executed)
    .filter(({ program }) => decidesAlike(decisions, readProgram(program, endianness).instructions, endianness))
    .sort((one, other) => one.instructions - other.instructions);
  if (better) return better;
  if (instructions.length > MAX_INSTRUCTIONS) throw new ProgramTooLongError(instructions.length);
  prove(decisions, instructions, endianness);
  return made;
}

/** The cheapest of several ways to build a program; with at most this many instructions, where any has. */
function buildCheapest(
  tests: ArchitectureTests,
  counter: StepCounter,
  { lengthCost, maxInstructions }: { lengthCost: number; maxInstructions: number },
): GraphNode {
  const { graph } = tests;
  const tried: Tried[] = [];
  const attempt = (given: Attempt): Tried => {
    const start = tests.build(given);
    const length = graph.length(start);
    const made = { given, start, length, cost: counter.mean(start) + lengthCost * length };
    tried.push(made);
    return made;
  };
  const folds = FOLDS[tests.x32Ranges < 2 ? 'none' : tests.x32Ranges > MANY_X32_RANGES ? 'many' : 'few'];
  const { foldsX32 } = least(folds.map((each) => attempt({ lengthCost, foldsX32: each }))).given;
  for (const times of OTHER_COSTS) attempt({ lengthCost: times * lengthCost, foldsX32 });
  const isShort = ({ length }: Tried) => length <= maxInstructions;
  for (const high of SHORTEST_LENGTH_COSTS) {
    // which of the two is shorter is another question than which is cheaper
    for (const each of folds) if (!tried.some(isShort)) attempt({ lengthCost: high, foldsX32: each });
  }
  const short = tried.filter(isShort);
  return least(short.length > 0 ? short : tried).start;
}

/** A program that was built and has no places yet. */
interface Tried {
  given: Attempt;
  start: GraphNode;
  length: number;
  cost: number;
}

function least(tried: readonly Tried[]): Tried {
  return tried.reduce((a, b) => (b.cost < a.cost ? b : a));
}

function lengthOf(program: Uint8Array): number {
  return program.length / INSTRUCTION_SIZE;
}

function result(
  program: Uint8Array,
  weights: CallWeights,
  endianness: Endianness,
  origin: MinimizedProgram['origin'],
): MinimizedProgram {
  // of more instructions than the kernel loads, none is executed
  const isLoadable = lengthOf(program) <= MAX_INSTRUCTIONS;
  const executed = isLoadable ? expectedInstructions(program, weights, endianness) : Number.POSITIVE_INFINITY;
  return { program, instructions: lengthOf(program), executed, origin };
}

/** @throws {MinimizerFaultError} when a program does not decide as it should */
export function prove(decisions: DecisionDiagram, instructions: readonly Instruction[], endianness: Endianness): void {
  if (decidesAlike(decisions, instructions, endianness)) return;
  throw new MinimizerFaultError('the minimised program does not decide as it should: a bug of the minimiser');
}

function decidesAlike(
  { store, root }: DecisionDiagram,
  instructions: readonly Instruction[],
  endianness: Endianness,
): boolean {
  return buildDecisionDiagram({ instructions, endianness }, { store }).root === root;
}
