import { type Architecture, type ArchitectureName, auditArchitecture, parseArchitecture } from '../../architecture.js';
import type { SourcePosition } from '../../errors.js';
import { checkArgument, checkOptions, FUNCTION, LIST, TEXT } from '../../options.js';
import { printable } from '../../text.js';
import { assemble } from '../assembly/assemble.js';
import { decodeProgram, detectEndianness, encodeProgram } from '../program/codec.js';
import { analyzeFlow } from '../program/dataflow.js';
import { type Endianness, type Instruction, Opcode, SeccompDataOffset } from '../program/instruction.js';
import { readBase64, readHex, readHexDump } from './byte-texts.js';
import { readJsonProgram } from './json-program.js';
import { readDecimal, readListing } from './listing.js';
import { ProgramTextError, TextFault } from './program-text-error.js';
import { MAX_PROGRAM_TEXT, mayBeProgramText } from './program-text-sign.js';
import { readLiterals, type SourceLiteral } from './source-literals.js';

/** How a text holds a program. */
export type ProgramForm = 'hex' | 'hex dump' | 'base64' | 'decimal' | 'json' | 'listing' | 'assembler' | 'source';

export interface ReadProgramOptions {
  /**
   * The architectures that the program is for, by any name. They set the byte order where the form is instructions and not
   * bytes, and what names of system calls stand for. Default: those that the program compares `arch` with.
   */
  architectures?: readonly (ArchitectureName | (string & {}))[] | undefined;
  /** The machine of a program that does not say. Without it such a program is refused. */
  otherwise?: ArchitectureName | (string & {}) | undefined;
  /** The number of a system call on an architecture given by libseccomp's token, as of `assemble`. */
  syscallNumber?: ((token: number, name: string) => number | undefined) | undefined;
  /** Not used here. It is declared so that what `syscallNaming` returns can be passed as it is. */
  syscallName?: ((token: number, nr: number) => string | undefined) | undefined;
  /** What to call the text in messages, usually its file name. */
  source?: string | undefined;
}

/** A program that a text holds. */
export interface ReadProgram {
  form: ProgramForm;
  /** `struct sock_filter` after `struct sock_filter`, 8 bytes each, in the program's byte order. */
  program: Uint8Array;
  endianness: Endianness;
}

/**
 * Read a program from a text: hex digits, `xxd`, base64; arrays of C, Rust, Go and Python; BPF_STMT and BPF_JUMP, in a
 * source or as strace prints them. `scmp`'s assembler, listings and JSON are read too, and so are listings of libseccomp's
 * tools, seccomp-tools and firejail, and `tcpdump -dd` and `-ddd`. Nothing of a program is left out or guessed.
 *
 * @returns undefined for a text that is none of these
 * @throws {ProgramTextError} when a program is meant and is cut short, has an unknown name, or is one of several, and for
 * libseccomp's pseudo filter code
 * @throws {AssemblyError} when the text is assembler and has faults
 * @throws {InvalidArgumentError} when an architecture or option is unknown
 *
 * @example
 * ```js
 * import { readProgramText } from 'libseccomp-wasm/bpf';
 *
 * const { form, program, endianness } = readProgramText('{ 0x06, 0, 0, 0x7fff0000 },', { otherwise: 'x86_64' });
 * console.log(form, program.length, endianness); // source 8 little
 * console.log(readProgramText('{"defaultAction": "SCMP_ACT_ALLOW"}')); // undefined
 * ```
 */
export function readProgramText(text: string, options: ReadProgramOptions = {}): ReadProgram | undefined {
  checkArgument('readProgramText', 'text', text, TEXT);
  checkOptions('readProgramText', options, {
    architectures: [LIST],
    otherwise: [TEXT],
    syscallNumber: [FUNCTION],
    syscallName: [FUNCTION],
    source: [TEXT],
  });
  if (text.length > MAX_PROGRAM_TEXT || !mayBeProgramText(text)) return undefined;
  const asked = (options.architectures ?? []).map(parseArchitecture);
  const otherwise = options.otherwise === undefined ? undefined : parseArchitecture(options.otherwise);
  try {
    return read(text.replace(/^\uFEFF/, ''), { ...options, asked, otherwise });
  } catch (error) {
    if (!(error instanceof TextFault)) throw error;
    throw new ProgramTextError(printable(error.message), options.source ?? 'program', positionAt(text, error.offset));
  }
}

interface Context extends Omit<ReadProgramOptions, 'otherwise'> {
  asked: readonly Architecture[];
  otherwise: Architecture | undefined;
}

function read(text: string, context: Context): ReadProgram | undefined {
  refuseOthers(text);
  const bytes = (form: ProgramForm, found: Uint8Array | undefined) => found && withBytes(form, found, context);
  const instructions = (form: ProgramForm, found: Instruction[] | undefined, order?: Endianness) =>
    found && withInstructions(form, found, context, order);
  if (/^\s*(?:\{\s*"|\[)/.test(text)) {
    const json = readJsonProgram(text);
    if (json?.bytes) return withBytes('json', json.bytes, context, json.endianness);
    if (json?.instructions) return instructions('json', json.instructions, json.endianness);
    if (/^\s*\{/.test(text)) return undefined;
  }
  return (
    bytes('hex dump', readHexDump(text)) ??
    instructions('decimal', readDecimal(text)) ??
    bytes('hex', readHex(text)) ??
    bytes('base64', readBase64(text)) ??
    readAssembler(text, context) ??
    instructions('listing', readListing(text)) ??
    readSource(text, context)
  );
}

/** What people take for a program, and what does not hold one. */
function refuseOthers(text: string): void {
  if (/^\s*#\s*pseudo filter code/.test(text)) {
    throw new TextFault(
      "this is libseccomp's pseudo filter code (PFC), which describes rules and is no program: export the program with seccomp_export_bpf(3), or use scmp compile --format bpf, or scmp dump",
      0,
    );
  }
  const address = /\bfilter=0x[\da-f]{4,}/i.exec(text);
  if (address && !/\bBPF_(?:STMT|JUMP)\b/.test(text)) {
    throw new TextFault('strace printed where the program is, not the program: run strace -v', address.index);
  }
}

/** Our own listings and sources, which the assembler reads; those of other tools have other words beside the fields. */
function readAssembler(text: string, { asked, syscallNumber, source, otherwise }: Context): ReadProgram | undefined {
  const isOwn = /^[ \t]*\.(?:arch|endian)[ \t]/m.test(text);
  const isSource = /^[ \t]*A = (?:nr|arch|args\[|seccomp_data\[)/m.test(text);
  if (!isOwn && !isSource) return undefined;
  // What a program is for stands in it, as in bytes: who asks about another machine hears what it does there.
  const isNamed = /^[ \t]*\.arch[ \t]/m.test(text);
  const isUnsaid = !isOwn && otherwise !== undefined && !comparesArchitecture(text);
  const unnamed = asked.length > 0 || !isUnsaid ? asked : [otherwise];
  const names = isNamed ? [] : unnamed;
  const { program, endianness } = assemble(text, {
    architectures: names.length > 0 ? names.map(({ name }) => name) : undefined,
    syscallNumber,
    source,
  });
  return { form: 'assembler', program, endianness };
}

const comparesArchitecture = (text: string) => /^[ \t]*A = arch\b/m.test(text);

function readSource(text: string, context: Context): ReadProgram | undefined {
  const { asked, otherwise, syscallNumber } = context;
  // Names of calls are numbers of the architectures that the same text compares.
  const named = new Map<number, Set<number>>();
  const numberOn = (architecture: Architecture, name: string, offset: number): number => {
    const number = syscallNumber?.(architecture.token, name);
    if (number === undefined) throw new TextFault(`${architecture.name} has no system call ${name}`, offset);
    return number >>> 0;
  };
  const architectures = asked.length > 0 ? asked : (architecturesNamed(text) ?? (otherwise ? [otherwise] : []));
  const literals = readLiterals(text, (name, offset) => {
    const numbers = new Set(architectures.map((each) => numberOn(each, name, offset)));
    named.set(offset, numbers);
    if (numbers.size === 1) return [...numbers][0]!;
    throw new TextFault(
      numbers.size === 0
        ? `${name} is a number of an architecture, and nothing says of which: name it (--arch)`
        : `${name} has another number on each of ${architectures.map((each) => each.name).join(', ')}: name one (--arch)`,
      offset,
    );
  });
  const programs = new Map<string, ReadProgram>();
  const places: SourceLiteral[] = [];
  for (const literal of literalsOf(literals, asked)) {
    const found =
      literal.kind === 'bytes'
        ? withBytes('source', literal.bytes, context)
        : withInstructions('source', literal.instructions, context);
    const key = found.program.join();
    if (!programs.has(key)) places.push(literal);
    programs.set(key, found);
  }
  if (programs.size > 1) {
    const lines = places.map(({ offset }) => positionAt(text, offset).line);
    throw new TextFault(
      `${programs.size} programs are here, in lines ${lines.slice(0, 12).join(', ')}${lines.length > 12 ? ', …' : ''}: give one at a time, or name the architecture that one alone compares with (--arch)`,
      places[1]!.offset,
    );
  }
  const [found] = programs.values();
  if (!found && /\bsock_filter\b[^;={]{0,200}=|\bBPF_(?:STMT|JUMP)\s?\(/.test(text)) {
    throw new TextFault(
      'no whole program is here: macros of its own, and what the preprocessor makes, are not known. Compile it, and use scmp dump',
      Math.max(0, text.search(/\bsock_filter\b|\bBPF_(?:STMT|JUMP)\b/)),
    );
  }
  return found;
}

/** Of several programs those for the one architecture that is asked for: a source may have one for each machine. */
function literalsOf(literals: readonly SourceLiteral[], asked: readonly Architecture[]): readonly SourceLiteral[] {
  const [wanted, ...others] = asked;
  if (literals.length < 2 || wanted === undefined || others.length > 0) return literals;
  const compare = literals.filter((literal) => {
    const instructions =
      literal.kind === 'instructions'
        ? literal.instructions
        : decodeProgram(literal.bytes, detectEndianness(literal.bytes));
    return architecturesCompared(instructions).some(({ auditArch }) => auditArch === wanted.auditArch);
  });
  return compare.length > 0 ? compare : literals;
}

/** The architectures whose AUDIT_ARCH_… a source names; undefined where it names none. */
function architecturesNamed(text: string): Architecture[] | undefined {
  const names = new Set([...text.matchAll(/\bAUDIT_ARCH_(\w+)/g)].map(([, name]) => (name === 'I386' ? 'x86' : name!)));
  const known = [...names].flatMap((name) => {
    try {
      return [parseArchitecture(name.toLowerCase())];
    } catch {
      return [];
    }
  });
  return known.length > 0 ? known : undefined;
}

function withBytes(form: ProgramForm, program: Uint8Array, { asked }: Context, order?: Endianness): ReadProgram {
  const endianness = order ?? onlyOrder(asked) ?? detectEndianness(program);
  decodeProgram(program, endianness);
  return { form, program, endianness };
}

function withInstructions(
  form: ProgramForm,
  instructions: Instruction[],
  { asked, otherwise }: Context,
  order?: Endianness,
): ReadProgram {
  const endianness =
    onlyOrder(asked) ?? order ?? orderOf(instructions) ?? otherwise?.endianness ?? anyOrder(instructions);
  if (endianness === undefined) {
    throw new TextFault('nothing says for machines of which byte order this is: name an architecture (--arch)', 0);
  }
  return { form, program: encodeProgram(instructions, endianness), endianness };
}

function onlyOrder(architectures: readonly Architecture[]): Endianness | undefined {
  const orders = new Set(architectures.map(({ endianness }) => endianness));
  return orders.size === 1 ? [...orders][0] : undefined;
}

/** As the program shows it: by the architectures that it compares with. */
function orderOf(instructions: readonly Instruction[]): Endianness | undefined {
  return onlyOrder(architecturesCompared(instructions));
}

function architecturesCompared(instructions: readonly Instruction[]): Architecture[] {
  const values = analyzeFlow(instructions).flatMap((state) =>
    state?.arch.kind === 'only' ? [...state.arch.values] : [],
  );
  return [...new Set(values)].map(auditArchitecture).filter((each) => each !== undefined);
}

/** It makes no difference where only the architecture and the number are read, which are single words. */
function anyOrder(instructions: readonly Instruction[]): Endianness | undefined {
  const halves = instructions.some(({ code, k }) => code === Opcode.LD_ABS && k > SeccompDataOffset.ARCH);
  return halves ? undefined : 'little';
}

/** The place of an offset: lines and columns count from 1. */
function positionAt(text: string, offset: number): SourcePosition {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n'), offset };
}
