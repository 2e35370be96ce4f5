import { nearestName } from '../../../nearest-name.js';
import { quote } from '../../../text.js';
import type { SourceText } from '../../document/source-text.js';
import { type ListLine, type ListToken, listLines } from './lexer.js';

/** A word of the list, with its place. */
export interface ListWord {
  text: string;
  offset: number;
}

export interface ListAction extends ListWord {
  kind: 'allow' | 'deny' | 'log' | 'trap' | 'notify' | 'kill' | 'kill-thread' | 'kill-process' | 'errno' | 'trace';
  /** Of errno and trace. */
  data?: ListWord | undefined;
}

/** Numbers and constants, or-ed together. */
export type ListValue = readonly ListWord[];

export interface ListCondition extends ListWord {
  /** Bits to compare, where the list says so itself. */
  width?: ListWord | undefined;
  mask?: ListValue | undefined;
  op: '==' | '!=' | '<' | '<=' | '>' | '>=';
  value: ListValue;
}

export interface ListCall extends ListWord {
  conditions: readonly ListCondition[];
}

export interface ListTest {
  isNot: boolean;
  kind: 'cap' | 'arch' | 'kernel';
  words: readonly ListWord[];
}

export type ListStatement = ListWord & { comment: string | undefined } & (
    | { kind: 'default'; action: ListAction }
    | { kind: 'arch' | 'flags' | 'remove'; words: readonly ListWord[] }
    | { kind: 'extends' | 'listener' | 'listener-metadata' | 'enosys-newer-than'; word: ListWord }
    | { kind: 'rule'; action: ListAction; calls: readonly ListCall[]; tests: readonly ListTest[] }
  );

const ACTIONS = ['allow', 'deny', 'log', 'trap', 'notify', 'kill', 'kill-thread', 'kill-process', 'errno', 'trace'];
const LISTS = ['arch', 'flags', 'remove'];
const SINGLES = ['extends', 'listener', 'listener-metadata'];
/** What is followed by a kernel version. */
const NEWER_THAN = 'enosys-newer-than';
const TESTS = ['cap', 'arch', 'kernel'];
const OPERATORS = ['==', '!=', '<', '<=', '>', '>='];

/** How many statements and calls a list may have; container-size profiles have about 400. */
const MAX_CALLS = 20_000;

/**
 * Parse a plain list (docs/list-format.md has the grammar). Names are not looked up here.
 *
 * @throws {ProfileError} `PROFILE_SYNTAX`, at the first fault
 */
export function parseList(source: SourceText): ListStatement[] {
  const statements: ListStatement[] = [];
  let count = 0;
  for (const line of listLines(source)) {
    const statement = new LineParser(line, source).statement();
    count += statement.kind === 'rule' ? statement.calls.length : 1;
    if (count > MAX_CALLS) {
      throw source.fail(statement.offset, {
        code: 'input-too-large',
        message: `more than ${MAX_CALLS} statements and system calls`,
      });
    }
    statements.push(statement);
  }
  if (statements.length === 0) {
    throw source.fail(source.text.length, { code: 'empty-input', message: 'empty: there is no statement in it' });
  }
  return statements;
}

class LineParser {
  #at = 0;

  readonly #line: ListLine;
  readonly #source: SourceText;

  constructor(line: ListLine, source: SourceText) {
    this.#line = line;
    this.#source = source;
  }

  statement(): ListStatement {
    const { comment } = this.#line;
    const { text, offset } = this.#next;
    const head = { text, offset, comment };
    const finished = (statement: ListStatement): ListStatement => {
      if (this.#next.kind !== 'end') throw this.#unexpected('the end of the line');
      return statement;
    };
    if (this.#accept('word', 'default')) return finished({ ...head, kind: 'default', action: this.#action() });
    if (LISTS.includes(text) && this.#next.kind === 'word') {
      this.#at++;
      return finished({ ...head, kind: text as 'arch', words: this.#words() });
    }
    if (SINGLES.includes(text) && this.#next.kind === 'word') {
      this.#at++;
      return finished({ ...head, kind: text as 'extends', word: this.#word('a name', 'string') });
    }
    if (this.#accept('word', NEWER_THAN)) {
      return finished({ ...head, kind: NEWER_THAN, word: this.#word('a kernel version', 'number') });
    }
    return finished({ ...head, kind: 'rule', ...this.#rule() });
  }

  /** `when …: allow a, b(…)` or `when …: a, b(…) -> errno EPERM` */
  #rule() {
    const tests = this.#accept('word', 'when') ? this.#tests() : [];
    const { text, kind } = this.#next;
    const follower = this.#line.tokens[this.#at + 1]!;
    // "kill" is an action and a system call: with a name after it, it is the action.
    if (kind === 'word' && ACTIONS.includes(text) && follower.kind === 'word') {
      const action = this.#action();
      return { tests, action, calls: this.#calls() };
    }
    const start = this.#next;
    const calls = this.#calls();
    if (!this.#accept('sign', '->')) {
      const first = calls[0]!.text;
      const nearest =
        calls.length === 1
          ? nearestName(start.text, [...ACTIONS, 'default', ...LISTS, ...SINGLES, NEWER_THAN], 1)
          : undefined;
      const hint = nearest ? `did you mean ${quote(nearest)}?` : `write "allow ${first}", or "${first} -> errno EPERM"`;
      throw this.#fail(start.offset, 'no action is given', hint);
    }
    return { tests, calls, action: this.#action() };
  }

  #action(): ListAction {
    const word = this.#word('an action');
    if (!ACTIONS.includes(word.text)) {
      const nearest = nearestName(word.text, ACTIONS);
      const hint = nearest ? `did you mean ${quote(nearest)}?` : `known are ${ACTIONS.join(', ')}`;
      throw this.#fail(word.offset, `unknown action ${quote(word.text)}`, hint);
    }
    const kind = word.text as ListAction['kind'];
    if (kind === 'errno') return { ...word, kind, data: this.#word('an errno, by name or number', 'number') };
    if (kind === 'trace') return { ...word, kind, data: this.#number('a number for the tracer') };
    if (kind === 'trap' && this.#next.kind === 'number') {
      return { ...word, kind, data: this.#number("a number for the signal's handler") };
    }
    return { ...word, kind };
  }

  #tests(): ListTest[] {
    const tests: ListTest[] = [];
    do {
      const isNot = this.#accept('word', 'not');
      const kind = this.#word('cap, arch or kernel');
      if (!TESTS.includes(kind.text)) {
        throw this.#fail(kind.offset, `expected cap, arch or kernel, found ${quote(kind.text)}`);
      }
      const words: ListWord[] = [];
      while (this.#next.kind === 'word' || this.#next.kind === 'number') words.push(this.#word('a name', 'number'));
      if (words.length === 0) throw this.#unexpected('a name');
      if (kind.text === 'kernel' && words.length > 1)
        throw this.#fail(words[1]!.offset, 'one kernel version is enough');
      tests.push({ isNot, kind: kind.text as ListTest['kind'], words });
    } while (this.#accept('sign', ','));
    if (!this.#accept('sign', ':')) throw this.#unexpected('":" or ","');
    return tests;
  }

  #calls(): ListCall[] {
    const calls: ListCall[] = [];
    do {
      const name = this.#word('a system call');
      calls.push({ ...name, conditions: this.#accept('sign', '(') ? this.#conditions() : [] });
    } while (this.#accept('sign', ','));
    return calls;
  }

  #conditions(): ListCondition[] {
    const conditions: ListCondition[] = [];
    do {
      const name = this.#word('an argument');
      const width = this.#accept('sign', ':') ? this.#number('a number of bits') : undefined;
      const mask = this.#accept('sign', '&') ? this.#value('a mask') : undefined;
      const { kind, text, offset } = this.#next;
      if (kind !== 'sign' || !OPERATORS.includes(text)) throw this.#unexpected('a comparison (==, !=, <, <=, >, >=)');
      this.#at++;
      if (mask && text !== '==' && text !== '!=')
        throw this.#fail(offset, `a mask goes with == or !=, not with ${text}`);
      conditions.push({ ...name, width, mask, op: text as ListCondition['op'], value: this.#value('a value') });
    } while (this.#accept('sign', '&&'));
    if (!this.#accept('sign', ')')) throw this.#unexpected('"&&" or ")"');
    return conditions;
  }

  /** `A|B|0x10`, also in parentheses. */
  #value(what: string): ListValue {
    const isGrouped = this.#accept('sign', '(');
    const words: ListWord[] = [];
    do words.push(this.#word(what, 'number'));
    while (this.#accept('sign', '|'));
    if (isGrouped && !this.#accept('sign', ')')) throw this.#unexpected('"|" or ")"');
    return words;
  }

  #words(): ListWord[] {
    const words: ListWord[] = [];
    do words.push(this.#word('a name'));
    while (this.#accept('sign', ','));
    return words;
  }

  #word(what: string, other?: 'number' | 'string'): ListWord {
    const { kind, text, offset } = this.#next;
    if (kind !== 'word' && kind !== other) throw this.#unexpected(what);
    this.#at++;
    return { text, offset };
  }

  #number(what: string): ListWord {
    const { kind, text, offset } = this.#next;
    if (kind !== 'number') throw this.#unexpected(what);
    this.#at++;
    return { text, offset };
  }

  get #next(): ListToken {
    return this.#line.tokens[this.#at]!;
  }

  #accept(kind: ListToken['kind'], text: string): boolean {
    const isNext = this.#next.kind === kind && this.#next.text === text;
    if (isNext) this.#at++;
    return isNext;
  }

  #unexpected(expected: string) {
    const { kind, text, offset } = this.#next;
    const found = kind === 'end' ? 'the end of the line' : quote(text.slice(0, 40));
    return this.#fail(offset, `expected ${expected}, found ${found}`);
  }

  #fail(offset: number, message: string, hint?: string) {
    return this.#source.fail(offset, { code: 'bad-syntax', message, hint });
  }
}
