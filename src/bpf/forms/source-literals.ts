import { areInstructions } from '../program/codec.js';
import { INSTRUCTION_SIZE, type Instruction, isOpcode, MAX_INSTRUCTIONS } from '../program/instruction.js';
import { constantOfName, syscallOfName } from './constant-names.js';
import { TextFault } from './program-text-error.js';
import { sourceTokens, type Token } from './source-tokens.js';

/** A literal in a source text: instructions, or the bytes of some. */
export type SourceLiteral =
  | { kind: 'instructions'; instructions: Instruction[]; offset: number }
  | { kind: 'bytes'; bytes: Uint8Array; offset: number };

/** The number of a system call by its name, where the text has one. */
export type CallNumber = (name: string, offset: number) => number;

/**
 * The literals of a source text in C, Rust, Go or Python, or of a log of strace, that are programs. They are arrays of
 * `sock_filter` in any notation, of BPF_STMT and BPF_JUMP, or of bytes, and strings with escapes or of base64. All of an array is
 * understood, or it is a fault: nothing is left out.
 */
export function readLiterals(text: string, callNumber: CallNumber): SourceLiteral[] {
  const tokens = sourceTokens(text);
  const reader = new LiteralReader(tokens, text.length, callNumber);
  const whole = reader.list(0, undefined);
  if (whole?.literal) return [whole.literal];
  const found: SourceLiteral[] = [];
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at]!;
    const tried =
      token.kind === 'string'
        ? reader.strings(at)
        : token.kind === 'symbol' && CLOSING.has(token.text)
          ? reader.list(at + 1, CLOSING.get(token.text))
          : undefined;
    if (tried?.literal) found.push(tried.literal);
    at = tried?.end ?? at + 1;
  }
  return found;
}

const CLOSING: ReadonlyMap<string, string> = new Map([
  ['{', '}'],
  ['[', ']'],
  ['(', ')'],
]);

const FIELDS: ReadonlyMap<string, keyof Instruction> = new Map([
  ['code', 'code'],
  ['op', 'code'],
  ['jt', 'jt'],
  ['jf', 'jf'],
  ['k', 'k'],
]);
const MOST: Readonly<Record<keyof Instruction, number>> = { code: 0xffff, jt: 0xff, jf: 0xff, k: 0xffffffff };

/** Types that a value may be cast to, or be followed by in Rust. */
const TYPES = /^(?:(?:libc::)?(?:__)?u(?:int)?(?:8|16|32)(?:_t)?|int|unsigned|uint|usize)$/;
const MAX_DEPTH = 32;

interface Found {
  /** Undefined where it is none; nothing before `end` is looked at again. */
  literal?: SourceLiteral;
  end: number;
}

/**
 * What is no expression; a fault only where it stands in an array that is a program for the rest. No Error: a stack for
 * each brace of a long text takes long.
 */
class NotRead {
  constructor(
    readonly message: string,
    readonly at: number,
  ) {}
}

class LiteralReader {
  constructor(
    readonly tokens: readonly Token[],
    readonly length: number,
    readonly callNumber: CallNumber,
  ) {}

  #text(at: number): string | undefined {
    const token = this.tokens[at];
    return token?.kind === 'string' ? undefined : token?.text;
  }

  #offset(at: number): number {
    return this.tokens[at]?.offset ?? this.length;
  }

  /** Strings side by side, as C joins them, or with `+` between. */
  strings(from: number): Found {
    const parts: (Uint8Array | undefined)[] = [];
    let at = from;
    for (; this.tokens[at]?.kind === 'string'; at++) {
      const token = this.tokens[at] as Extract<Token, { kind: 'string' }>;
      parts.push(token.bytes);
      if (this.#text(at + 1) === '+' && this.tokens[at + 2]?.kind === 'string') at++;
      // b"…" b"…" of Python
      else if (/^[bB]$/.test(this.#text(at + 1) ?? '') && this.tokens[at + 2]?.kind === 'string') at++;
    }
    if (parts.includes(undefined)) return { end: at };
    const written = Uint8Array.from(parts.flatMap((part) => [...part!]));
    const bytes = areInstructions(written) ? written : bytesOfBase64(written);
    return bytes && areInstructions(bytes)
      ? { literal: { kind: 'bytes', bytes, offset: this.#offset(from) }, end: at }
      : { end: at };
  }

  /** The content of an array, up to what closes it: bytes, or instructions. Undefined where it is neither. */
  list(from: number, closing: string | undefined): Found | undefined {
    const offset = this.#offset(from);
    const isEnd = (at: number) => (closing === undefined ? at >= this.tokens.length : this.#text(at) === closing);
    const instructions: Instruction[] = [];
    let at = from;
    try {
      if (this.tokens[at]?.kind === 'number') return this.#bytes(from, isEnd, offset);
      while (!isEnd(at)) {
        const item = this.#instruction(at);
        instructions.push(item.instruction);
        at = item.end;
        if (instructions.length > MAX_INSTRUCTIONS) {
          throw new NotRead(`more than ${MAX_INSTRUCTIONS} instructions, which is the most that a kernel takes`, at);
        }
        if (this.#text(at) === ',') at++;
        // tcpdump -dd, and rows on lines of their own
        else if (!isEnd(at) && closing !== undefined) throw new NotRead('"," is missing, or what closes the array', at);
      }
    } catch (error) {
      if (!(error instanceof NotRead)) throw error;
      // Something else in braces or parentheses.
      const isMeant = this.#beginsProgram(from) && closing !== undefined;
      if (!isMeant && (instructions.length === 0 || !areOperations(instructions))) return undefined;
      throw new TextFault(error.message, this.#offset(error.at));
    }
    if (instructions.length === 0 || (!this.#beginsProgram(from) && !areOperations(instructions))) return undefined;
    return { literal: { kind: 'instructions', instructions, offset }, end: at + 1 };
  }

  #beginsProgram(at: number): boolean {
    return (
      isMacro(this.#text(at)) ||
      (isTypeOfRow(this.#text(at)) && this.#text(at + 1) === '{' && this.#text(at + 2) !== '}')
    );
  }

  #bytes(from: number, isEnd: (at: number) => boolean, offset: number): Found | undefined {
    const bytes: number[] = [];
    let at = from;
    while (!isEnd(at)) {
      const token = this.tokens[at];
      if (token?.kind !== 'number' || token.value > 0xff || bytes.length >= MAX_INSTRUCTIONS * INSTRUCTION_SIZE)
        return undefined;
      bytes.push(token.value);
      at++;
      if (this.#text(at) === ',') at++;
      else if (!isEnd(at)) return undefined;
    }
    const all = Uint8Array.from(bytes);
    return areInstructions(all) ? { literal: { kind: 'bytes', bytes: all, offset }, end: at + 1 } : undefined;
  }

  #instruction(from: number): { instruction: Instruction; end: number } {
    const first = this.#text(from);
    if (first === '...') throw new NotRead('the program is cut short here; strace prints all of it with -v', from);
    if (this.tokens[from]?.kind === 'directive')
      throw new NotRead('what the preprocessor decides is not known here: compile it, and use scmp dump', from);
    if (isMacro(first)) return this.#macro(from);
    let at = from;
    // (struct sock_filter) { … }
    if (first === '(' && /^struct$/.test(this.#text(at + 1) ?? '')) at += 4;
    if (isTypeOfRow(this.#text(at)) && this.#text(at + 1) === '{') at++;
    const closing = CLOSING.get(this.#text(at) ?? '');
    if (closing === undefined) throw new NotRead(`${this.#shown(at)} is no instruction`, at);
    return this.#row(at + 1, closing);
  }

  #shown(at: number): string {
    const token = this.tokens[at];
    return token === undefined ? 'the end of the text' : JSON.stringify(token.text.slice(0, 60));
  }

  #macro(from: number): { instruction: Instruction; end: number } {
    const isJump = /jump$/i.test(this.#text(from) as string);
    let at = from + 1;
    if (this.#text(at) === '!') at++;
    if (this.#text(at) !== '(') throw new NotRead('"(" is missing', at);
    const values: number[] = [];
    do {
      const { value, end } = this.#expression(at + 1, 0);
      values.push(value);
      at = end;
    } while (this.#text(at) === ',' && values.length < 4);
    if (this.#text(at) !== ')') throw new NotRead(`${this.#shown(at)} where ")" should be`, at);
    const expected = isJump ? 4 : 2;
    if (values.length !== expected) {
      throw new NotRead(`${this.#text(from)} takes ${expected} operands, and ${values.length} are here`, from);
    }
    const [code = 0, k = 0, jt = 0, jf = 0] = values;
    return { instruction: checked({ code, jt, jf, k }, from), end: at + 1 };
  }

  #row(from: number, closing: string): { instruction: Instruction; end: number } {
    const named: Partial<Record<keyof Instruction, number>> = {};
    const inOrder: number[] = [];
    let at = from;
    while (this.#text(at) !== closing) {
      const dot = this.#text(at) === '.' ? 1 : 0;
      const quoted = this.tokens[at]?.kind === 'string' ? this.tokens[at]?.text.slice(1, -1) : undefined;
      const name = FIELDS.get((quoted ?? this.#text(at + dot) ?? '').toLowerCase());
      const isNamed = name !== undefined && /^[:=]$/.test(this.#text(at + dot + 1) ?? '');
      const { value, end } = this.#expression(isNamed ? at + dot + 2 : at, 0);
      if (isNamed) {
        if (named[name] !== undefined) throw new NotRead(`${name} is there twice`, at);
        named[name] = value;
      } else inOrder.push(value);
      at = end;
      if (this.#text(at) === ',') at++;
      else if (this.#text(at) !== closing)
        throw new NotRead(`${this.#shown(at)} where ${JSON.stringify(closing)} should be`, at);
    }
    const isNamedRow = named.code !== undefined && inOrder.length === 0;
    if (!isNamedRow && (inOrder.length !== 4 || Object.keys(named).length > 0)) {
      throw new NotRead('an instruction has four fields: code, jt, jf and k', from);
    }
    const [code = 0, jt = 0, jf = 0, k = 0] = inOrder;
    const instruction = isNamedRow ? { code: 0, jt: 0, jf: 0, k: 0, ...named } : { code, jt, jf, k };
    return { instruction: checked(instruction, from), end: at + 1 };
  }

  /** An expression of constants, with the precedence of C for the operators that such texts have. */
  #expression(from: number, depth: number, least = 0): { value: number; end: number } {
    if (depth > MAX_DEPTH) throw new NotRead('too many parentheses', from);
    let { value, end } = this.#operand(from, depth);
    for (;;) {
      const operator = OPERATORS.get(this.#text(end) ?? '');
      if (!operator || operator.precedence < least) break;
      const right = this.#expression(end + 1, depth + 1, operator.precedence + 1);
      value = operator.apply(value, right.value) >>> 0;
      end = right.end;
    }
    return { value, end };
  }

  #operand(at: number, depth: number): { value: number; end: number } {
    if (depth > MAX_DEPTH) throw new NotRead('too many parentheses', at);
    const token = this.tokens[at];
    if (token?.kind === 'number') {
      if (token.value > 0xffffffff) throw new NotRead(`${token.text} has more than 32 bits`, at);
      return this.#cast(token.value, at + 1);
    }
    if (token?.kind === 'symbol') {
      if (token.text === '~' || token.text === '-') {
        const { value, end } = this.#operand(at + 1, depth + 1);
        return { value: (token.text === '~' ? ~value : -value) >>> 0, end };
      }
      if (token.text === '(') {
        // a cast
        if (TYPES.test(this.#text(at + 1) ?? '') && this.#text(at + 2) === ')') return this.#operand(at + 3, depth + 1);
        const { value, end } = this.#expression(at + 1, depth + 1);
        if (this.#text(end) !== ')') throw new NotRead(`${this.#shown(end)} where ")" should be`, end);
        return this.#cast(value, end + 1);
      }
    }
    if (token?.kind === 'word') {
      if (/^(?:.*(?:::|\.))?(?:__builtin_)?offsetof$/.test(token.text)) return this.#offsetOf(at);
      const call = syscallOfName(token.text);
      const value = call === undefined ? constantOfName(token.text) : this.callNumber(call, token.offset);
      if (value !== undefined && this.#text(at + 1) !== '(') return this.#cast(value, at + 1);
      throw new NotRead(
        `${this.#shown(at)} is not known here, and no part of the program is left out: compile it and use scmp dump, or write its value`,
        at,
      );
    }
    throw new NotRead(`${this.#shown(at)} is no value`, at);
  }

  /** `as u16` of Rust. */
  #cast(value: number, end: number): { value: number; end: number } {
    const isCast =
      this.#text(end) === 'as' && /^(?:u8|u16|u32|u64|usize|i32|libc::\w+)$/.test(this.#text(end + 1) ?? '');
    return isCast ? this.#cast(value, end + 2) : { value, end };
  }

  /** `offsetof(struct seccomp_data, args[1])`. */
  #offsetOf(from: number): { value: number; end: number } {
    let at = from + 1;
    const expect = (...texts: string[]) => {
      for (const text of texts) {
        if (this.#text(at) !== text) throw new NotRead('an offset is one of a field of struct seccomp_data', at);
        at++;
      }
    };
    expect('(');
    if (this.#text(at) === 'struct') at++;
    expect('seccomp_data', ',');
    const field = this.#text(at) ?? '';
    const offset = FIELD_OFFSETS.get(field);
    if (offset === undefined) throw new NotRead('an offset is one of a field of struct seccomp_data', at);
    at++;
    if (field !== 'args' || this.#text(at) !== '[') {
      expect(')');
      return { value: offset, end: at };
    }
    const { value, end } = this.#expression(at + 1, 1);
    if (value > 5) throw new NotRead('struct seccomp_data has args[0] to args[5]', at);
    at = end;
    expect(']', ')');
    return { value: offset + 8 * value, end: at };
  }
}

/** linux/seccomp.h. */
const FIELD_OFFSETS: ReadonlyMap<string, number> = new Map([
  ['nr', 0],
  ['arch', 4],
  ['instruction_pointer', 8],
  ['args', 16],
]);

const OPERATORS: ReadonlyMap<string, { precedence: number; apply: (a: number, b: number) => number }> = new Map([
  ['|', { precedence: 1, apply: (a, b) => a | b }],
  ['^', { precedence: 2, apply: (a, b) => a ^ b }],
  ['&', { precedence: 3, apply: (a, b) => a & b }],
  ['<<', { precedence: 4, apply: (a, b) => (b < 32 ? a << b : 0) }],
  ['>>', { precedence: 4, apply: (a, b) => (b < 32 ? a >>> b : 0) }],
  ['+', { precedence: 5, apply: (a, b) => a + b }],
  ['-', { precedence: 5, apply: (a, b) => a - b }],
]);

/** The bytes of a string that is base64 as a whole; undefined of another one. */
function bytesOfBase64(written: Uint8Array): Uint8Array | undefined {
  if (written.length < 12 || written.length % 4 !== 0 || written.length > MAX_BASE64) return undefined;
  const text = new TextDecoder('latin1').decode(written);
  if (!/^[\w+/]+={0,2}$/.test(text) || text.includes('_')) return undefined;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

const MAX_BASE64 = Math.ceil((MAX_INSTRUCTIONS * INSTRUCTION_SIZE) / 3) * 4;

const areOperations = (instructions: readonly Instruction[]) => instructions.every(({ code }) => isOpcode(code));
const isMacro = (text: string | undefined) => /^(?:.*(?:::|\.))?bpf_(?:stmt|jump)$/i.test(text ?? '');
const isTypeOfRow = (text: string | undefined) =>
  /^(?:.*(?:::|\.))?(?:sock_filter|SockFilter|RawInstruction|Filter)$/.test(text ?? '');

function checked(instruction: Instruction, at: number): Instruction {
  for (const [name, most] of Object.entries(MOST)) {
    const value = instruction[name as keyof Instruction];
    if (value > most) throw new NotRead(`${name} is ${value}, and can be ${most} at most`, at);
  }
  return instruction;
}
