import { type Architecture, type ArchitectureName, auditArchitecture, parseArchitecture } from '../../architecture.js';
import type { SourcePosition } from '../../errors.js';
import { checkArgument, checkOptions, FUNCTION, LIST, TEXT } from '../../options.js';
import { encodeProgram } from '../program/codec.js';
import { analyzeFlow, type FlowState } from '../program/dataflow.js';
import { usesOperand } from '../program/effects.js';
import { InvalidProgramError } from '../program/errors.js';
import { type Endianness, type Instruction, isConditionalJump } from '../program/instruction.js';
import type { FilterProgram } from '../program/program.js';
import { verifyProgram } from '../program/verify.js';
import { AssemblyError, type AssemblyIssue, type AssemblyIssueCode } from './assembly-error.js';
import { type NameContext, resolveErrno, resolveNames, Unresolved } from './assembly-names.js';
import { parseAssembly } from './assembly-parser.js';
import type { JumpTarget, SourceInstruction, SourceProgram } from './assembly-syntax.js';
import { halfOffset, namedArchitecture } from './naming.js';

export interface AssembleOptions {
  /** The architectures of the program, where the text does not name them (`.arch`). The text must not name others. */
  architectures?: readonly (ArchitectureName | (string & {}))[] | undefined;
  /**
   * The number of a system call on an architecture given by libseccomp's token (x32: 0x4000003e, numbers with bit 30 set).
   * Without it names of system calls are refused.
   */
  syscallNumber?: ((token: number, name: string) => number | undefined) | undefined;
  /** Not used here. It is declared so that what `syscallNaming` returns can be passed as it is. */
  syscallName?: ((token: number, nr: number) => string | undefined) | undefined;
  /** What to call the text in messages, usually its file name. */
  source?: string | undefined;
}

export interface AssembledProgram extends FilterProgram {
  instructions: readonly Instruction[];
  endianness: Endianness;
}

/**
 * Assemble a program: source as `formatAssembly` writes it, a listing as `formatDisassembly` does, or a text made by
 * hand (docs/asm.md). The result is one that the kernel loads: it is verified. Its `arches` are those of `.arch`, else
 * of the option, else those that it compares `arch` with.
 *
 * @throws {AssemblyError} when the text is no valid program; it has everything that is wrong
 * @throws {InvalidArgumentError} when `architectures` has an unknown name
 *
 * @example
 * ```js
 * import { assemble } from 'libseccomp-wasm/bpf';
 *
 * const filter = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * console.log(filter.arches, filter.endianness, filter.instructions.length); // [ 'x86_64' ] little 4
 * ```
 */
export function assemble(text: string, options: AssembleOptions = {}): AssembledProgram {
  checkArgument('assemble', 'text', text, TEXT);
  checkOptions('assemble', options, {
    architectures: [LIST],
    syscallNumber: [FUNCTION],
    syscallName: [FUNCTION],
    source: [TEXT],
  });
  const { program, issues } = parseAssembly(text);
  const given = options.architectures?.map(parseArchitecture);
  if (issues.length === 0) {
    const assembly = new Assembly(program, options, given, issues);
    const assembled = assembly.run();
    if (assembled !== undefined && issues.length === 0) return assembled;
  }
  issues.sort((a, b) => a.position.offset - b.position.offset);
  throw new AssemblyError(issues, options.source ?? 'program');
}

const MAX_CONDITIONAL_JUMP = 255;

class Assembly {
  constructor(
    readonly program: SourceProgram,
    readonly options: AssembleOptions,
    readonly given: readonly Architecture[] | undefined,
    readonly issues: AssemblyIssue[],
  ) {}

  run(): AssembledProgram | undefined {
    const { instructions: sources, end } = this.program;
    const assumed = this.#assumed();
    const shapes = sources.map((source, index) => this.#shape(source, index));
    // Names of architectures are resolved first: only comparisons with them steer the analysis.
    const states = analyzeFlow(shapes);
    const compared = comparedArchitectures(states);
    const endianness = this.#endianness(assumed, compared);
    if (this.issues.length > 0 || endianness === undefined) return undefined;

    const instructions = shapes.map((shape, index) => {
      const source = sources[index]!;
      const k = this.#operand(source, shape, states[index], { assumed, endianness });
      const instruction = { ...shape, k };
      return source.fields === undefined ? instruction : this.#checkFields(source, instruction);
    });
    if (this.issues.length > 0) return undefined;
    try {
      verifyProgram(instructions);
    } catch (error) {
      if (!(error instanceof InvalidProgramError)) throw error;
      const position = error.index === undefined ? end : (sources[error.index]?.position ?? end);
      this.#issue('invalid-program', error.message, position);
      return undefined;
    }
    const arches = (assumed.length > 0 ? assumed : compared).map(({ name }) => name);
    return { program: encodeProgram(instructions, endianness), arches, instructions, endianness };
  }

  #issue(code: AssemblyIssueCode, message: string, position: SourcePosition): void {
    this.issues.push({ code, message, position });
  }

  #assumed(): readonly Architecture[] {
    const own = this.program.architectures;
    const names = (list: readonly Architecture[]) =>
      list
        .map(({ name }) => name)
        .sort()
        .join(', ');
    if (own && this.given && names(own) !== names(this.given)) {
      const message = `the text is for ${names(own)} and was asked for ${names(this.given)}; take one of them away`;
      this.#issue('misplaced-directive', message, { line: 1, column: 1, offset: 0 });
    }
    return own ?? this.given ?? [];
  }

  #endianness(assumed: readonly Architecture[], compared: readonly Architecture[]): Endianness | undefined {
    const { endianness, end } = this.program;
    const orders = new Set((assumed.length > 0 ? assumed : compared).map((each) => each.endianness));
    if (assumed.length > 0 && endianness !== undefined) orders.add(endianness);
    if (orders.size === 1 && (endianness === undefined || assumed.length > 0)) return [...orders][0];
    if (assumed.length === 0 && endianness !== undefined) return endianness;
    const message =
      orders.size === 0
        ? 'nothing says what machine this is for: add .arch NAME or .endian little'
        : 'it is for machines of both byte orders, and no program can be; add the right .arch';
    this.#issue('no-byte-order', message, end);
    return undefined;
  }

  /** The instruction with its jumps; `k` is a number where it is known by now. */
  #shape({ code, operand, target, branches, fields, raw }: SourceInstruction, index: number): Instruction {
    if (raw && fields) return fields;
    if (target) return { code, jt: 0, jf: 0, k: this.#distance(target, index) };
    const [jt = 0, jf = 0] = branches?.map((branch) => this.#distance(branch, index, MAX_CONDITIONAL_JUMP)) ?? [];
    return { code, jt, jf, k: knownValue(operand) };
  }

  #distance(target: JumpTarget, index: number, longest = Number.POSITIVE_INFINITY): number {
    if (target.kind === 'next') return 0;
    const { name, position } = target;
    const to = this.program.labels.get(name);
    if (to === undefined) {
      this.#issue('unknown-label', `there is no label ${name}`, position);
      return 0;
    }
    const distance = to - (index + 1);
    if (distance < 0) {
      this.#issue('backward-jump', `label ${name} is not ahead of here, and programs only jump forward`, position);
      return 0;
    }
    if (distance > longest) {
      const message = `label ${name} is ${distance} instructions ahead; a conditional jump skips ${longest} at most, so jump to a "goto ${name}" on the way`;
      this.#issue('jump-too-far', message, position);
      return 0;
    }
    return distance;
  }

  #operand(
    { operand }: SourceInstruction,
    shape: Instruction,
    state: FlowState | undefined,
    { assumed, endianness }: { assumed: readonly Architecture[]; endianness: Endianness },
  ): number {
    const context: NameContext = {
      state,
      assumed,
      comparison: isConditionalJump(shape.code),
      syscallNumber: this.options.syscallNumber,
    };
    try {
      if (operand.kind === 'half') return halfOffset(operand.start, operand.half, endianness);
      if (operand.kind === 'names') return resolveNames(operand.parts, context);
      if (operand.kind === 'errno') return resolveErrno(operand, context);
      return shape.k;
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      this.#issue(error.code, error.message, error.position);
      return 0;
    }
  }

  /** A listing says everything twice. If the two disagree it is no program: it is not known which was meant. */
  #checkFields({ fields, position, raw }: SourceInstruction, words: Instruction): Instruction {
    if (fields === undefined || raw) return words;
    const jumps = isConditionalJump(words.code);
    const agree =
      fields.code === words.code &&
      (!usesOperand(words.code) || fields.k === words.k) &&
      (!jumps || (fields.jt === words.jt && fields.jf === words.jf));
    if (!agree) {
      const { code, jt, jf, k } = words;
      const message = `the fields say something else than the words, which are ${hex(code)} ${hex(jt)} ${hex(jf)} ${hex(k)}; after a change take the fields away`;
      this.#issue('fields-disagree', message, position);
    }
    return fields;
  }
}

function knownValue(operand: SourceInstruction['operand']): number {
  if (operand.kind === 'number') return operand.value;
  if (operand.kind === 'half') return operand.start;
  if (operand.kind === 'errno' || operand.parts.length !== 1) return 0;
  const [part] = operand.parts;
  return (part?.kind === 'name' && namedArchitecture(part.name)?.auditArch) || 0;
}

/** The architectures that a program distinguishes, by what it compares `arch` with. */
function comparedArchitectures(states: readonly (FlowState | undefined)[]): Architecture[] {
  const values = states.flatMap((state) => (state?.arch.kind === 'only' ? [...state.arch.values] : []));
  return [...new Set(values)].map(auditArchitecture).filter((each) => each !== undefined);
}

const hex = (value: number) => `0x${value.toString(16).padStart(2, '0')}`;
