import { quote } from '../../../text.js';
import type { SourceText } from '../../document/source-text.js';
import type { PolicyWord } from './syntax.js';

export type TokenKind =
  | 'default'
  | 'include'
  | 'frequency'
  | 'denylist'
  | 'path'
  | 'number'
  | 'sign'
  | 'operator'
  | 'argument'
  | 'return'
  | 'action'
  | 'name';

export interface PolicyToken extends PolicyWord {
  readonly kind: TokenKind;
}

/** The tokens of one statement, with the comment lines right above it. */
export interface PolicyLine {
  readonly tokens: readonly PolicyToken[];
  readonly comment: string | undefined;
}

/** The words of compile_seccomp_policy.py (tools/parser.py): the first that fits counts. */
const TOKEN =
  /(?<skipped>#.*$|\s+|\\$)|(?<default>@default\b)|(?<include>@include\b)|(?<frequency>@frequency\b)|(?<denylist>@denylist$)|(?<path>\.?\/\S+)|(?<number>-?0[xX][0-9a-fA-F]+|-?0[0-7]+|-?[0-9]+)|(?<sign>[:;,~(){}[\]]|\|\||&&|\|)|(?<operator>&|\bin\b|==|!=|<=|<|>=|>)|(?<equal>=)|(?<argument>\barg[0-9]+\b)|(?<return>\breturn\b)|(?<action>\b(?:allow|kill-process|kill-thread|kill|trap|trace|log|user-notify)\b)|(?<name>[a-zA-Z_][a-zA-Z_0-9\-@]*)/y;

/** How many a policy may have; those of crosvm have about 500. */
const MAX_TOKENS = 200_000;

/**
 * The statements of a policy as compile_seccomp_policy.py tells them apart: one a line, and a line that ends with a
 * backslash goes on in the next.
 *
 * @throws {ProfileError} `PROFILE_SYNTAX`, when a text is no token
 */
export function* policyLines(text: SourceText): Generator<PolicyLine> {
  let tokens: PolicyToken[] = [];
  let comment: string[] = [];
  let count = 0;
  for (const { line, start } of linesOf(text)) {
    const note = /^\s*#[ \t]?(.*)$/.exec(line);
    if (tokens.length === 0) {
      if (note) comment.push(note[1]!.trimEnd());
      else if (line.trim() === '') comment = [];
    }
    for (const token of tokenize(text, line, start)) {
      if (++count > MAX_TOKENS) {
        throw text.fail(token.offset, { code: 'input-too-large', message: `more than ${MAX_TOKENS} words and signs` });
      }
      tokens.push(token);
    }
    if (line.endsWith('\\') || tokens.length === 0) continue;
    yield { tokens, comment: comment.length > 0 ? comment.join('\n') : undefined };
    tokens = [];
    comment = [];
  }
}

/** The lines of a text without their ends, and where each begins. */
export function* linesOf({ text }: SourceText): Generator<{ line: string; start: number }> {
  const lines = /([^\r\n]*)(?:\r\n?|\n|$)/gy;
  while (lines.lastIndex < text.length) {
    const start = lines.lastIndex;
    yield { line: lines.exec(text)![1]!, start };
  }
}

function* tokenize(text: SourceText, line: string, start: number): Generator<PolicyToken> {
  for (let at = 0; at < line.length; ) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(line)?.groups;
    if (!groups) {
      const found = /\S+/.exec(line.slice(at))?.[0] ?? line.slice(at);
      const message = `${quote(found.slice(0, 20))} has no meaning in a policy`;
      throw text.fail(start + at, { code: 'bad-syntax', message });
    }
    const end = TOKEN.lastIndex;
    const [kind, word] = Object.entries(groups).find(([, value]) => value !== undefined) as [string, string];
    if (kind !== 'skipped') {
      yield { kind: (kind === 'equal' ? 'sign' : kind) as TokenKind, word, text, offset: start + at };
    }
    at = end;
  }
}
