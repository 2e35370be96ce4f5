import type { UnplacedIssue } from '../document/profile-error.js';
import { ProfileError } from '../document/profile-error.js';
import type { SourceText } from '../document/source-text.js';
import { type InputFormat, LINES_FORMATS, type LinesFormatName } from './index.js';

/** The syntax of a text. The keys of a `json` or `yaml` document show its format. */
export type Syntax = 'json' | 'yaml' | LinesFormatName;

const YAML_LINE = /^(?:---|%YAML\b|(?:"[^"]*"|'[^']*'|[\w$.-]+)[ \t]*:(?=\s|$)|- )/;

const YAML_LIKE = LINES_FORMATS.filter((format) => 'looksLikeYaml' in format);
const WHOLLY_YAML_LIKE = YAML_LIKE.filter(({ looksLikeYaml }) => looksLikeYaml === 'text');

/** What only that syntax has at the beginning of a line; JSON is detected by its first character. */
const LINE_SIGNS: readonly { id: Exclude<Syntax, 'json'>; phrase: string; sign(line: string): boolean }[] = [
  { id: 'yaml', phrase: 'YAML', sign: (line) => YAML_LINE.test(line) && !YAML_LIKE.some(({ sign }) => sign(line)) },
  ...LINES_FORMATS,
];

/** Whether a text is JSON, or meant to be: an object, or a value that no other syntax begins with. */
function looksLikeJson(text: string): boolean {
  const firstLine = /\S[^\r\n]*/.exec(text)?.[0] ?? '';
  if (/^(?:"|\{\s*(?:["}]|$))/.test(firstLine)) return true;
  return /^[{[]/.test(firstLine) && !LINES_FORMATS.some(({ sign }) => sign(firstLine.trimEnd()));
}

/** The syntax of a text that is JSON, or meant to be; undefined for any other. */
export function jsonSyntax(text: string): Syntax | undefined {
  if (!looksLikeJson(text)) return undefined;
  return LINES_FORMATS.find((format) => 'inJson' in format && format.inJson(text))?.id ?? 'json';
}

/** The syntax that a caller names, by itself or by the format that has it. */
export function namedSyntax(wanted: InputFormat | undefined): Syntax | undefined {
  if (wanted === 'json' || wanted === 'yaml') return wanted;
  return LINES_FORMATS.find(({ id }) => id === wanted)?.id;
}

/**
 * Detect a text's syntax. It must have signs of one only, or begin as a value of JSON.
 *
 * @throws {ProfileError} `ambiguous-format`, when it has signs of two; `bad-syntax`, when it has none
 */
export function detectSyntax(source: SourceText, wanted?: InputFormat): Syntax {
  const named = namedSyntax(wanted);
  if (named !== undefined) return named;
  // The other formats have keys, and are JSON or YAML; nothing else need be distinguished.
  if (wanted !== undefined) return looksLikeJson(source.text) ? 'json' : 'yaml';
  const json = jsonSyntax(source.text);
  if (json !== undefined) return json;
  const whole = LINES_FORMATS.find((format) => 'isWhole' in format && format.isWhole(source.text));
  if (whole) return whole.id;
  const [first, second] = findSigns(source.text);
  if (first && second) {
    const issue: UnplacedIssue = {
      code: 'ambiguous-format',
      message: `line ${second.line} looks like ${second.phrase}, line ${first.line} like ${first.phrase}`,
      hint: 'say which it is (--from, or the option "format")',
    };
    const place = { path: '', position: source.positionAt(second.offset) };
    throw new ProfileError('PROFILE_INVALID', [{ ...issue, ...place }], source.source);
  }
  if (first) return first.id;
  const start = source.text.search(/\S/);
  const content = afterComments(source);
  if (content === source.text.length) {
    const message = start < 0 ? 'empty: there is no profile in it' : 'nothing but comments: there is no profile in it';
    throw source.fail(Math.max(start, 0), { code: 'empty-input', message });
  }
  JSON_START.lastIndex = content;
  if (JSON_START.test(source.text)) return 'json';
  const issue: UnplacedIssue = {
    code: 'bad-syntax',
    message: `no line looks like ${LINE_SIGNS.map(({ phrase }) => phrase).join(', ')}, and it does not begin as JSON`,
    hint: 'say which it is (--from, or the option "format")',
  };
  throw new ProfileError('PROFILE_SYNTAX', [{ ...issue, path: '', position: source.positionAt(start) }], source.source);
}

/** A value of JSON: where it is no object, or a comment stands before it, its reader says what is wrong. */
const JSON_START = /[{[\d-]|(?:true|false|null)\b/y;

/**
 * Where a text goes on after blanks and comments, of whatever language.
 *
 * @throws {ProfileError} `bad-syntax`, when a comment is not ended
 */
function afterComments(source: SourceText): number {
  const { text } = source;
  const begin = /\s*(?:(?:\/\/|#)[^\r\n]*|\/\*)?/y;
  for (let at = 0; ; at = begin.lastIndex) {
    begin.lastIndex = at;
    const found = begin.exec(text)![0];
    if (found === '') return at;
    if (!/^\s*\/\*$/.test(found)) continue;
    const end = text.indexOf('*/', begin.lastIndex);
    if (end < 0) {
      const place = begin.lastIndex - 2;
      throw source.fail(place, {
        code: 'bad-syntax',
        message: 'a comment that is not ended',
        hint: 'end it with "*/"',
      });
    }
    begin.lastIndex = end + 2;
  }
}

interface LineSign {
  id: Exclude<Syntax, 'json'>;
  phrase: string;
  line: number;
  offset: number;
}

/** The first line that shows each syntax, in the order of the text. */
function findSigns(text: string): LineSign[] {
  const found: LineSign[] = [];
  const lines = /[^\r\n]*(?:\r\n?|\n|$)/gy;
  for (let line = 1; lines.lastIndex < text.length; line++) {
    const offset = lines.lastIndex;
    const content = lines.exec(text)![0].trimEnd();
    for (const { id, phrase, sign } of LINE_SIGNS) {
      if (found.some((each) => each.id === id)) continue;
      if (sign(content)) found.push({ id, phrase, line, offset });
    }
  }
  const whole = found.find(({ id }) => WHOLLY_YAML_LIKE.some((format) => format.id === id));
  const isLike = ({ id }: LineSign) => id === 'yaml' || YAML_LIKE.some((format) => format.id === id);
  const told = whole ? found.filter((each) => each === whole || !isLike(each)) : found;
  const embedding = LINES_FORMATS.find(({ id }) => id === told[0]?.id);
  return embedding && 'embeds' in embedding ? told.filter(({ id }) => id !== embedding.embeds) : told;
}
