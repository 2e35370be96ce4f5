import { ACTION_DATA_MASK, encodeAction } from '../../action.js';
import { findArchitecture } from '../../architecture.js';
import type { Action } from '../../policy.js';
import { type Instruction, Opcode, SeccompDataOffset } from '../program/instruction.js';
import type { AssemblyToken } from './assembly-lexer.js';
import type { JumpTarget, NamePart, Operand, SourceInstruction } from './assembly-syntax.js';
import { type LineReader, parseTarget } from './line-reader.js';

type Parsed = Omit<SourceInstruction, 'position' | 'fields' | 'raw'>;

const NOTHING: Operand = { kind: 'number', value: 0 };
const NEXT: JumpTarget = { kind: 'next' };

/** One instruction, in words, with its four fields before them (a listing), or with these alone (behind `.insn`). */
export function parseStatement(reader: LineReader, insn?: AssemblyToken): SourceInstruction {
  const { position } = insn ?? reader.next;
  if (insn !== undefined) {
    const fields = parseFields(reader);
    return { position, code: fields.code, operand: NOTHING, fields, raw: true };
  }
  if (reader.next.kind === 'number') {
    const fields = parseFields(reader);
    return { position, ...parseWords(reader), fields };
  }
  return { position, ...parseWords(reader) };
}

function parseFields(reader: LineReader): Instruction {
  const field = (name: string, max: number) => {
    const token = reader.take();
    if (token.kind !== 'number') reader.fail(`expected ${name}, the instruction's fields being CODE JT JF K`, token);
    return numberIn(reader, token, max);
  };
  return { code: field('CODE', 0xffff), jt: field('JT', 0xff), jf: field('JF', 0xff), k: field('K', 0xffffffff) };
}

function parseWords(reader: LineReader): Parsed {
  const token = reader.take();
  switch (token.text) {
    case 'A':
      return parseA(reader);
    case 'X':
      reader.expect('=');
      return parseX(reader);
    case 'M':
    case 'mem': {
      const operand = parseSlot(reader);
      reader.expect('=');
      const register = reader.take();
      if (register.text !== 'A' && register.text !== 'X') reader.fail('expected A or X', register);
      return { code: register.text === 'A' ? Opcode.ST : Opcode.STX, operand };
    }
    case 'goto':
      return { code: Opcode.JA, operand: NOTHING, target: parseTarget(reader) };
    case 'if':
      return parseIf(reader);
    case 'return':
      return parseReturn(reader);
    default:
      return reader.fail('expected an instruction (A = …, X = …, M[…] = …, if, goto, return)', token);
  }
}

const ASSIGNMENTS: ReadonlyMap<string, readonly [k: number, x: number]> = new Map(
  Object.entries({
    '+=': [Opcode.ADD_K, Opcode.ADD_X],
    '-=': [Opcode.SUB_K, Opcode.SUB_X],
    '*=': [Opcode.MUL_K, Opcode.MUL_X],
    '/=': [Opcode.DIV_K, Opcode.DIV_X],
    '|=': [Opcode.OR_K, Opcode.OR_X],
    '&=': [Opcode.AND_K, Opcode.AND_X],
    '^=': [Opcode.XOR_K, Opcode.XOR_X],
    '<<=': [Opcode.LSH_K, Opcode.LSH_X],
    '>>=': [Opcode.RSH_K, Opcode.RSH_X],
  }),
);

/** What begins with `A`: a load, arithmetic, or `A == 3 ? label : label`. */
function parseA(reader: LineReader): Parsed {
  const { text } = reader.next;
  const assignment = ASSIGNMENTS.get(text);
  if (assignment) {
    reader.take();
    const [k, x] = assignment;
    return reader.accept('X') ? { code: x, operand: NOTHING } : { code: k, operand: parseOperand(reader) };
  }
  if (reader.accept('=')) return parseLoad(reader);
  const condition = parseComparison(reader);
  reader.expect('?');
  const whenTrue = parseTarget(reader);
  reader.expect(':');
  return jump(condition, whenTrue, parseTarget(reader));
}

function parseLoad(reader: LineReader): Parsed {
  const token = reader.next;
  switch (token.text) {
    case 'X':
      reader.take();
      return { code: Opcode.TXA, operand: NOTHING };
    case 'M':
    case 'mem':
      reader.take();
      return { code: Opcode.LD_MEM, operand: parseSlot(reader) };
    case 'sizeof':
      parseSizeof(reader);
      return { code: Opcode.LD_LEN, operand: NOTHING };
    case 'nr':
    case 'sys_number':
      return field(reader, SeccompDataOffset.NR);
    case 'arch':
      return field(reader, SeccompDataOffset.ARCH);
    case 'instruction_pointer':
      reader.take();
      return { code: Opcode.LD_ABS, operand: parseHalf(reader, token, SeccompDataOffset.INSTRUCTION_POINTER) };
    case 'args': {
      reader.take();
      const index = parseIndex(reader, 5);
      return { code: Opcode.LD_ABS, operand: parseHalf(reader, token, SeccompDataOffset.ARGS + 8 * index) };
    }
    case 'seccomp_data':
      reader.take();
      return { code: Opcode.LD_ABS, operand: { kind: 'number', value: parseIndex(reader, 0xffffffff) } };
    case '-':
      if (reader.peek(1).text === 'A') {
        reader.take();
        reader.take();
        return { code: Opcode.NEG, operand: NOTHING };
      }
  }
  return { code: Opcode.LD_IMM, operand: parseOperand(reader) };
}

function field(reader: LineReader, offset: number): Parsed {
  reader.take();
  return { code: Opcode.LD_ABS, operand: { kind: 'number', value: offset } };
}

function parseX(reader: LineReader): Parsed {
  if (reader.accept('A')) return { code: Opcode.TAX, operand: NOTHING };
  if (reader.next.text === 'sizeof') {
    parseSizeof(reader);
    return { code: Opcode.LDX_LEN, operand: NOTHING };
  }
  if (reader.accept('M') || reader.accept('mem')) return { code: Opcode.LDX_MEM, operand: parseSlot(reader) };
  return { code: Opcode.LDX_IMM, operand: parseOperand(reader) };
}

function parseSizeof(reader: LineReader): void {
  for (const text of ['sizeof', '(', 'seccomp_data', ')']) reader.expect(text);
}

function parseSlot(reader: LineReader): Operand {
  return { kind: 'number', value: parseIndex(reader, 15) };
}

function parseIndex(reader: LineReader, max: number): number {
  reader.expect('[');
  const token = reader.take();
  if (token.kind !== 'number') reader.fail('expected a number', token);
  const value = numberIn(reader, token, max);
  reader.expect(']');
  return value;
}

function parseHalf(reader: LineReader, { position }: AssemblyToken, start: number): Operand {
  if (!reader.accept('.')) {
    reader.fail('the field has 64 bits and A has 32: add .low or .high');
  }
  const half = reader.take();
  if (half.text !== 'low' && half.text !== 'high') reader.fail('expected low or high', half);
  return { kind: 'half', start, half: half.text, position };
}

interface Condition {
  /** Operation with `k` and with X. */
  codes: readonly [k: number, x: number];
  /** The machine has only its opposite. */
  negated: boolean;
  /** X where undefined. */
  operand?: Operand | undefined;
}

const COMPARISONS: ReadonlyMap<string, Omit<Condition, 'operand'>> = new Map(
  Object.entries({
    '==': { codes: [Opcode.JEQ_K, Opcode.JEQ_X], negated: false },
    '!=': { codes: [Opcode.JEQ_K, Opcode.JEQ_X], negated: true },
    '>': { codes: [Opcode.JGT_K, Opcode.JGT_X], negated: false },
    '<=': { codes: [Opcode.JGT_K, Opcode.JGT_X], negated: true },
    '>=': { codes: [Opcode.JGE_K, Opcode.JGE_X], negated: false },
    '<': { codes: [Opcode.JGE_K, Opcode.JGE_X], negated: true },
    '&': { codes: [Opcode.JSET_K, Opcode.JSET_X], negated: false },
  }),
);

/** Behind `A`: an operator and what A is compared with. */
function parseComparison(reader: LineReader): Condition {
  const operator = reader.take();
  const comparison = COMPARISONS.get(operator.text);
  if (!comparison) return reader.fail('expected an assignment or a comparison (==, !=, <, <=, >, >=, &)', operator);
  return reader.accept('X') ? comparison : { ...comparison, operand: parseOperand(reader) };
}

function jump({ codes, negated, operand }: Condition, whenHolds: JumpTarget, whenNot: JumpTarget): Parsed {
  return {
    code: codes[operand === undefined ? 1 : 0],
    operand: operand ?? NOTHING,
    branches: negated ? [whenNot, whenHolds] : [whenHolds, whenNot],
  };
}

/** `if (A & 1) goto label`, `if (!(A & 1)) goto label else goto label`. */
function parseIf(reader: LineReader): Parsed {
  reader.expect('(');
  const not = reader.accept('!');
  if (not) reader.expect('(');
  reader.expect('A');
  const condition = parseComparison(reader);
  if (not) reader.expect(')');
  reader.expect(')');
  reader.expect('goto');
  const whenHolds = parseTarget(reader);
  let whenNot = NEXT;
  if (reader.accept('else')) {
    reader.accept('goto');
    whenNot = parseTarget(reader);
  }
  return jump({ ...condition, negated: condition.negated !== not }, whenHolds, whenNot);
}

const ACTIONS: ReadonlyMap<string, Action['kind']> = new Map(
  Object.entries({
    KILL_PROCESS: 'KILL_PROCESS',
    KILL_THREAD: 'KILL_THREAD',
    KILL: 'KILL_THREAD',
    TRAP: 'TRAP',
    ERRNO: 'ERRNO',
    NOTIFY: 'NOTIFY',
    USER_NOTIF: 'NOTIFY',
    TRACE: 'TRACE',
    LOG: 'LOG',
    ALLOW: 'ALLOW',
  }),
);

function parseReturn(reader: LineReader): Parsed {
  const token = reader.next;
  if (reader.accept('A')) return { code: Opcode.RET_A, operand: NOTHING };
  const action = token.kind === 'name' ? token.text.replace(/^(SECCOMP_RET|SCMP_ACT)_/, '') : '';
  const kind = ACTIONS.get(action);
  if (!kind) {
    if (token.kind === 'name') reader.fail(`expected an action (${[...ACTIONS.keys()].join(', ')}), a number or A`);
    return { code: Opcode.RET_K, operand: parseOperand(reader) };
  }
  reader.take();
  const value = encodeAction({ kind, data: 0 } as Action);
  if (!reader.accept('(')) {
    if (kind === 'ERRNO' || kind === 'TRACE') reader.fail(`${kind} needs a value, as in ${kind}(1): expected "("`);
    return { code: Opcode.RET_K, operand: { kind: 'number', value } };
  }
  const data = reader.take();
  reader.expect(')');
  if (kind === 'ERRNO' && data.kind === 'name') {
    return { code: Opcode.RET_K, operand: { kind: 'errno', name: data.text, position: data.position } };
  }
  if (data.kind !== 'number') reader.fail(`expected a number from 0 to ${ACTION_DATA_MASK}`, data);
  return {
    code: Opcode.RET_K,
    operand: { kind: 'number', value: (value | numberIn(reader, data, ACTION_DATA_MASK)) >>> 0 },
  };
}

/** A number, a name, or several of them joined by `|`. */
function parseOperand(reader: LineReader): Operand {
  const { position } = reader.next;
  const parts = [parsePart(reader)];
  while (reader.accept('|')) parts.push(parsePart(reader));
  if (parts.some(({ kind }) => kind === 'name')) return { kind: 'names', parts, position };
  const value = parts.reduce((sum, part) => (part.kind === 'number' ? (sum | part.value) >>> 0 : sum), 0);
  return { kind: 'number', value };
}

function parsePart(reader: LineReader): NamePart {
  const token = reader.take();
  if (token.kind === 'number') return { kind: 'number', value: numberIn(reader, token, 0xffffffff) };
  if (token.text === '-' || token.text === '~') {
    const number = reader.take();
    if (number.kind !== 'number') reader.fail('expected a number', number);
    if (token.text === '~') return { kind: 'number', value: ~numberIn(reader, number, 0xffffffff) >>> 0 };
    return { kind: 'number', value: -numberIn(reader, number, 0x80000000) >>> 0 };
  }
  if (token.kind !== 'name') reader.fail('expected a number or a name', token);
  // `A == read ? yes : no` has a colon behind a name too, but never behind one that is compared with.
  const architecture = reader.next.text === ':' ? findArchitecture(token.text) : undefined;
  if (architecture === undefined) return { kind: 'name', name: token.text, position: token.position };
  reader.take();
  const call = reader.take();
  if (call.kind !== 'name') reader.fail(`expected the name of a system call of ${architecture.name}`, call);
  return { kind: 'name', name: call.text, architecture, position: call.position };
}

const NUMBERS = [
  { prefix: '0x', radix: 16, digits: /^[\da-f]{1,16}$/i },
  { prefix: '0o', radix: 8, digits: /^[0-7]{1,22}$/ },
  { prefix: '0b', radix: 2, digits: /^[01]{1,64}$/ },
  { prefix: '', radix: 10, digits: /^(0|[1-9]\d{0,15})$/ },
];

function numberIn(reader: LineReader, token: AssemblyToken, max: number): number {
  const { text } = token;
  const { prefix, radix, digits } = NUMBERS.find((each) => text.toLowerCase().startsWith(each.prefix))!;
  const written = text.slice(prefix.length);
  if (!digits.test(written)) {
    const octal = /^0\d+$/.test(text) ? '; a leading zero is octal in C: write 0o for that, or leave it out' : '';
    reader.fail(`${text} is no number${octal}`, token, 'bad-number');
  }
  const value = Number.parseInt(written, radix);
  if (value > max) reader.fail(`${text} is too large; at most ${max} (0x${max.toString(16)})`, token, 'bad-number');
  return value;
}
