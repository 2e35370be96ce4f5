import { decodeReturnValue, encodeAction, hasData, kernelAction } from '../../action.js';
import { checkOptions, OBJECT, type OptionTable } from '../../options.js';
import type { Action } from '../../policy.js';
import type { SeccompData } from '../execution/simulate.js';
import { type ProgramInput, readProgram } from '../program/codec.js';
import { Cell, cellsAt, constantOf, effectOf } from '../program/effects.js';
import {
  type Endianness,
  type Instruction,
  isConditionalJump,
  jumpHolds,
  Opcode,
  operationWithK,
  SCRATCH_WORDS,
  successors,
  usesX,
} from '../program/instruction.js';
import { verifyProgram } from '../program/verify.js';
import { type CallRange, callRanges, wordRanges } from './call-ranges.js';
import { BUDGET_OPTIONS, type DiagramBudget, DiagramStore, FALSE, type Node, TRUE } from './diagram-store.js';
import { bitOf, fieldsLevel, Level, levelOfOffset, WORD_BITS } from './input-variables.js';
import { joinParts, type NumberRange, type Part, partition } from './partition.js';
import { type SymbolicWord, SymbolicWords } from './symbolic-word.js';

/**
 * What a program decides, as a function of its whole input: architecture, number, arguments and instruction pointer. In
 * one store, two programs decide alike on every input if and only if their roots are equal.
 */
export interface DecisionDiagram {
  readonly store: DiagramStore;
  readonly root: Node;
}

export interface DecisionDiagramOptions extends DiagramBudget {
  /** Byte order of bare bytes. Default: it is detected. */
  endianness?: Endianness | undefined;
  /** The store to build in, for programs that are to be compared. Default: a new one, of the budget given. */
  store?: DiagramStore | undefined;
}

/** The values of {@link DecisionDiagramOptions}. */
export const DIAGRAM_OPTIONS: OptionTable<DecisionDiagramOptions> = {
  ...BUDGET_OPTIONS,
  endianness: ['little', 'big'],
  store: [OBJECT],
};

/** A system call of an architecture (AUDIT_ARCH), by its number. */
export interface GivenCall {
  readonly arch: number;
  readonly nr: number;
}

/**
 * Build a program's decision diagram. Nothing is sampled: every instruction is executed on bits that are functions of
 * the input. Decisions are what the kernel does: unknown actions are KILL_PROCESS, an errno past 4095 is 4095, and data
 * without effect is left out.
 *
 * @throws {InvalidProgramError} when the kernel would not load the program (as `verifyProgram`)
 * @throws {ProgramTooComplexError} when the diagram exceeds the budget: a program may multiply two arguments, or
 * compare them with each other; real filters do not
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {InvalidArgumentError} when an option is unknown, or the program's architectures have both byte orders
 *
 * @example
 * ```js
 * import { DiagramStore, assemble, buildDecisionDiagram } from 'libseccomp-wasm/bpf';
 *
 * const store = new DiagramStore();
 * const one = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return LOG');
 * const other = assemble('.arch x86_64\nA = nr\nif (A != 101) goto yes\nreturn LOG\nyes: return ALLOW');
 * console.log(buildDecisionDiagram(one, { store }).root === buildDecisionDiagram(other, { store }).root); // true
 * ```
 */
export function buildDecisionDiagram(program: ProgramInput, options: DecisionDiagramOptions = {}): DecisionDiagram {
  const prepared = prepareWithStore(program, options);
  const parts = partsByRange(prepared);
  return parts ? joined(prepared, parts) : { store: prepared.store, root: execute(prepared) };
}

export function joined({ store }: PreparedWithStore, parts: readonly ArchitectureParts[]): DecisionDiagram {
  const architectures = parts.map(({ from, to, calls }) => ({ from, to, node: joinParts(store, Level.NR, calls) }));
  return { store, root: joinParts(store, Level.ARCH, architectures) };
}

/**
 * Values of the architecture word, and what is decided there for all 32-bit numbers: ascending, as functions of the
 * other fields.
 */
export interface ArchitectureParts extends NumberRange {
  calls: readonly Part[];
}

/**
 * What a program decides for every architecture and number, as functions of the arguments and the instruction pointer.
 * {@link buildDecisionDiagram} joins them into one function. Neighbours may be alike.
 *
 * @throws {InvalidProgramError} when the kernel would not load the program
 * @throws {ProgramTooComplexError} when the diagram exceeds the budget
 */
export function decisionParts(
  program: ProgramInput,
  options: DecisionDiagramOptions = {},
): { store: DiagramStore; architectures: readonly ArchitectureParts[] } {
  const prepared = prepareWithStore(program, options);
  const { store } = prepared;
  const architectures =
    partsByRange(prepared) ??
    partition(store, execute(prepared), Level.ARCH).map(({ from, to, node }) => ({
      from,
      to,
      calls: partition(store, node, Level.NR),
    }));
  return { store, architectures };
}

/** `decide` does the work for the calls that go on with one instruction, once for each. */
export function partsByRange(
  prepared: PreparedWithStore,
  decide: (next: number, work: () => Node) => Node = (_, work) => work(),
): ArchitectureParts[] | undefined {
  const { instructions, endianness, store } = prepared;
  const ranges = callRanges(instructions, endianness);
  if (ranges === undefined) return undefined;
  const nodes = new Map<number, Node>();
  const nodeFrom = (next: number, call: GivenCall): Node => {
    const node = nodes.get(next) ?? decide(next, () => execute(prepared, call, next));
    nodes.set(next, node);
    return node;
  };
  return ranges.map(({ from: arch, to, calls }) => ({
    from: arch,
    to,
    calls: calls.map(({ from, to, returned, next }) => {
      store.spend(1);
      return {
        from,
        to,
        node: returned === undefined ? nodeFrom(next, { arch, nr: from }) : returnTerminal(store, returned),
      };
    }),
  }));
}

/**
 * Build the diagrams of single calls, each a function of the arguments and the instruction pointer. One takes a
 * fraction of the work of the whole diagram, which is built when no call is given.
 *
 * @throws {InvalidProgramError} when the kernel would not load the program
 * @throws {ProgramTooComplexError} when a diagram exceeds the budget
 */
export function createDiagramBuilder(
  program: ProgramInput,
  options: DecisionDiagramOptions = {},
): { store: DiagramStore; build: (call?: GivenCall) => Node } {
  const prepared = prepareWithStore(program, options);
  return { store: prepared.store, build: (call) => execute(prepared, call) };
}

interface PreparedWithStore extends Prepared {
  readonly store: DiagramStore;
  readonly words: SymbolicWords;
}

export function prepareWithStore(program: ProgramInput, options: DecisionDiagramOptions): PreparedWithStore {
  checkOptions('a decision diagram', options, DIAGRAM_OPTIONS);
  const prepared = prepare(program, options.endianness);
  const { nodes, steps } = options;
  const store = options.store ?? new DiagramStore({ nodes, steps });
  return { ...prepared, store, words: new SymbolicWords(store) };
}

/** What is decided. With a call: for that one alone, and from an instruction on that the call is known to reach. */
export function execute(
  { instructions, endianness, words, live }: PreparedWithStore,
  call?: GivenCall,
  next?: number,
): Node {
  return new SymbolicExecution(instructions, endianness, words, live, call).root(next);
}

interface Prepared {
  readonly instructions: readonly Instruction[];
  readonly endianness: Endianness;
  readonly live: ReturnType<typeof liveness>;
}

/** The last bytes that were prepared: the proof of a program and the effects of its entries need the same diagram. */
let lastPrepared: { bytes: Uint8Array; wanted: Endianness | undefined; prepared: Prepared } | undefined;

function prepare(program: ProgramInput, wanted: Endianness | undefined): Prepared {
  const bytes = program instanceof Uint8Array ? program : undefined;
  if (bytes && lastPrepared && lastPrepared.wanted === wanted && areEqual(bytes, lastPrepared.bytes)) {
    return lastPrepared.prepared;
  }
  const { instructions, endianness } = readProgram(program, wanted);
  verifyProgram(instructions);
  const prepared = { instructions, endianness, live: liveness(instructions) };
  // A copy, since the caller may change the bytes.
  if (bytes) lastPrepared = { bytes: bytes.slice(), wanted, prepared };
  return prepared;
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** The terminal for what the kernel does. */
export function actionTerminal(store: DiagramStore, action: Action): Node {
  return store.terminal(encodeAction(kernelAction(encodeAction(action))));
}

function returnTerminal(store: DiagramStore, returnValue: number): Node {
  return store.terminal(encodeAction(kernelAction(returnValue)));
}

/** The action of a terminal that {@link actionTerminal} made. */
export function terminalAction(store: DiagramStore, node: Node): Action {
  const value = store.valueOf(node);
  if (value === undefined) throw new Error(`node ${node} decides nothing yet`);
  return kernelAction(value);
}

/**
 * The decision on one input.
 *
 * @throws nothing: a diagram of {@link buildDecisionDiagram} decides every input
 *
 * @example
 * ```js
 * import { assemble, buildDecisionDiagram, decide } from 'libseccomp-wasm/bpf';
 *
 * const filter = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * const diagram = buildDecisionDiagram(filter);
 * const call = { nr: 101, arch: 0xc000003e, instructionPointer: 0n, args: [0n, 0n, 0n, 0n, 0n, 0n] };
 * console.log(decide(diagram, call)); // { kind: 'ERRNO', data: 1 }
 * ```
 */
export function decide({ store, root }: DecisionDiagram, data: SeccompData): Action {
  return terminalAction(store, terminalAt(store, root, data));
}

/** The terminal to which any function over the input comes on one input. */
export function terminalAt(store: DiagramStore, root: Node, data: SeccompData): Node {
  let node = root;
  while (!store.isTerminal(node)) {
    node = bitOf(data, fieldsLevel(store.order, store.level(node))) ? store.high(node) : store.low(node);
  }
  return node;
}

/** The machine before an instruction; content that is overwritten before it is read is left out ({@link UNUSED}). */
interface State {
  readonly a: SymbolicWord;
  readonly x: SymbolicWord;
  readonly scratch: readonly SymbolicWord[];
  /** Of a return: what is decided, a terminal, or a function for a return of A. */
  returned: Node | undefined;
  /** The next states: `holds` where `test` holds, else `fails`; or `next`. None after a return. */
  next: State | undefined;
  branch: { test: () => Node; holds: State; fails: State | undefined } | undefined;
  /** The next states, or decisions, by where the word that was loaded leads to them. */
  ways: readonly Way[] | undefined;
}

/** `where`: the values of a word, as a function of it. */
interface Way {
  readonly where: Node;
  readonly to: State | undefined;
  readonly returned: Node | undefined;
}

/** Below this many ranges of a word its tests are as soon made one by one. */
const MANY_WORD_RANGES = 8;

/** A call of more states is decided from the start. */
const FEW_STATES = 128;
/** Those of real filters take a few thousand. */
const STEPS_FROM_THE_END = 2 ** 15;

/** In steps, by the memory that a state takes: paths can be as many as the sets of a program's tests. */
const COST_OF_STATE = 32;
const UNUSED: SymbolicWord = -1;
const NO_SCRATCH: readonly SymbolicWord[] = new Array<SymbolicWord>(SCRATCH_WORDS).fill(UNUSED);

/**
 * One pass forward through the program finds the contents of the registers with which each instruction is reached.
 * Jumps go forward only, so one pass is enough, and the depth of calls does not grow with the program. The decisions
 * can then be worked out from either end, with the same outcome.
 */
class SymbolicExecution {
  readonly store: DiagramStore;
  readonly #words: SymbolicWords;
  readonly #live: Uint32Array;
  /** Per instruction, by key. */
  readonly #states: (Map<string, State> | undefined)[] = [];
  /** No later instruction has states. */
  #last = 0;
  /** Each state comes before its successors. */
  readonly #order: State[] = [];

  constructor(
    readonly instructions: readonly Instruction[],
    readonly endianness: Endianness,
    words: SymbolicWords,
    live: Uint32Array,
    readonly call: GivenCall | undefined,
  ) {
    this.store = words.store;
    this.#words = words;
    this.#live = live;
  }

  /**
   * `next`: an instruction that the call is known to reach, where A, X and the scratch memory are not read any more.
   */
  root(next?: number): Node {
    const { index: first, a } =
      next !== undefined ? { index: next, a: 0 } : this.call ? this.#settled(this.call) : { index: 0, a: 0 };
    const { code, k } = this.instructions[first]!;
    if (code === Opcode.RET_K) return returnTerminal(this.store, k); // as most calls
    const start = this.#enter(first, this.#words.constant(a), this.#words.constant(0), NO_SCRATCH);
    const states = this.#states;
    for (let index = first; index <= this.#last; index++) {
      const here = states[index];
      if (!here) continue; // of a single call's path this is most of the program
      for (const state of here.values()) {
        this.#order.push(state);
        this.#execute(state, this.instructions[index]!, index);
      }
      // No later state leads back to it.
      states[index] = undefined;
    }
    if (!this.call) return this.#fromTheEnd(start);
    // For most single calls that takes half of the nodes.
    const { result, taken } =
      this.#order.length <= FEW_STATES
        ? this.store.attempt(STEPS_FROM_THE_END, () => this.#fromTheEnd(start))
        : { result: undefined, taken: 0 };
    this.store.spend(taken);
    return result ?? this.#fromTheStart(start);
  }

  /**
   * The first instruction of a call's path that depends on more than the call, and A there. X and the scratch memory
   * are still 0.
   */
  #settled({ arch, nr }: GivenCall): { index: number; a: number } {
    let a = 0;
    for (let index = 0; ; ) {
      const { code, jt, jf, k } = this.instructions[index]!;
      const level = code === Opcode.LD_ABS ? levelOfOffset(k, this.endianness) : undefined;
      // nearly all instructions of a path
      if (code === Opcode.JEQ_K) index += (a | 0) === (k | 0) ? jt : jf;
      else if (level === Level.ARCH) a = arch;
      else if (level === Level.NR) a = nr;
      else if (code === Opcode.JA) index += k;
      else if (isConditionalJump(code) && !usesX(code)) index += jumpHolds(code, a | 0, k | 0) ? jt : jf;
      else return { index, a };
      index++;
    }
  }

  /**
   * Backward: what is decided from each state on. That is fast where each test is about bits that were not tested
   * before.
   */
  #fromTheEnd(start: State): Node {
    const decisions = new Map<State, Node>();
    const from = (state: State) => decisions.get(state) as Node;
    for (const state of [...this.#order].reverse()) {
      if (state.returned !== undefined) decisions.set(state, state.returned);
      if (state.next) decisions.set(state, from(state.next));
      if (state.ways) {
        const ends = state.ways.map(({ where, to, returned }) => ({ where, node: to ? from(to) : returned! }));
        // Every value of the word is in one of them.
        const [first, ...others] = ends as [(typeof ends)[0], ...typeof ends];
        decisions.set(
          state,
          others.reduce((root, { where, node }) => this.store.ite(where, node, root), first.node),
        );
      }
      if (!state.branch) continue;
      const { test, holds, fails } = state.branch;
      // a division by 0 ends the program with KILL_THREAD
      const [one, other] = [from(holds), fails ? from(fails) : this.#terminal(0)];
      // A comparison on which nothing depends may be too complex to make, so it is left out.
      decisions.set(state, one === other ? other : this.store.ite(test(), one, other));
    }
    return from(start);
  }

  /**
   * Forward: the inputs that reach each state. They are often simple where the decisions from there on are not. After
   * each of hundreds of rules about two words of one call, the decisions repeat all later rules.
   */
  #fromTheStart(start: State): Node {
    const { store } = this;
    const inputs = new Map<State, Node>([[start, TRUE]]);
    const decided = new Map<Node, Node>();
    const add = <T>(sets: Map<T, Node>, to: T, where: Node) => sets.set(to, store.or(sets.get(to) ?? FALSE, where));
    for (const state of this.#order) {
      const where = inputs.get(state) ?? FALSE;
      if (where === FALSE) continue;
      if (state.returned !== undefined) add(decided, state.returned, where);
      if (state.next) add(inputs, state.next, where);
      for (const way of state.ways ?? []) {
        const there = store.and(where, way.where);
        if (way.to) add(inputs, way.to, there);
        else add(decided, way.returned!, there);
      }
      if (!state.branch) continue;
      const test = state.branch.test();
      add(inputs, state.branch.holds, store.and(where, test));
      const rest = store.ite(test, FALSE, where);
      if (state.branch.fails) add(inputs, state.branch.fails, rest);
      else add(decided, this.#terminal(0), rest);
    }
    // Every input is in one of the sets.
    const [[some], ...others] = [...decided] as [[Node, Node], ...[Node, Node][]];
    return others.reduce((root, [decision, where]) => store.ite(where, decision, root), some);
  }

  /** The state before instruction `index` with these contents, shared by all paths that lead to it. */
  #enter(index: number, a: SymbolicWord, x: SymbolicWord, scratch: readonly SymbolicWord[]): State {
    const live = this.#live[index]!;
    const liveA = live & Cell.A ? a : UNUSED;
    const liveX = live & Cell.X ? x : UNUSED;
    const usesScratch = live >= Cell.SLOT;
    const liveScratch = usesScratch
      ? scratch.map((word, slot) => (live & cellsAt(Cell.SLOT, slot) ? word : UNUSED))
      : NO_SCRATCH;
    const key = usesScratch ? `${liveA},${liveX},${liveScratch.join()}` : `${liveA},${liveX}`;
    if (index > this.#last) this.#last = index;
    this.#states[index] ??= new Map();
    const states = this.#states[index];
    const known = states.get(key);
    if (known) return known;
    this.store.spend(COST_OF_STATE);
    const made: State = {
      a: liveA,
      x: liveX,
      scratch: liveScratch,
      returned: undefined,
      next: undefined,
      branch: undefined,
      ways: undefined,
    };
    states.set(key, made);
    return made;
  }

  #execute(state: State, instruction: Instruction, index: number): void {
    const { code, k } = instruction;
    const { a, x, scratch } = state;
    if (code === Opcode.RET_K) state.returned = this.#terminal(k);
    else if (code === Opcode.RET_A) state.returned = this.#returned(this.#words.bits(a));
    else if (code === Opcode.JA) state.next = this.#enter(index + 1 + k, a, x, scratch);
    else if (isConditionalJump(code)) this.#jump(state, instruction, index);
    else if (code === Opcode.DIV_X) this.#divide(state, instruction, index);
    else if (code === Opcode.LD_ABS && this.#takesWays(state, instruction, index)) return;
    else state.next = this.#after(state, instruction, index);
  }

  /**
   * Where the tests of a loaded word lead, by ranges of its values: of thousands of tests that takes a fraction of the
   * work. Whether it was done.
   */
  #takesWays(state: State, { k }: Instruction, index: number): boolean {
    const { store, endianness } = this;
    const level = levelOfOffset(k, endianness);
    // An argument's bits follow each other, and nothing but the word is known of the call.
    const isAlone = (this.#live[index + 1]! & ~Cell.A) === 0;
    if (!this.call || level < Level.ARGUMENTS || store.order !== 'fields' || !isAlone) return false;
    const ranges = wordRanges(this.instructions, endianness, index + 1);
    if (ranges === undefined || ranges.length < MANY_WORD_RANGES) return false;
    store.spend(ranges.length);
    const byEnd = new Map<string, CallRange[]>();
    for (const range of ranges) {
      const end = `${range.returned} ${range.next}`;
      const alike = byEnd.get(end);
      if (alike) alike.push(range);
      else byEnd.set(end, [range]);
    }
    state.ways = [...byEnd.values()].map((alike): Way => {
      const [{ returned, next }] = alike as [CallRange];
      const where = joinParts(store, level, within(alike));
      if (returned !== undefined) return { where, to: undefined, returned: this.#terminal(returned) };
      return { where, to: this.#enter(next, UNUSED, UNUSED, NO_SCRATCH), returned: undefined };
    });
    return true;
  }

  /** The state after an instruction that fills a cell. */
  #after(state: State, instruction: Instruction, index: number): State {
    const { a, x, scratch } = state;
    const { code, k } = instruction;
    const word = this.#result(state, instruction, index);
    switch (effectOf(code).writes) {
      case Cell.A:
        return this.#enter(index + 1, word, x, scratch);
      case Cell.X:
        return this.#enter(index + 1, a, word, scratch);
      default:
        return this.#enter(
          index + 1,
          a,
          x,
          scratch.map((old, slot) => (slot === k ? word : old)),
        );
    }
  }

  /** What an instruction fills a cell with. */
  #result(state: State, instruction: Instruction, index: number): SymbolicWord {
    const { code, k } = instruction;
    const { reads, gives } = effectOf(code);
    switch (gives) {
      case 'input':
        return this.#input(levelOfOffset(k, this.endianness));
      case 'constant':
        return this.#words.constant(constantOf(instruction));
      case 'cell':
        return reads === Cell.A ? state.a : reads === Cell.X ? state.x : state.scratch[k]!;
      case 'computed':
        // A result that nothing reads need not be computed.
        if ((this.#live[index + 1]! & Cell.A) === 0) return UNUSED;
        return this.#words.compute(code, state.a, this.#operand(state, instruction));
    }
  }

  /** The second operand of a computation or a comparison; NEG has none. */
  #operand({ a, x }: State, { code, k }: Instruction): SymbolicWord {
    return usesX(code) ? x : code === Opcode.NEG ? a : this.#words.constant(k);
  }

  /** Division by 0 ends the program, also where nothing reads the result. */
  #divide(state: State, instruction: Instruction, index: number): void {
    const { x } = state;
    if (this.#words.valueOf(x) === 0) {
      state.returned = this.#terminal(0);
      return;
    }
    const holds = this.#after(state, instruction, index);
    const test = () => this.store.not(this.#words.equal(x, this.#words.constant(0)));
    state.branch = { test, holds, fails: undefined };
  }

  #input(level: number): SymbolicWord {
    if (this.call && level === Level.ARCH) return this.#words.constant(this.call.arch);
    if (this.call && level === Level.NR) return this.#words.constant(this.call.nr);
    return this.#words.input(level);
  }

  #jump(state: State, instruction: Instruction, index: number): void {
    const operand = this.#operand(state, instruction);
    const [taken = 0, passed = 0] = successors(instruction, index);
    const { a, x, scratch } = state;
    const left = this.#words.valueOf(a);
    const right = this.#words.valueOf(operand);
    if (left !== undefined && right !== undefined) {
      state.next = this.#enter(jumpHolds(instruction.code, left, right) ? taken : passed, a, x, scratch);
      return;
    }
    const test = () => this.#compare(instruction.code, a, operand);
    state.branch = { test, holds: this.#enter(taken, a, x, scratch), fails: this.#enter(passed, a, x, scratch) };
  }

  #compare(code: number, a: SymbolicWord, operand: SymbolicWord): Node {
    switch (operationWithK(code)) {
      case Opcode.JEQ_K:
        return this.#words.equal(a, operand);
      case Opcode.JGT_K:
        return this.#words.greater(a, operand, false);
      case Opcode.JGE_K:
        return this.#words.greater(a, operand, true);
      default:
        return this.#words.intersects(a, operand);
    }
  }

  #terminal(returnValue: number): Node {
    return returnTerminal(this.store, returnValue);
  }

  /** A return of A: every value it can have, from the top bit on, down to the bits that matter. */
  #returned(bits: readonly Node[]): Node {
    const { store } = this;
    // Of bits that depend on each other not every combination occurs. The bits of a word of the input are all
    // variables: the inputs of each combination would take a diagram of their own.
    const areVariables = bits.every((bit) => bit <= TRUE || (store.low(bit) === FALSE && store.high(bit) === TRUE));
    // `where`: the inputs on which the bits above are those of `value`
    const visit = (value: number, bit: number, where: Node): Node => {
      store.spend(1);
      if (bit < 0 || (bit < 16 && !hasData(decodeReturnValue(value).kind))) return this.#terminal(value);
      const among = areVariables ? TRUE : where;
      const [ones, zeros] = [store.and(among, bits[bit]!), store.without(among, bits[bit]!)];
      const one = (value | (1 << bit)) >>> 0;
      if (zeros === FALSE) return visit(one, bit - 1, ones);
      if (ones === FALSE) return visit(value, bit - 1, zeros);
      return store.ite(bits[bit]!, visit(one, bit - 1, ones), visit(value, bit - 1, zeros));
    };
    return visit(0, WORD_BITS - 1, TRUE);
  }
}

/** The values of a word that are in some ranges, which are ascending. */
function within(ranges: readonly NumberRange[]): Part[] {
  const parts: Part[] = [];
  let next = 0;
  for (const { from, to } of ranges) {
    if (next < from) parts.push({ from: next, to: from - 1, node: FALSE });
    parts.push({ from, to, node: TRUE });
    next = to + 1;
  }
  if (next < 2 ** WORD_BITS) parts.push({ from: next, to: 2 ** WORD_BITS - 1, node: FALSE });
  return parts;
}

/** Per instruction, one bit each for A, X and the scratch slots: whether its content before the instruction is read later. */
function liveness(instructions: readonly Instruction[]): Uint32Array {
  const live = new Uint32Array(instructions.length);
  for (let index = instructions.length - 1; index >= 0; index--) {
    const instruction = instructions[index]!;
    const { code, jt, jf } = instruction;
    // as of successors(), without an array for each of thousands
    const after = isConditionalJump(code)
      ? live[index + 1 + jt]! | live[index + 1 + jf]!
      : successors(instruction, index).reduce((set, target) => set | live[target]!, 0);
    live[index] = liveBefore(instruction, after);
  }
  return live;
}

function liveBefore({ code, k }: Instruction, after: number): number {
  const { reads, writes } = effectOf(code);
  const read = cellsAt(reads, k);
  const written = cellsAt(writes, k);
  if (written === 0) return after | read;
  // By an X of 0 a division ends the program, whether its result is read or not.
  const always = code === Opcode.DIV_X ? Cell.X : 0;
  return (after & written ? (after & ~written) | read : after) | always;
}
