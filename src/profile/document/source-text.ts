import { InvalidArgumentError, type SourcePosition } from '../../errors.js';
import { formatPath, type JsonPath } from './json-path.js';
import { readingHint } from './path-given.js';
import { ProfileError, type UnplacedIssue } from './profile-error.js';

/** The largest profile that is read, in bytes or UTF-16 code units. Docker's default profile has about 15 kB. */
const MAX_INPUT_SIZE = 16 * 1024 * 1024;

/** A text that is read as a profile, and its caller's name for it. Offsets are UTF-16 code units from its beginning. */
export class SourceText {
  /** Where its lines begin; found once, when the first position is asked for. */
  #lineStarts: readonly number[] | undefined;

  constructor(
    readonly text: string,
    readonly source: string | undefined,
  ) {}

  /**
   * A profile's text. Bytes are UTF-8; a byte order mark is skipped, and offsets count from after it.
   *
   * @throws {ProfileError} `PROFILE_SYNTAX`, when it is too large, not UTF-8, or not text
   */
  static decode(input: string | Uint8Array, source: string | undefined): SourceText {
    if (input.length > MAX_INPUT_SIZE) {
      const message = `larger than ${MAX_INPUT_SIZE / 1024 / 1024} MiB`;
      throw new SourceText('', source).fail(undefined, { code: 'input-too-large', message });
    }
    const text = typeof input === 'string' ? input.replace(/^\uFEFF/, '') : decodeUtf8(input, source);
    const decoded = new SourceText(withoutPreamble(text), source);
    const binaryAt = text.indexOf('\0');
    if (binaryAt >= 0) {
      const hint = 'a profile is text in UTF-8';
      throw decoded.fail(binaryAt, { code: 'binary-input', message: 'binary data, not a profile', hint });
    }
    return decoded;
  }

  positionAt(offset: number): SourcePosition {
    this.#lineStarts ??= findLineStarts(this.text);
    const lineStarts = this.#lineStarts;
    let line = 0;
    for (let above = lineStarts.length; above - line > 1; ) {
      const middle = (line + above) >>> 1;
      if (lineStarts[middle]! <= offset) line = middle;
      else above = middle;
    }
    return { line: line + 1, column: offset - lineStarts[line]! + 1, offset };
  }

  /** The error (`PROFILE_SYNTAX`) at an offset. Without one it has no place. */
  fail(offset: number | undefined, issue: UnplacedIssue, path: JsonPath = []): ProfileError {
    const position = offset === undefined ? undefined : this.positionAt(offset);
    return new ProfileError('PROFILE_SYNTAX', [{ ...issue, path: formatPath(path), position }], this.source);
  }
}

/**
 * The text that a caller gave, or undefined for an object.
 *
 * @throws {ProfileError} as {@link SourceText.decode}
 * @throws {InvalidArgumentError} when it is neither
 */
export function textOf(input: unknown, source: string | undefined): SourceText | undefined {
  if (typeof input === 'string') return SourceText.decode(input, source);
  if (ArrayBuffer.isView(input)) {
    return SourceText.decode(new Uint8Array(input.buffer, input.byteOffset, input.byteLength), source);
  }
  if (input instanceof URL)
    throw new InvalidArgumentError(`a profile is text, bytes or an object; ${readingHint(input)}`);
  if (input instanceof Promise)
    throw new InvalidArgumentError('a profile is text, bytes or an object, not a Promise: await it');
  if (typeof input === 'object' && input !== null) return undefined;
  throw new InvalidArgumentError(`a profile is text, bytes or an object, not ${input === null ? input : typeof input}`);
}

/**
 * What tools put in front of JSON: lines of `//`, with which `gadget advise` names the container, and the `seccomp=` of
 * Docker's --security-opt. Empty where there is none.
 */
export function preambleOf(text: string): string {
  if (!/^\s*(?:\/\/|seccomp=\s*\{)/.test(text)) return '';
  return /^(?:\s*\/\/[^\r\n]*[\r\n])*\s*(?:seccomp=\s*)?(?=\{)/.exec(text)?.[0] ?? '';
}

/** A text without its preamble. Blanks stand there, so that places stay as they are. */
function withoutPreamble(text: string): string {
  const preamble = preambleOf(text);
  return preamble.replace(/[^\s]/g, ' ') + text.slice(preamble.length);
}

function decodeUtf8(bytes: Uint8Array, source: string | undefined): string {
  const hint = 'save it as UTF-8';
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new SourceText('', source).fail(0, { code: 'not-utf8', message: 'UTF-16 text', hint });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const text = new TextDecoder().decode(bytes);
    if (text.includes('\0')) return text; // binary: the caller says so
    const at = text.indexOf('\uFFFD');
    throw new SourceText(text, source).fail(at, { code: 'not-utf8', message: 'not valid UTF-8', hint });
  }
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  const lineBreak = /\r\n?|\n/g;
  while (lineBreak.test(text)) starts.push(lineBreak.lastIndex);
  return starts;
}
