import { type Architecture, findArchitecture, nearestArchitecture } from '../../architecture.js';
import type { SourcePosition } from '../../errors.js';
import type { Endianness } from '../program/instruction.js';
import type { AssemblyIssue } from './assembly-error.js';
import { type AssemblyToken, tokenize } from './assembly-lexer.js';
import type { SourceInstruction, SourceProgram } from './assembly-syntax.js';
import { LineError, LineReader, labelName } from './line-reader.js';
import { parseStatement } from './statement-parser.js';

/** Read a source text. Every line with a fault is an issue of its own. */
export function parseAssembly(text: string): { program: SourceProgram; issues: AssemblyIssue[] } {
  const { lines, issues } = tokenize(text);
  const parser = new Parser();
  for (const tokens of lines) {
    try {
      parser.line(new LineReader(tokens));
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      issues.push(error.issue);
    }
  }
  const line = lines.length;
  const column = text.length - (text.lastIndexOf('\n') + 1) + 1;
  const program = { ...parser.program, end: { line, column, offset: text.length } };
  issues.push(...parser.issues);
  return { program, issues };
}

class Parser {
  readonly issues: AssemblyIssue[] = [];
  readonly #instructions: SourceInstruction[] = [];
  readonly #labels = new Map<string, number>();
  #architectures: Architecture[] | undefined;
  #endianness: Endianness | undefined;

  get program(): Omit<SourceProgram, 'end'> {
    return {
      instructions: this.#instructions,
      labels: this.#labels,
      architectures: this.#architectures,
      endianness: this.#endianness,
    };
  }

  line(reader: LineReader): void {
    if (reader.tokens.length === 0) return;
    while (reader.peek(0).kind !== 'symbol' && reader.peek(1).text === ':') {
      const token = reader.take();
      this.#define(labelName(token), token.position);
      reader.expect(':');
    }
    if (reader.peek(0).kind === 'end') return;
    if (reader.peek(0).text === '.') this.#directive(reader);
    else this.#instructions.push(parseStatement(reader));
    if (reader.next.kind !== 'end') reader.fail('expected the end of the line');
  }

  #define(name: string, position: SourcePosition): void {
    if (name === 'next') {
      this.issues.push({ code: 'duplicate-label', message: '"next" is the instruction that follows', position });
    } else if (this.#labels.has(name)) {
      const message = `label ${name} is there already; each stands for one place`;
      this.issues.push({ code: 'duplicate-label', message, position });
    } else {
      this.#labels.set(name, this.#instructions.length);
    }
  }

  #directive(reader: LineReader): void {
    const dot = reader.take();
    const name = reader.take();
    switch (name.text) {
      case 'insn':
        this.#instructions.push(parseStatement(reader, dot));
        return;
      case 'arch':
        this.#once(this.#architectures, reader, dot, '.arch');
        this.#architectures = [];
        do this.#architectures.push(architectureNamed(reader));
        while (reader.accept(','));
        return;
      case 'endian': {
        this.#once(this.#endianness, reader, dot, '.endian');
        const order = reader.take();
        if (order.text !== 'little' && order.text !== 'big') reader.fail('expected little or big', order);
        this.#endianness = order.text;
        return;
      }
      default:
        reader.fail('expected .arch, .endian or .insn', name);
    }
  }

  #once(known: unknown, reader: LineReader, dot: AssemblyToken, name: string): void {
    if (known !== undefined) reader.fail(`${name} is there already`, dot, 'misplaced-directive');
    if (this.#instructions.length > 0) {
      reader.fail(
        `${name} is about the whole program; put it before the first instruction`,
        dot,
        'misplaced-directive',
      );
    }
  }
}

function architectureNamed(reader: LineReader): Architecture {
  const token = reader.take();
  if (token.kind !== 'name') reader.fail('expected the name of an architecture', token);
  const found = findArchitecture(token.text);
  if (!found) {
    const nearest = nearestArchitecture(token.text);
    const hint = nearest ? `; did you mean ${nearest.name}?` : '';
    reader.fail(`unknown architecture ${token.text}${hint}`, token, 'unknown-architecture');
  }
  return found;
}
