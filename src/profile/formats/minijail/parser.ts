import type { ActionName } from '../../../action.js';
import { nearestName } from '../../../nearest-name.js';
import { quote } from '../../../text.js';
import type { SourceText } from '../../document/source-text.js';
import { type IncludeChain, includedText, type LoadInclude } from '../include.js';
import { type PolicyToken, policyLines } from './lexer.js';
import type {
  ParsedPolicy,
  PolicyAction,
  PolicyAtom,
  PolicyCall,
  PolicyExpression,
  PolicyFilter,
  PolicyOperator,
  PolicyPlace,
  PolicyStatement,
  PolicyTerm,
  PolicyValue,
  PolicyWord,
  TwoMeanings,
} from './syntax.js';
import { MAX_GROUP_DEPTH, MAX_STATEMENTS } from './syntax.js';

export const ACTION_WORDS: Readonly<Record<string, ActionName>> = {
  allow: 'SCMP_ACT_ALLOW',
  // The compiler's default, which its option --use-kill-process changes.
  kill: 'SCMP_ACT_KILL_THREAD',
  'kill-process': 'SCMP_ACT_KILL_PROCESS',
  'kill-thread': 'SCMP_ACT_KILL_THREAD',
  trap: 'SCMP_ACT_TRAP',
  trace: 'SCMP_ACT_TRACE',
  log: 'SCMP_ACT_LOG',
  'user-notify': 'SCMP_ACT_NOTIFY',
};

/** What `@default` takes. */
const DEFAULT_WORDS = ['kill', 'kill-process', 'kill-thread', 'trap', 'user-notify'];

/** compile_seccomp_policy.py, --include-depth-limit: the files of a chain. */
const MAX_INCLUDE_DEPTH = 9;
/** The arguments of seccomp_data. The compiler takes arg6, and the kernel refuses its program. */
const ARGUMENTS = 6;

/**
 * Parse a policy and what it includes as compile_seccomp_policy.py does (minijail, tools/parser.py). Names of calls and
 * constants are not looked up here.
 *
 * @throws {ProfileError} at the first fault
 */
export function parsePolicy(chain: IncludeChain, load: LoadInclude | undefined): ParsedPolicy {
  const parser = new PolicyParser(load);
  parser.file(chain);
  return parser;
}

class PolicyParser implements ParsedPolicy {
  readonly statements: PolicyStatement[] = [];
  readonly twoMeanings: TwoMeanings[] = [];
  readonly missing: PolicyWord[] = [];
  readonly inclusions = new Map<SourceText, PolicyPlace>();
  defaultAction: PolicyAction | undefined;
  isDenyList = false;

  readonly #load: LoadInclude | undefined;
  #chain!: IncludeChain;
  #tokens: readonly PolicyToken[] = [];
  #at = 0;

  constructor(load: LoadInclude | undefined) {
    this.#load = load;
  }

  file(chain: IncludeChain): void {
    this.#chain = chain;
    for (const { tokens, comment } of policyLines(chain.text)) {
      this.#tokens = tokens;
      this.#at = 0;
      this.#line(comment);
      if (this.#next) throw this.#fail(this.#next, `${quote(this.#next.word)} is more than the statement takes`);
      if (this.statements.length > MAX_STATEMENTS) {
        throw this.#fail(tokens[0]!, `more than ${MAX_STATEMENTS} statements`, undefined, 'input-too-large');
      }
    }
  }

  #line(comment: string | undefined): void {
    const first = this.#tokens[0]!;
    switch (first.kind) {
      case 'include': {
        this.#at++;
        const path = this.#take('path', 'a path that begins with "./" or "/"');
        const chain = this.#chain;
        const { text } = chain;
        const included = includedText(chain, {
          path: path.word,
          offset: path.offset,
          from: text.source,
          deepest: MAX_INCLUDE_DEPTH,
          load: this.#load,
        });
        const rest = this.#tokens.slice(this.#at);
        if (rest[0]) throw this.#fail(rest[0], `${quote(rest[0].word)} is more than the statement takes`);
        this.inclusions.set(included.text, first);
        this.file(included);
        this.#chain = chain;
        this.#tokens = [];
        this.#at = 0;
        return;
      }
      case 'frequency': {
        this.#at++;
        const path = this.#take('path', 'a path that begins with "./" or "/"');
        // How often a call is made changes the order of the program, and no decision.
        if (!this.#load?.(path.word, this.#chain.text.source)) this.missing.push(path);
        return;
      }
      case 'default': {
        this.#at++;
        const word = this.#take('action', `an action (${DEFAULT_WORDS.join(', ')})`);
        if (!DEFAULT_WORDS.includes(word.word)) {
          const message = `a default that permits calls, ${quote(word.word)}`;
          throw this.#fail(word, message, `known are ${DEFAULT_WORDS.join(', ')}`);
        }
        this.defaultAction = { action: ACTION_WORDS[word.word]!, text: word.text, offset: word.offset };
        return;
      }
      case 'denylist':
        this.#at++;
        this.isDenyList = true;
        return;
      default: {
        const calls = this.#calls();
        this.#sign(':');
        const filters = this.#filters(calls);
        this.statements.push({ calls, filters, comment });
      }
    }
  }

  /** `{ a, b[arch=x86_64] }`, or one. */
  #calls(): PolicyCall[] {
    if (!this.#accept('{')) return [this.#call()];
    const calls: PolicyCall[] = [];
    do calls.push(this.#call());
    while (this.#accept(','));
    this.#sign('}');
    return calls;
  }

  #call(): PolicyCall {
    const token = this.#next;
    // A call may be called as an action is.
    const isCall = token?.kind === 'name' || (token?.kind === 'action' && token.word === 'kill');
    if (!token || !isCall) throw this.#unexpected('the name of a system call');
    this.#at++;
    const architectures = this.#accept('[') ? this.#metadata() : undefined;
    if (token.word.includes('@')) {
      const hint = 'name its calls: groups are in the constants.json of a build';
      throw this.#fail(token, `the group ${quote(token.word)} is not known here`, hint, 'unknown-group');
    }
    return { word: token.word, text: token.text, offset: token.offset, architectures };
  }

  #metadata(): readonly string[] | undefined {
    const seen = new Set<string>();
    let architectures: string[] | undefined;
    do {
      const key = this.#take('name', 'a key, as in [arch=x86_64]');
      if (seen.has(key.word)) throw this.#fail(key, `the key ${quote(key.word)} was given before`);
      seen.add(key.word);
      this.#sign('=');
      const values: string[] = [];
      do values.push(this.#take('name', 'a value').word);
      while (this.#accept(','));
      if (key.word === 'arch') architectures = values;
    } while (this.#accept(';'));
    this.#sign(']');
    return architectures;
  }

  #filters(calls: readonly PolicyCall[]): PolicyFilter[] {
    if (!this.#accept('{')) return [this.#filter(calls)];
    const filters: PolicyFilter[] = [];
    do filters.push(this.#filter(undefined));
    while (this.#accept(','));
    this.#sign('}');
    return filters;
  }

  /** `calls`: the two compilers read a condition with an action in opposite ways, but for one in braces. */
  #filter(calls: readonly PolicyCall[] | undefined): PolicyFilter {
    const first = this.#next;
    if (first?.kind !== 'argument') return { expression: undefined, action: this.#action() };
    const expression = this.#expression();
    if (this.#accept(';')) {
      const action = this.#action();
      if (calls && action.action === 'SCMP_ACT_ERRNO') {
        const { text, offset } = first;
        const end = this.#tokens[this.#at - 1]!;
        const written = text.text.slice(action.offset, end.offset + end.word.length);
        this.twoMeanings.push({ text, offset, call: calls[0]!.word, action: written });
      }
      return { expression, action };
    }
    const { text, offset } = first;
    return { expression, action: { action: 'SCMP_ACT_ALLOW', text, offset }, isImplied: true };
  }

  #action(): PolicyAction {
    const token = this.#next;
    if (!token) throw this.#unexpected('an action');
    const place = { text: token.text, offset: token.offset };
    if (this.isDenyList && token.kind !== 'return') {
      throw this.#fail(token, `${quote(token.word)} in a deny-list`, 'every action of it is "return ERRNO"');
    }
    this.#at++;
    if (token.kind === 'action') return { action: ACTION_WORDS[token.word]!, ...place };
    if (token.kind === 'number' && Number(token.word) === 1) return { action: 'SCMP_ACT_ALLOW', ...place };
    if (token.kind === 'return') {
      return { action: 'SCMP_ACT_ERRNO', errno: [this.#single(false)], ...place };
    }
    const known = ['1', ...Object.keys(ACTION_WORDS), 'return ERRNO', 'argN …'];
    const isArgument = /^arg/.test(token.word);
    const message = `${quote(token.word)} is neither an action nor an argument (arg0 to arg5)`;
    const nearest = isArgument ? undefined : nearestName(token.word, ['return', ...Object.keys(ACTION_WORDS)]);
    const hint = nearest ? `did you mean ${quote(nearest)}?` : `known are ${known.join(', ')}`;
    throw this.#fail(token, message, hint, 'unknown-action');
  }

  #expression(): PolicyExpression {
    const clauses: PolicyAtom[][] = [];
    do {
      const atoms: PolicyAtom[] = [];
      do atoms.push(this.#atom());
      while (this.#accept('&&'));
      clauses.push(atoms);
    } while (this.#accept('||'));
    return clauses;
  }

  #atom(): PolicyAtom {
    const argument = this.#take('argument', 'an argument (arg0 to arg5)');
    const index = Number(argument.word.slice(3));
    if (index >= ARGUMENTS) {
      const message = `there is no argument ${quote(argument.word)}`;
      throw this.#fail(argument, message, 'a call has arg0 to arg5', 'unknown-argument');
    }
    const operator = this.#take('operator', 'a comparison (==, !=, <, <=, >, >=, &, in)');
    const { text, offset } = argument;
    return { index, op: operator.word as PolicyOperator, value: this.#value(0), text, offset };
  }

  #value(depth: number): PolicyValue {
    const terms: PolicyTerm[] = [];
    do terms.push(this.#term(depth));
    while (this.#accept('|'));
    return terms;
  }

  #term(depth: number): PolicyTerm {
    const isComplement = this.#accept('~');
    const open = this.#next;
    if (!this.#accept('(')) return this.#single(isComplement);
    if (depth >= MAX_GROUP_DEPTH) throw this.#fail(open!, 'too many parentheses', undefined, 'nesting-too-deep');
    const value = this.#value(depth + 1);
    this.#sign(')');
    return { kind: 'group', isComplement, value, text: open!.text, offset: open!.offset };
  }

  #single(isComplement: boolean): PolicyTerm {
    const token = this.#next;
    if (token?.kind !== 'name' && token?.kind !== 'number')
      throw this.#unexpected('a number or the name of a constant');
    this.#at++;
    return { kind: token.kind, isComplement, word: token.word, text: token.text, offset: token.offset };
  }

  get #next(): PolicyToken | undefined {
    return this.#tokens[this.#at];
  }

  #accept(sign: string): boolean {
    const isNext = this.#next?.kind === 'sign' && this.#next.word === sign;
    if (isNext) this.#at++;
    return isNext;
  }

  #sign(sign: string): void {
    if (!this.#accept(sign)) throw this.#unexpected(quote(sign));
  }

  #take(kind: PolicyToken['kind'], what: string): PolicyToken {
    const token = this.#next;
    if (token?.kind !== kind) throw this.#unexpected(what);
    this.#at++;
    return token;
  }

  #unexpected(expected: string) {
    const token = this.#next;
    const found = token ? quote(token.word) : 'the end of the line';
    return this.#fail(token ?? this.#end, `expected ${expected}, found ${found}`);
  }

  /** Where the statement ends. */
  get #end(): PolicyPlace {
    const last = this.#tokens.at(-1)!;
    return { text: last.text, offset: last.offset + last.word.length };
  }

  #fail(
    { text, offset }: PolicyPlace,
    message: string,
    hint?: string,
    code:
      | 'bad-syntax'
      | 'unknown-action'
      | 'unknown-argument'
      | 'unknown-group'
      | 'nesting-too-deep'
      | 'input-too-large' = 'bad-syntax',
  ) {
    return text.fail(offset, { code, message, hint });
  }
}
