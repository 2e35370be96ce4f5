import { checkArgument, LIST } from '../../options.js';
import { Cell, effectOf } from './effects.js';
import {
  type Instruction,
  isConditionalJump,
  jumpHolds,
  Opcode,
  SCRATCH_WORDS,
  SeccompDataOffset,
  successors,
  usesX,
} from './instruction.js';

/** The byte offset in `struct seccomp_data` of the word that a register or slot holds as it was loaded; else undefined. */
export type LoadedOffset = number | undefined;

/** A set of 32-bit values: some, or all but some. */
export type ValueSet =
  | { readonly kind: 'only'; readonly values: ReadonlySet<number> }
  | { readonly kind: 'except'; readonly values: ReadonlySet<number> };

/** What holds before an instruction on every path to it. */
export interface FlowState {
  readonly a: LoadedOffset;
  readonly x: LoadedOffset;
  readonly scratch: readonly LoadedOffset[];
  /** The values of `seccomp_data.arch` with which the instruction can be reached. */
  readonly arch: ValueSet;
  /** The system call numbers that comparisons for equality leave, while they are few ({@link FEW}); else undefined: any. */
  readonly nr: ReadonlySet<number> | undefined;
}

/** How many system call numbers are still worth telling apart. */
const FEW = 8;

/**
 * Follow every path through a program in one pass: jumps go forward only. It tracks which fields the registers hold,
 * and which architectures the comparisons let through. The result has one state per instruction, undefined where no
 * path leads. It is sound, not complete: an instruction that is called unreachable is unreachable. Programs that do not
 * verify are followed too: jumps past the end lead nowhere, and an unknown operation clobbers A.
 *
 * @throws nothing: a program that does not verify is followed too
 *
 * @example
 * ```js
 * import { SeccompDataOffset, analyzeFlow, assemble } from 'libseccomp-wasm/bpf';
 *
 * const { instructions } = assemble('A = arch\nif (A == x86_64) goto yes\nreturn KILL_PROCESS\nyes: return ALLOW');
 * const states = analyzeFlow(instructions);
 * console.log(states[1].a === SeccompDataOffset.ARCH); // true
 * console.log(states[3].arch.kind, states[3].arch.values.has(0xc000003e)); // only true
 * ```
 */
export function analyzeFlow(instructions: readonly Instruction[]): (FlowState | undefined)[] {
  checkArgument('analyzeFlow', 'instructions', instructions, LIST);
  const states = new Array<FlowState | undefined>(instructions.length).fill(undefined);
  states[0] = {
    a: undefined,
    x: undefined,
    scratch: new Array<LoadedOffset>(SCRATCH_WORDS).fill(undefined),
    arch: { kind: 'except', values: new Set() },
    nr: undefined,
  };
  instructions.forEach((instruction, index) => {
    const state = states[index];
    if (!state) return;
    const after = execute(state, instruction);
    successors(instruction, index).forEach((target, branch) => {
      if (target >= instructions.length) return;
      const arch =
        isConditionalJump(instruction.code) && after.a === SeccompDataOffset.ARCH
          ? narrow(after.arch, instruction, branch === 0)
          : after.arch;
      if (arch.kind === 'only' && arch.values.size === 0) return;
      const nr =
        instruction.code === Opcode.JEQ_K && branch === 0 && after.a === SeccompDataOffset.NR
          ? new Set([instruction.k])
          : after.nr;
      const arriving = arch === after.arch && nr === after.nr ? after : { ...after, arch, nr };
      const known = states[target];
      states[target] = known ? join(known, arriving) : arriving;
    });
  });
  return states.slice(0, instructions.length);
}

function execute(state: FlowState, { code, k }: Instruction): FlowState {
  const { reads, writes, gives } = effectOf(code);
  const origin = gives === 'input' ? k : gives === 'cell' ? originIn(state, reads, k) : undefined;
  switch (writes) {
    case Cell.A:
      return { ...state, a: origin };
    case Cell.X:
      return { ...state, x: origin };
    case Cell.SLOT:
      return { ...state, scratch: state.scratch.map((old, slot) => (slot === k ? origin : old)) };
    default:
      return state;
  }
}

function originIn({ a, x, scratch }: FlowState, cell: number, slot: number): LoadedOffset {
  return cell === Cell.A ? a : cell === Cell.X ? x : scratch[slot];
}

function narrow(set: ValueSet, { code, k }: Instruction, holds: boolean): ValueSet {
  if (usesX(code)) return set;
  if (set.kind === 'only') {
    return { kind: 'only', values: new Set([...set.values].filter((value) => jumpHolds(code, value, k) === holds)) };
  }
  if (code !== Opcode.JEQ_K) return set;
  if (holds) return { kind: 'only', values: new Set(set.values.has(k) ? [] : [k]) };
  return { kind: 'except', values: new Set([...set.values, k]) };
}

function join(one: FlowState, other: FlowState): FlowState {
  const same = (a: LoadedOffset, b: LoadedOffset) => (a === b ? a : undefined);
  return {
    a: same(one.a, other.a),
    x: same(one.x, other.x),
    scratch:
      one.scratch === other.scratch
        ? one.scratch
        : one.scratch.map((origin, slot) => same(origin, other.scratch[slot])),
    arch: union(one.arch, other.arch),
    nr: unionOfFew(one.nr, other.nr),
  };
}

function unionOfFew(one: FlowState['nr'], other: FlowState['nr']): FlowState['nr'] {
  if (one === other || one === undefined || other === undefined) return one === other ? one : undefined;
  const all = new Set([...one, ...other]);
  return all.size <= FEW ? all : undefined;
}

function union(one: ValueSet, other: ValueSet): ValueSet {
  if (one === other) return one;
  if (one.kind === 'only') {
    if (other.kind === 'only') return { kind: 'only', values: new Set([...one.values, ...other.values]) };
    return { kind: 'except', values: new Set([...other.values].filter((value) => !one.values.has(value))) };
  }
  const inOther = (value: number) => other.values.has(value) === (other.kind === 'only');
  return { kind: 'except', values: new Set([...one.values].filter((value) => !inOther(value))) };
}
