import { quote } from '../../../text.js';
import type { SourceText } from '../../document/source-text.js';
import { type IncludeChain, includedText, type LoadInclude } from '../include.js';
import { linesOf } from './lexer.js';
import { ACTION_WORDS } from './parser.js';
import type {
  ParsedPolicy,
  PolicyAction,
  PolicyAtom,
  PolicyExpression,
  PolicyFilter,
  PolicyOperator,
  PolicyPlace,
  PolicyStatement,
  PolicyTerm,
  PolicyValue,
} from './syntax.js';
import { MAX_GROUP_DEPTH, MAX_STATEMENTS } from './syntax.js';

const OPERATORS: readonly string[] = ['==', '!=', '<', '<=', '>', '>=', '&', 'in'];
/** An included file includes no other. */
const MAX_INCLUDE_DEPTH = 2;

/** A part of a statement, and where each of its code units is written: a statement may have several lines. */
class Part {
  constructor(
    readonly words: string,
    readonly text: SourceText,
    /** The offset of each code unit, and of the end. */
    readonly offsets: readonly number[],
  ) {}

  get offset(): number {
    return this.offsets[0]!;
  }

  slice(start: number, end: number = this.words.length): Part {
    return new Part(this.words.slice(start, end), this.text, this.offsets.slice(start, end + 1));
  }

  /** Without blanks around it. */
  trim(): Part {
    const start = /^[ \t]*/.exec(this.words)![0].length;
    const end = start + this.words.slice(start).replace(/[ \t]+$/, '').length;
    return this.slice(start, end);
  }

  split(separator: string): Part[] {
    const parts: Part[] = [];
    for (let at = 0; ; ) {
      const found = this.words.indexOf(separator, at);
      if (found < 0) return [...parts, this.slice(at)];
      parts.push(this.slice(at, found));
      at = found + separator.length;
    }
  }
}

/**
 * Parse a policy and what it includes as `minijail0 -S` does (minijail, syscall_filter.c). A condition lets the call
 * through, and what follows `;` is for when it does not hold. Names are not looked up here.
 *
 * @throws {ProfileError} at the first fault
 */
export function parsePolicyLines(chain: IncludeChain, load: LoadInclude | undefined): ParsedPolicy {
  const parser = new LineParser(load);
  parser.file(chain);
  return parser;
}

class LineParser implements ParsedPolicy {
  readonly statements: PolicyStatement[] = [];
  readonly twoMeanings: ParsedPolicy['twoMeanings'][number][] = [];
  readonly missing = [];
  /** It refuses a second mention of a call itself. */
  readonly inclusions = new Map<SourceText, PolicyPlace>();
  readonly defaultAction = undefined;
  readonly isDenyList = false;
  readonly #named = new Map<string, PolicyPlace>();
  readonly #load: LoadInclude | undefined;

  constructor(load: LoadInclude | undefined) {
    this.#load = load;
  }

  file(chain: IncludeChain): void {
    let comment: string[] = [];
    for (const whole of statementsOf(chain.text)) {
      const line = whole.trim();
      if (line.words.startsWith('#')) {
        comment.push(line.words.replace(/^#[ \t]?/, '').trimEnd());
        continue;
      }
      if (line.words !== '') this.#statement(line, chain, comment.length > 0 ? comment.join('\n') : undefined);
      comment = [];
      if (this.statements.length > MAX_STATEMENTS) {
        throw fail(line, `more than ${MAX_STATEMENTS} statements`, undefined, 'input-too-large');
      }
    }
  }

  #statement(line: Part, chain: IncludeChain, comment: string | undefined): void {
    if (line.words.startsWith('@include')) {
      const path = line.slice('@include'.length).trim();
      if (!/^@include[ \t]/.test(line.words) || !/^\.?\//.test(path.words)) {
        throw fail(path, 'expected a path that begins with "./" or "/"');
      }
      const included = includedText(chain, {
        path: path.words,
        offset: path.offset,
        // minijail0 opens it as it is: from the working directory.
        from: undefined,
        deepest: MAX_INCLUDE_DEPTH,
        load: this.#load,
      });
      this.file(included);
      return;
    }
    if (line.words.startsWith('@frequency')) return;
    if (line.words.startsWith('@')) throw unknownTo(line, `the statement ${quote(line.words.split(' ')[0]!)}`);
    if (line.words.startsWith('{')) throw unknownTo(line, 'a list of calls in braces');
    const colon = line.words.indexOf(':');
    if (colon < 0) throw fail(line.slice(line.words.length), 'expected ":" after the name of a call');
    const name = line.slice(0, colon).trim();
    if (name.words === '') throw fail(name, 'expected the name of a system call before ":"');
    if (name.words.includes('[')) throw unknownTo(name, 'an architecture in brackets');
    const earlier = this.#named.get(name.words);
    if (earlier) {
      const { line: at } = earlier.text.positionAt(earlier.offset);
      const file = earlier.text === name.text ? '' : ` of ${earlier.text.source}`;
      const message = `${quote(name.words)} was given before, in line ${at}${file}`;
      throw fail(name, message, 'put its conditions together with "||", in one line', 'duplicate-key');
    }
    this.#named.set(name.words, name);
    const rule = line.slice(colon + 1).trim();
    if (rule.words === '') throw fail(rule, 'expected "1", "return ERRNO" or a condition');
    const call = { word: name.words, text: name.text, offset: name.offset, architectures: undefined };
    this.statements.push({ calls: [call], filters: this.#filters(rule, name.words), comment });
  }

  #filters(rule: Part, call: string): PolicyFilter[] {
    const place = { text: rule.text, offset: rule.offset };
    if (rule.words === '1') return [{ expression: undefined, action: { action: 'SCMP_ACT_ALLOW', ...place } }];
    if (rule.words.startsWith('return')) return [{ expression: undefined, action: returned(rule) }];
    if (rule.words.startsWith('{')) throw unknownTo(rule, 'a list of filters in braces');
    const word = /^[\w-]+/.exec(rule.words)?.[0] ?? '';
    if (Object.hasOwn(ACTION_WORDS, word)) throw unknownTo(rule, `the action ${quote(word)}`);
    if (rule.words.includes('#')) throw unknownTo(rule.slice(rule.words.indexOf('#')), 'a comment after a statement');
    const [condition, action, third] = rule.split(';');
    if (third) throw fail(third, 'a second ";"');
    const expression = expressionOf(condition!);
    const allowed: PolicyFilter = { expression, action: { action: 'SCMP_ACT_ALLOW', ...place } };
    if (!action) {
      const killed: PolicyAction = { action: 'SCMP_ACT_KILL_THREAD', ...place };
      return [allowed, { expression: undefined, action: killed, isImplied: true }];
    }
    const otherwise = returned(action.trim());
    this.twoMeanings.push({ ...place, call, action: action.trim().words });
    return [allowed, { expression: undefined, action: otherwise }];
  }
}

/** `return ERRNO`; without one the thread is killed. */
function returned(part: Part): PolicyAction {
  const place = { text: part.text, offset: part.offset };
  const [, word = '', blanks = '', value = ''] = /^(\S*)([ \t]*)(.*)$/.exec(part.words) ?? [];
  if (word !== 'return') {
    if (Object.hasOwn(ACTION_WORDS, word)) throw unknownTo(part, `the action ${quote(word)}`);
    throw fail(part, `expected "return ERRNO", found ${quote(part.words)}`);
  }
  if (value === '') return { action: 'SCMP_ACT_KILL_THREAD', ...place };
  return { action: 'SCMP_ACT_ERRNO', errno: constantOf(part.slice(word.length + blanks.length)), ...place };
}

function expressionOf(part: Part): PolicyExpression {
  return part.split('||').map((clause) => clause.split('&&').map((atom) => atomOf(atom.trim())));
}

/** `argN OP CONSTANT`, with blanks between them. */
function atomOf(part: Part): PolicyAtom {
  const place = { text: part.text, offset: part.offset };
  const found = /^(\S+)([ \t]+)?(\S+)?([ \t]+)?(\S+)?/.exec(part.words);
  if (!found) throw fail(part, 'expected a comparison, as in "arg0 == 1"');
  const [, argument = '', firstBlanks = '', operator, secondBlanks = '', constant] = found;
  const digits = /^arg(\d+)$/.exec(argument)?.[1];
  if (digits === undefined) {
    const message = `${quote(argument)} is no argument`;
    throw fail(part, message, 'a comparison is written with blanks: arg0 == 1', 'unknown-argument');
  }
  if (Number(digits) > 5) {
    throw fail(part, `there is no argument ${quote(argument)}`, 'a call has arg0 to arg5', 'unknown-argument');
  }
  const at = argument.length + firstBlanks.length;
  if (operator === undefined || !OPERATORS.includes(operator)) {
    const hint = `known are ${OPERATORS.join(', ')}, with blanks around them`;
    throw fail(part.slice(at), `${quote(operator ?? '')} is no comparison`, hint, 'unknown-operator');
  }
  const start = at + operator.length + secondBlanks.length;
  if (constant === undefined) throw fail(part.slice(start), 'expected a number or the name of a constant');
  const end = start + constant.length;
  const rest = part.slice(end).trim();
  if (rest.words !== '') {
    const message = `minijail0 ignores ${quote(rest.words)}, which comes after a blank`;
    throw fail(rest, message, 'write the constant without blanks: A|B');
  }
  return { index: Number(digits), op: operator as PolicyOperator, value: constantOf(part.slice(start, end)), ...place };
}

/** `A|~B|(C|D)`, without blanks. */
function constantOf(part: Part, depth = 0): PolicyValue {
  const terms: PolicyTerm[] = [];
  let rest = part;
  while (true) {
    const isComplement = rest.words.startsWith('~');
    if (isComplement) rest = rest.slice(1);
    const place = { text: rest.text, offset: rest.offset };
    if (rest.words.startsWith('(')) {
      if (depth >= MAX_GROUP_DEPTH) throw fail(rest, 'too many parentheses', undefined, 'nesting-too-deep');
      const end = closing(rest);
      terms.push({ kind: 'group', isComplement, value: constantOf(rest.slice(1, end), depth + 1), ...place });
      rest = rest.slice(end + 1);
    } else {
      const word = /^[^|]*/.exec(rest.words)![0];
      if (!/^(?:-?(?:0[xX][0-9a-fA-F]+|\d+)|[A-Za-z_]\w*)$/.test(word)) {
        throw fail(rest, `${quote(word)} is neither a number nor the name of a constant`);
      }
      const kind = /^[-\d]/.test(word) ? 'number' : 'name';
      terms.push({ kind, isComplement, word, ...place });
      rest = rest.slice(word.length);
    }
    if (rest.words === '') return terms;
    if (!rest.words.startsWith('|')) throw fail(rest, `expected "|", found ${quote(rest.words)}`);
    rest = rest.slice(1);
  }
}

function closing(part: Part): number {
  let open = 0;
  for (let at = 0; at < part.words.length; at++) {
    if (part.words[at] === '(') open++;
    else if (part.words[at] === ')' && --open === 0) return at;
  }
  throw fail(part, 'a parenthesis that is not closed');
}

/** Lines, where one that ends with a backslash goes on in the next. */
function* statementsOf(text: SourceText): Generator<Part> {
  let words = '';
  let offsets: number[] = [];
  let isOpen = false;
  for (const { line, start } of linesOf(text)) {
    const isContinued = line.endsWith('\\');
    const own = isContinued ? line.slice(0, -1) : line;
    if (isOpen) {
      words += ' ';
      offsets.push(start);
    }
    words += own;
    for (let at = 0; at < own.length; at++) offsets.push(start + at);
    isOpen = isContinued;
    if (isContinued) continue;
    yield new Part(words, text, [...offsets, start + own.length]);
    words = '';
    offsets = [];
  }
  if (isOpen) yield new Part(words, text, [...offsets, text.text.length]);
}

function unknownTo(part: Part, what: string) {
  return fail(part, `minijail0 -S does not know ${what}`, 'compile_seccomp_policy.py does: --from minijail-py');
}

function fail(
  { text, offset }: PolicyPlace,
  message: string,
  hint?: string,
  code:
    | 'bad-syntax'
    | 'duplicate-key'
    | 'unknown-argument'
    | 'unknown-operator'
    | 'nesting-too-deep'
    | 'input-too-large' = 'bad-syntax',
) {
  return text.fail(offset, { code, message, hint });
}
