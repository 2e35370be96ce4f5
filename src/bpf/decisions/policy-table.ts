import { ARCHITECTURES, type Architecture, X32_SYSCALL_BIT } from '../../architecture.js';
import { BOOLEAN, checkOptions } from '../../options.js';
import type { Action } from '../../policy.js';
import { type ProgramInput, readProgram } from '../program/codec.js';
import { isConditionalJump } from '../program/instruction.js';
import type { Condition, DnfTerms } from './condition.js';
import { buildDiagramOfDecidable, isUndecided } from './decidable-diagram.js';
import {
  buildDecisionDiagram,
  createDiagramBuilder,
  type DecisionDiagramOptions,
  DIAGRAM_OPTIONS,
  terminalAction,
} from './decision-diagram.js';
import { type DiagramStore, type Node, orTooComplex, ProgramTooComplexError } from './diagram-store.js';
import { factorConditions, sizeOf } from './factor-conditions.js';
import { Level } from './input-variables.js';
import { type KnownBits, withKnownBits } from './known-bits.js';
import { type Part, partition } from './partition.js';
import { createTerminalRecovery } from './recover-conditions.js';

/** What a filter does with a call, and under which condition. */
export interface Decision {
  action: Action;
  /**
   * The arguments for which it does: any of these terms; one empty term is always. Undefined where there would be too
   * many terms.
   */
  when: DnfTerms | undefined;
}

/** System call numbers, both ends included, that are decided alike. */
export interface NumberRange {
  from: number;
  to: number;
  /**
   * Several decisions have conditions each, the shortest first. Together they cover every call. None: the calls are too
   * complex to decide exactly, with {@link PolicyTableOptions.listTooComplex} alone.
   */
  decisions: readonly Decision[];
}

/** What a filter does with the calls of one architecture: every number from 0 on, in ascending ranges. */
export interface ArchitectureTable {
  /** x32's numbers, which share x86_64's AUDIT_ARCH, are listed under x32 with bit 30 set. */
  architecture: Architecture;
  ranges: readonly NumberRange[];
}

/**
 * What a filter does with the calls of architectures that libseccomp has no table for, as Linux on alpha, where it treats
 * them differently from all others.
 */
export interface UnnamedArchitectureTable {
  /** Values of `seccomp_data.arch`, both ends included, ascending. */
  auditArches: readonly { from: number; to: number }[];
  ranges: readonly NumberRange[];
}

/** What a filter does with every call there can be. */
export interface PolicyTable {
  /** Whether it distinguishes architectures. If not, a number is decided alike on all of them. */
  looksAtArchitecture: boolean;
  architectures: readonly ArchitectureTable[];
  unnamedArchitectures: readonly UnnamedArchitectureTable[];
  /** What it does with calls of all other architectures, AUDIT_ARCH values without a name included. */
  otherArchitectures: readonly NumberRange[];
}

export interface PolicyTableOptions extends DecisionDiagramOptions {
  /**
   * Calls that are too complex to decide exactly have no decisions, and the others have theirs. Default: false, and then
   * one such call is an error.
   */
  listTooComplex?: boolean | undefined;
}

/**
 * The whole policy of a program, from the program alone, which need not be libseccomp's. Exact: no call is left out.
 *
 * @throws {InvalidProgramError} when the kernel would not load the program
 * @throws {ProgramTooComplexError} when the program is too complex to decide exactly
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {InvalidArgumentError} when an option is unknown, or the program's architectures have both byte orders
 *
 * @example
 * ```js
 * import { assemble, policyTable } from 'libseccomp-wasm/bpf';
 *
 * const filter = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * const { looksAtArchitecture, otherArchitectures } = policyTable(filter);
 * console.log(looksAtArchitecture); // false
 * const { from, to, decisions } = otherArchitectures[1];
 * console.log(from, to, decisions[0].action); // 101 101 { kind: 'ERRNO', data: 1 }
 * ```
 */
export function policyTable(program: ProgramInput, options: PolicyTableOptions = {}): PolicyTable {
  checkOptions('policyTable', options, { ...DIAGRAM_OPTIONS, listTooComplex: [BOOLEAN] });
  const { listTooComplex = false, ...others } = options;
  const { store, root } = listTooComplex
    ? buildDiagramOfDecidable(program, others)
    : buildDecisionDiagram(program, others);
  const seen = seenIn(partition(store, root, Level.ARCH));

  const decideAny = createDecider(store);
  const decide = (node: Node): readonly Decision[] => {
    if (!listTooComplex) return decideAny(node);
    return isUndecided(store, node) ? [] : (orTooComplex(() => decideAny(node)) ?? []);
  };
  const rangesOf = (node: Node): NumberRange[] =>
    partition(store, node, Level.NR).map(({ from, to, node: rest }) => ({ from, to, decisions: decide(rest) }));

  const architectures = seen.architectures.map((architecture): ArchitectureTable => {
    const ranges = rangesOf(seen.nodeOf(architecture.auditArch));
    return { architecture, ranges: between(ranges, ...numbersOf(architecture)) };
  });
  const { looksAtArchitecture, other } = seen;
  const unnamedArchitectures = [...seen.unnamed()].map(([node, auditArches]) => ({
    auditArches,
    ranges: rangesOf(node),
  }));
  return { looksAtArchitecture, architectures, unnamedArchitectures, otherArchitectures: rangesOf(other) };
}

/** One number of an architecture. */
export interface CallNumber {
  architecture: Architecture;
  number: number;
  /** What is known of the arguments, by index: for a call behind a multiplexer, the bits that select it. */
  args?: readonly (KnownBits | undefined)[] | undefined;
}

/**
 * What a filter does with single calls, asked one by one. Nothing is worked out for other calls, so there may be
 * answers for a program that is too complex for {@link policyTable}.
 *
 * @throws {InvalidProgramError} when the kernel would not load the program
 * @throws {ProgramTooComplexError} when a call is too complex to decide exactly: the function that is returned throws
 * it
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {InvalidArgumentError} when an option is unknown, or the program's architectures have both byte orders
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { assemble, createCallTable, formatConditions } from 'libseccomp-wasm/bpf';
 *
 * const filter = assemble('.arch x86_64\nA = args[0].low\nif (A == 5) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * const decisionsOf = createCallTable(filter);
 * const [first, second] = decisionsOf({ architecture: findArchitecture('x86_64'), number: 101 });
 * console.log(first.action, formatConditions(first.when)); // { kind: 'ERRNO', data: 1 } (arg0 & 0xffffffff) == 5
 * console.log(second.action, formatConditions(second.when)); // { kind: 'ALLOW' } (arg0 & 0xffffffff) != 5
 * ```
 */
export function createCallTable(
  program: ProgramInput,
  options: DecisionDiagramOptions = {},
): (call: CallNumber) => readonly Decision[] {
  const { store, build } = createDiagramBuilder(program, options);
  const decide = createDecider(store);
  return ({ architecture, number, args = [] }) =>
    decide(withKnownBits(store, build({ arch: architecture.auditArch, nr: number }), args));
}

/** The architectures that a program treats differently from all others, and what the others meet. */
export interface SeenArchitectures {
  looksAtArchitecture: boolean;
  architectures: readonly Architecture[];
}

/**
 * As {@link policyTable} finds them. In a program that is too complex for that: those whose AUDIT_ARCH is a constant of
 * it; all, if there is none.
 *
 * @throws {InvalidProgramError} when the kernel would not load the program
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {InvalidArgumentError} when an option is unknown, or the program's architectures have both byte orders
 *
 * @example
 * ```js
 * import { assemble, seenArchitectures } from 'libseccomp-wasm/bpf';
 *
 * const filter = assemble('A = arch\nif (A == x86_64) goto yes\nreturn KILL_PROCESS\nyes: return ALLOW');
 * const { looksAtArchitecture, architectures } = seenArchitectures(filter);
 * console.log(looksAtArchitecture, architectures.map(({ name }) => name)); // true [ 'x86_64', 'x32' ]
 * ```
 */
export function seenArchitectures(program: ProgramInput, options: DecisionDiagramOptions = {}): SeenArchitectures {
  try {
    const { store, root } = buildDecisionDiagram(program, options);
    return seenIn(partition(store, root, Level.ARCH));
  } catch (error) {
    if (!(error instanceof ProgramTooComplexError)) throw error;
    const { instructions } = readProgram(program, options.endianness);
    const compared = new Set(instructions.filter(({ code }) => isConditionalJump(code)).map(({ k }) => k));
    const named = ARCHITECTURES.filter(({ auditArch }) => compared.has(auditArch));
    return { looksAtArchitecture: named.length > 0, architectures: named.length > 0 ? named : ARCHITECTURES };
  }
}

/** As {@link seenArchitectures}, of a diagram that there is; `other`: what all other architectures meet. */
export function architecturesSeen(store: DiagramStore, root: Node): SeenArchitectures & { other: Node } {
  return seenIn(partition(store, root, Level.ARCH));
}

function seenIn(parts: readonly Part[]) {
  const nodeOf = (auditArch: number) => parts.find(({ from, to }) => from <= auditArch && auditArch <= to)!.node;
  // What most values of the word meet, all those without an architecture among them.
  const sizes = new Map<Node, number>();
  for (const { from, to, node } of parts) sizes.set(node, (sizes.get(node) ?? 0) + to - from + 1);
  const other = [...sizes].sort((a, b) => b[1] - a[1])[0]![0];
  const looksAtArchitecture = parts.length > 1;
  const architectures = ARCHITECTURES.filter(({ auditArch }) => !looksAtArchitecture || nodeOf(auditArch) !== other);
  return { looksAtArchitecture, architectures, other, nodeOf, unnamed: () => unnamedIn(parts, other) };
}

/** The AUDIT_ARCH values that are no architecture's and do not meet what most do, by what they meet. */
function unnamedIn(parts: readonly Part[], other: Node): ReadonlyMap<Node, readonly { from: number; to: number }[]> {
  const named = [...new Set(ARCHITECTURES.map(({ auditArch }) => auditArch))].sort((a, b) => a - b);
  const found = new Map<Node, { from: number; to: number }[]>();
  for (const { from, to, node } of parts) {
    if (node === other) continue;
    const own = found.get(node) ?? [];
    let start = from;
    for (const value of [...named.filter((each) => from <= each && each <= to), to + 1]) {
      if (start < value) own.push({ from: start, to: value - 1 });
      start = value + 1;
    }
    if (own.length > 0) found.set(node, own);
  }
  return found;
}

/**
 * x32's numbers are those with bit 30 set, and x86_64's the others.
 *
 * @throws nothing: every architecture has numbers
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { numbersOf } from 'libseccomp-wasm/bpf';
 *
 * console.log(numbersOf(findArchitecture('x32'))); // [ 1073741824, 4294967295 ]
 * console.log(numbersOf(findArchitecture('aarch64'))); // [ 0, 4294967295 ]
 * ```
 */
export function numbersOf({ name }: Architecture): [from: number, to: number] {
  if (name === 'x32') return [X32_SYSCALL_BIT, 2 ** 32 - 1];
  return [0, name === 'x86_64' ? X32_SYSCALL_BIT - 1 : 2 ** 32 - 1];
}

function between(ranges: readonly NumberRange[], from: number, to: number): NumberRange[] {
  return ranges
    .filter((range) => range.to >= from && range.from <= to)
    .map((range) => ({ ...range, from: Math.max(from, range.from), to: Math.min(to, range.to) }));
}

/** The decisions of functions of the arguments. */
export function createDecider(store: DiagramStore): (node: Node) => readonly Decision[] {
  const known = new Map<Node, readonly Decision[]>();
  const conditionsOf = createTerminalRecovery(store);
  return (node) => {
    const decisions =
      known.get(node) ??
      conditionsOf(node)
        .map(({ terminal, when }) => ({ action: terminalAction(store, terminal), when }))
        .sort((a, b) => size(a.when) - size(b.when));
    known.set(node, decisions);
    return decisions;
  };
}

/**
 * The length of a condition: the shortest is printed, and the longest is the rest. Equalities come before other
 * comparisons.
 */
function size(terms: DnfTerms | undefined): number {
  if (terms === undefined) return Number.POSITIVE_INFINITY;
  const isDifferent = ({ kind }: Condition) => kind === 'notEqual';
  return sizeOf(factorConditions(terms)) + (terms.flat().some(isDifferent) ? 0.5 : 0);
}
