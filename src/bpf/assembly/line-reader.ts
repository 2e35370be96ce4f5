import { quote } from '../../text.js';
import type { AssemblyIssue, AssemblyIssueCode } from './assembly-error.js';
import type { AssemblyToken } from './assembly-lexer.js';
import type { JumpTarget } from './assembly-syntax.js';

/** Ends the line in which it is thrown; the other lines are read on. */
export class LineError extends Error {
  constructor(readonly issue: AssemblyIssue) {
    super(issue.message);
  }
}

/** The tokens of a line and how far they are read. */
export class LineReader {
  #at = 0;
  constructor(readonly tokens: readonly AssemblyToken[]) {}

  get next(): AssemblyToken {
    return this.tokens[this.#at]!;
  }
  peek(ahead: number): AssemblyToken {
    return this.tokens[Math.min(this.#at + ahead, this.tokens.length - 1)]!;
  }
  take(): AssemblyToken {
    const token = this.next;
    if (token.kind !== 'end') this.#at++;
    return token;
  }
  /** Take the next token if it has this text. */
  accept(text: string): boolean {
    const there = this.next.kind !== 'end' && this.next.text === text;
    if (there) this.#at++;
    return there;
  }
  expect(text: string): void {
    if (!this.accept(text)) this.fail(`expected ${quote(text)}`);
  }
  fail(message: string, token: AssemblyToken = this.next, code: AssemblyIssueCode = 'bad-syntax'): never {
    const found = token.kind === 'end' ? 'the end of the line' : quote(token.text);
    const text = code === 'bad-syntax' ? `${message}, found ${found}` : message;
    throw new LineError({ code, message: text, position: token.position });
  }
}

/** A number as a label is its value: the listing's 0012 is 12. */
export function labelName({ kind, text }: AssemblyToken): string {
  return kind === 'number' && /^\d+$/.test(text) ? String(Number(text)) : text;
}

/** `LABEL` or `next`. */
export function parseTarget(reader: LineReader): JumpTarget {
  const token = reader.take();
  if (token.kind !== 'name' && token.kind !== 'number') reader.fail('expected a label', token);
  return token.text === 'next' ? { kind: 'next' } : { kind: 'label', name: labelName(token), position: token.position };
}
