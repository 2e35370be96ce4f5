import type { SourcePosition } from '../../errors.js';
import { formatPath, type JsonPath } from './json-path.js';
import { ProfileError, type ProfileIssueCode } from './profile-error.js';

/** The largest profile that is read, in bytes or UTF-16 code units. Docker's default profile has about 15 kB. */
const MAX_INPUT_SIZE = 16 * 1024 * 1024;

/**
 * A profile's text. Bytes are UTF-8; a byte order mark is skipped, and offsets count from after it.
 *
 * @throws {ProfileError} `PROFILE_SYNTAX`, when it is too large, not UTF-8, or not text
 */
export function decodeText(input: string | Uint8Array, source: string | undefined): string {
  if (input.length > MAX_INPUT_SIZE) {
    throw syntaxFault('input-too-large', `larger than ${MAX_INPUT_SIZE / 1024 / 1024} MiB`, { source });
  }
  const text = typeof input === 'string' ? input.replace(/^\uFEFF/, '') : decodeUtf8(input, source);
  const binaryAt = text.indexOf('\0');
  if (binaryAt >= 0) {
    const hint = 'a profile is text in UTF-8';
    throw syntaxFault('binary-input', 'binary data, not a profile', { source, text, offset: binaryAt, hint });
  }
  return text;
}

function decodeUtf8(bytes: Uint8Array, source: string | undefined): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw syntaxFault('not-utf8', 'UTF-16 text', { source, text: '', hint: 'save it as UTF-8' });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const text = new TextDecoder().decode(bytes);
    if (text.includes('\0')) return text; // binary: the caller says so
    const hint = 'save it as UTF-8';
    throw syntaxFault('not-utf8', 'not valid UTF-8', { source, text, offset: text.indexOf('\uFFFD'), hint });
  }
}

interface FaultDetails {
  source: string | undefined;
  text?: string;
  offset?: number;
  path?: JsonPath;
  hint?: string | undefined;
}

/** The error for a text that is not in its format's syntax; its place is `offset` of `text`. */
export function syntaxFault(code: ProfileIssueCode, message: string, details: FaultDetails): ProfileError {
  const { source, text, offset = 0, path = [], hint } = details;
  const position = text === undefined ? undefined : positionFinder(text)(offset);
  return new ProfileError('PROFILE_SYNTAX', [{ code, message, path: formatPath(path), position, hint }], source);
}

/** Line and column of offsets in a text. The lines are found once, when the first position is asked for. */
export function positionFinder(text: string): (offset: number) => SourcePosition {
  let lineStarts: number[] | undefined;
  return (offset) => {
    lineStarts ??= findLineStarts(text);
    let line = 0;
    for (let above = lineStarts.length; above - line > 1; ) {
      const middle = (line + above) >>> 1;
      if (lineStarts[middle]! <= offset) line = middle;
      else above = middle;
    }
    return { line: line + 1, column: offset - lineStarts[line]! + 1, offset };
  };
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  const lineBreak = /\r\n?|\n/g;
  while (lineBreak.test(text)) starts.push(lineBreak.lastIndex);
  return starts;
}
