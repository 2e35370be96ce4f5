import type { ActionName } from '../../../action.js';
import { nearestName } from '../../../nearest-name.js';
import { quote } from '../../../text.js';
import type { ProfileIssueCode } from '../../document/profile-error.js';
import type { KafelPlace, KafelToken } from './lexer.js';

export interface KafelAction extends KafelPlace {
  readonly action: ActionName;
  /** Of ERRNO, TRAP and TRACE: 0..65535. */
  readonly data?: number | undefined;
}

export interface KafelWord extends KafelPlace {
  readonly word: string;
}

/** A value: bits of arguments and constants. */
export type KafelValue =
  | { readonly kind: 'number'; readonly value: bigint }
  | ({ readonly kind: 'argument' } & KafelWord)
  | { readonly kind: '&' | '|'; readonly left: KafelValue; readonly right: KafelValue };

export type KafelOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';

export interface KafelComparison extends KafelPlace {
  readonly kind: 'compare';
  readonly op: KafelOperator;
  readonly left: KafelValue;
  readonly right: KafelValue;
}

export type KafelExpression =
  | { readonly kind: 'all' | 'any'; readonly of: readonly KafelExpression[] }
  | { readonly kind: 'not'; readonly of: KafelExpression }
  | KafelComparison;

export interface KafelFilter {
  /** A name, or the number that a constant or SYSCALL[…] gives. */
  readonly call: KafelWord & { readonly number?: bigint | undefined };
  /** The names of arguments where they are declared; all of them have 8 bytes then. */
  readonly declared?: readonly string[] | undefined;
  readonly expression?: KafelExpression | undefined;
  readonly targets?: readonly KafelWord[] | undefined;
  readonly comment?: string | undefined;
}

export interface KafelBlock {
  readonly action: KafelAction;
  readonly filters: readonly KafelFilter[];
}

export interface KafelPolicy {
  /** The blocks of the policy that is compiled, in their order; those of the policies it uses are among them. */
  readonly blocks: readonly KafelBlock[];
  /** Blocks of policies that nothing uses: kafel checks their names too. */
  readonly unused: readonly KafelBlock[];
  readonly defaultAction: KafelAction | undefined;
}

const ACTIONS: Readonly<Record<string, ActionName>> = {
  ALLOW: 'SCMP_ACT_ALLOW',
  LOG: 'SCMP_ACT_LOG',
  DENY: 'SCMP_ACT_KILL_THREAD',
  KILL: 'SCMP_ACT_KILL_THREAD',
  KILL_THREAD: 'SCMP_ACT_KILL_THREAD',
  KILL_PROCESS: 'SCMP_ACT_KILL_PROCESS',
  USER_NOTIF: 'SCMP_ACT_NOTIFY',
  ERRNO: 'SCMP_ACT_ERRNO',
  TRAP: 'SCMP_ACT_TRAP',
  TRACE: 'SCMP_ACT_TRACE',
};
const WITH_DATA = ['ERRNO', 'TRAP', 'TRACE'];
const KEYWORDS: ReadonlySet<string> = new Set([
  ...Object.keys(ACTIONS),
  'SYSCALL',
  'USE',
  'POLICY',
  'DEFAULT',
  'define',
]);
const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>='];
const DEEPEST = 100;
const MAX_FILTERS = 20_000;
const MAX_DATA = 0xffffn;

type Block = KafelBlock | { readonly use: string };

/**
 * Parse the words of a policy (kafel, src/parser.y).
 *
 * @throws {ProfileError} at the first fault
 */
export function parseKafel(tokens: readonly KafelToken[]): KafelPolicy {
  return new KafelParser(tokens).policy();
}

class KafelParser {
  readonly #tokens: readonly KafelToken[];
  #at = 0;
  #count = 0;
  readonly #constants = new Map<string, bigint>();
  readonly #policies = new Map<string, readonly Block[]>();
  readonly #main: Block[] = [];
  #default: KafelAction | undefined;

  constructor(tokens: readonly KafelToken[]) {
    this.#tokens = tokens;
  }

  policy(): KafelPolicy {
    if (this.#isAtEnd) {
      throw this.#fail(this.#next, 'empty: there is no statement in it', undefined, 'empty-input');
    }
    while (!this.#isAtEnd) this.#statement();
    // Of a policy that is used twice the second use has no effect: the first match decides.
    const used = new Set<string>();
    const blocks: KafelBlock[] = [];
    const waiting = [...this.#main].reverse();
    for (let each = waiting.pop(); each; each = waiting.pop()) {
      if (!('use' in each)) {
        blocks.push(each);
      } else if (!used.has(each.use)) {
        used.add(each.use);
        waiting.push(...[...this.#policies.get(each.use)!].reverse());
      }
    }
    const others = [...this.#policies].filter(([name]) => !used.has(name)).flatMap(([, own]) => own);
    const unused = others.filter((each): each is KafelBlock => !('use' in each));
    return { blocks, unused, defaultAction: this.#default };
  }

  #statement(): void {
    if (this.#accept('#')) {
      this.#constant();
    } else if (this.#acceptWord('POLICY')) {
      const name = this.#name('the name of a policy');
      if (this.#policies.has(name.word)) throw this.#twice(name, `the policy ${quote(name.word)} is there already`);
      this.#sign('{');
      const isEmpty = this.#accept('}');
      const blocks = isEmpty ? [] : this.#blocks();
      if (!isEmpty) this.#sign('}', '"," or "}"');
      this.#policies.set(name.word, blocks);
    } else if (this.#next.kind === 'word' && this.#next.word === 'DEFAULT') {
      const start = this.#next;
      this.#at++;
      const action = this.#action();
      if (this.#default) {
        const { line } = this.#default.text.positionAt(this.#default.offset);
        throw this.#twice(start, `the default was given before, in line ${line}`);
      }
      this.#default = action;
    } else {
      this.#main.push(...this.#blocks());
    }
  }

  #constant(): void {
    if (!this.#acceptWord('define')) throw this.#unexpected('"define"', 'a comment of kafel begins with "//"');
    const name = this.#name('the name of a constant');
    const { value } = this.#number('a number');
    const before = this.#constants.get(name.word);
    if (before !== undefined && before !== value) throw this.#twice(name, `${quote(name.word)} is ${before} already`);
    this.#constants.set(name.word, value);
  }

  #blocks(): Block[] {
    const blocks: Block[] = [];
    do blocks.push(this.#block());
    while (this.#accept(','));
    return blocks;
  }

  #block(): Block {
    if (this.#acceptWord('USE')) {
      const name = this.#name('the name of a policy');
      if (!this.#policies.has(name.word)) {
        const nearest = nearestName(name.word, this.#policies.keys());
        const hint = nearest ? `did you mean ${quote(nearest)}?` : 'define it before it is used';
        throw this.#fail(name, `there is no policy ${quote(name.word)} before this`, hint);
      }
      return { use: name.word };
    }
    const action = this.#action();
    this.#sign('{');
    const filters: KafelFilter[] = [];
    if (this.#accept('}')) return { action, filters };
    do {
      filters.push(this.#filter());
      if (++this.#count > MAX_FILTERS) {
        throw this.#fail(this.#next, `more than ${MAX_FILTERS} system calls`, undefined, 'input-too-large');
      }
    } while (this.#accept(','));
    this.#sign('}', '"," or "}"');
    return { action, filters };
  }

  #action(): KafelAction {
    const token = this.#next;
    if (token.kind !== 'word' || !Object.hasOwn(ACTIONS, token.word)) {
      const words = [...Object.keys(ACTIONS), 'POLICY', 'USE', 'DEFAULT'];
      const nearest = token.kind === 'word' ? nearestName(token.word, words) : undefined;
      const known = `known are ${Object.keys(ACTIONS).join(', ')}`;
      const hint = nearest ? `did you mean ${nearest}?` : (this.#commaHint() ?? known);
      throw this.#fail(token, `expected an action or a statement, found ${wordOf(token)}`, hint);
    }
    this.#at++;
    const place = { text: token.text, offset: token.offset };
    const action = ACTIONS[token.word]!;
    if (!WITH_DATA.includes(token.word)) return { action, ...place };
    this.#sign('(');
    const { value, ...at } = this.#number('a number');
    if (value > MAX_DATA) throw this.#fail(at, `${token.word} takes 0 to ${MAX_DATA}`, undefined, 'out-of-range');
    this.#sign(')');
    return { action, data: Number(value), ...place };
  }

  #filter(): KafelFilter {
    const { comment } = this.#next;
    const call = this.#call();
    const declared = this.#accept('(') ? this.#declared() : undefined;
    const before = this.#targets();
    let expression: KafelExpression | undefined;
    if (this.#accept('{') && !this.#accept('}')) {
      expression = this.#boolean(this.#or(0));
      this.#sign('}', 'a comparison, "&&", "||", "," or "}"');
    }
    return { call, declared, expression, targets: before ?? this.#targets(), comment };
  }

  #call(): KafelFilter['call'] {
    const token = this.#next;
    const place = { text: token.text, offset: token.offset };
    if (this.#acceptWord('SYSCALL')) {
      this.#sign('[');
      const { value } = this.#number('the number of a system call');
      this.#sign(']');
      return { word: `SYSCALL[${BigInt.asIntN(32, value)}]`, number: callNumber(value), ...place };
    }
    const name = this.#name('the name of a system call');
    const value = this.#constants.get(name.word);
    return { word: name.word, ...place, ...(value === undefined ? {} : { number: callNumber(value) }) };
  }

  #declared(): string[] {
    const names: string[] = [];
    if (this.#accept(')')) return names;
    do {
      const name = this.#name('the name of an argument');
      if (names.includes(name.word)) throw this.#twice(name, `the argument ${quote(name.word)} is there already`);
      if (names.length === 6) throw this.#fail(name, 'a call has six arguments', undefined, 'unknown-argument');
      names.push(name.word);
    } while (this.#accept(','));
    this.#sign(')');
    return names;
  }

  /** `ON x86_64`, `ON { x86_64, aarch64 }` */
  #targets(): KafelWord[] | undefined {
    if (!this.#acceptWord('ON')) return undefined;
    if (!this.#accept('{')) return [this.#name('an architecture')];
    const names: KafelWord[] = [];
    do names.push(this.#name('an architecture'));
    while (this.#accept(','));
    this.#sign('}');
    return names;
  }

  /** A comma is an OR that binds least. In parentheses it may also be a value, to be compared. */
  #or(depth: number): KafelExpression | KafelValue {
    if (depth > DEEPEST) throw this.#fail(this.#next, 'too many parentheses', undefined, 'nesting-too-deep');
    const parts = [this.#and(depth)];
    while (this.#accept('||') || this.#accept(',')) parts.push(this.#and(depth));
    if (parts.length === 1) return parts[0]!;
    return { kind: 'any', of: parts.map((each) => this.#boolean(each)) };
  }

  #and(depth: number): KafelExpression | KafelValue {
    const parts = [this.#primary(depth)];
    while (this.#accept('&&')) parts.push(this.#primary(depth));
    if (parts.length === 1) return parts[0]!;
    return { kind: 'all', of: parts.map((each) => this.#boolean(each)) };
  }

  #primary(depth: number): KafelExpression | KafelValue {
    let negations = 0;
    while (this.#accept('!')) negations++;
    const { text, offset } = this.#next;
    const left = this.#bitOr(depth);
    let found: KafelExpression | KafelValue = left;
    if (this.#next.kind === 'sign' && COMPARISONS.includes(this.#next.word)) {
      const op = this.#next.word as KafelOperator;
      this.#at++;
      found = { kind: 'compare', op, left: this.#value(left), right: this.#value(this.#bitOr(depth)), text, offset };
    }
    if (negations === 0) return found;
    const of = this.#boolean(found);
    return negations % 2 === 1 ? { kind: 'not', of } : of;
  }

  #bitOr(depth: number): KafelExpression | KafelValue {
    let left = this.#bitAnd(depth);
    while (this.#accept('|')) left = { kind: '|', left: this.#value(left), right: this.#value(this.#bitAnd(depth)) };
    return left;
  }

  #bitAnd(depth: number): KafelExpression | KafelValue {
    let left = this.#operand(depth);
    while (this.#accept('&')) left = { kind: '&', left: this.#value(left), right: this.#value(this.#operand(depth)) };
    return left;
  }

  #operand(depth: number): KafelExpression | KafelValue {
    if (this.#accept('(')) {
      const inner = this.#or(depth + 1);
      this.#sign(')');
      return inner;
    }
    if (this.#next.kind === 'number') return { kind: 'number', value: this.#number('a number').value };
    const name = this.#name('an argument, a constant or a number');
    const value = this.#constants.get(name.word);
    if (value !== undefined) return { kind: 'number', value };
    return { kind: 'argument', word: name.word, text: name.text, offset: name.offset };
  }

  #boolean(given: KafelExpression | KafelValue): KafelExpression {
    if (isExpression(given)) return given;
    throw this.#fail(this.#next, 'a value where a comparison is expected', 'write "(fd & 1) != 0"');
  }

  #value(given: KafelExpression | KafelValue): KafelValue {
    if (!isExpression(given)) return given;
    throw this.#fail(this.#next, 'a comparison where a value is expected');
  }

  get #isAtEnd(): boolean {
    return this.#next.kind === 'end';
  }

  get #next(): KafelToken {
    return this.#tokens[this.#at]!;
  }

  #accept(sign: string): boolean {
    const isNext = this.#next.kind === 'sign' && this.#next.word === sign;
    if (isNext) this.#at++;
    return isNext;
  }

  #acceptWord(word: string): boolean {
    const isNext = this.#next.kind === 'word' && this.#next.word === word;
    if (isNext) this.#at++;
    return isNext;
  }

  #sign(sign: string, expected = quote(sign)): void {
    if (!this.#accept(sign)) throw this.#unexpected(expected);
  }

  #name(what: string): KafelWord {
    const token = this.#next;
    if (token.kind !== 'word' || KEYWORDS.has(token.word)) throw this.#unexpected(what);
    this.#at++;
    return { word: token.word, text: token.text, offset: token.offset };
  }

  #number(what: string): { value: bigint } & KafelPlace {
    const token = this.#next;
    if (token.kind !== 'number') throw this.#unexpected(what);
    this.#at++;
    return { value: token.value!, text: token.text, offset: token.offset };
  }

  #unexpected(expected: string, hint = this.#commaHint(expected)) {
    return this.#fail(this.#next, `expected ${expected}, found ${wordOf(this.#next)}`, hint);
  }

  /** kafel takes a comma between two and nowhere else. */
  #commaHint(expected = ''): string | undefined {
    const { kind, word } = this.#next;
    const isAfterComma = this.#tokens[this.#at - 1]?.word === ',';
    if (isAfterComma && (kind === 'end' || word === '}' || word === ')')) return 'take out the "," before it';
    return expected.startsWith('","') && kind === 'word' ? 'put a "," between them' : undefined;
  }

  #twice(place: KafelPlace, message: string) {
    return this.#fail(place, message, undefined, 'duplicate-key');
  }

  #fail({ text, offset }: KafelPlace, message: string, hint?: string, code: ProfileIssueCode = 'bad-syntax') {
    return text.fail(offset, { code, message, hint });
  }
}

const wordOf = ({ kind, word }: KafelToken) => (kind === 'end' ? 'the end of the policy' : quote(word));

function isExpression(given: KafelExpression | KafelValue): given is KafelExpression {
  return given.kind === 'all' || given.kind === 'any' || given.kind === 'not' || given.kind === 'compare';
}

/** The number of a call is an int. */
const callNumber = (value: bigint) => BigInt.asUintN(32, value);
