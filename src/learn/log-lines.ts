export const NEWLINE = 0x0a;
export const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
/** Bytes that are given on at once. What is counted by kind is given on after each block, so it pays that they are large. */
const BLOCK = 1 << 22;
/** Bytes that become one text. A larger one has memory of its own, and to get that takes longer than to read the text. */
const TEXT = 1 << 16;
/** Of a longer line, in bytes, the rest is dropped: a file without line ends must not fill the memory. */
export const MAX_LINE_BYTES = 1 << 20;

/** Whole lines, each with its line end (the last one too). They are valid until the next ones come. */
type OnLines = (bytes: Uint8Array) => void;

/** Cuts a log that comes in pieces of any size between lines. The pieces may be changed after each call. */
export class LineBlocks {
  readonly #onLines: OnLines;
  #isAtBegin = true;
  /** The begin of a line whose end has not come. */
  #begun: Uint8Array[] = [];
  #begunLength = 0;

  constructor(onLines: OnLines) {
    this.#onLines = onLines;
  }

  push(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += BLOCK) this.#pushBlock(bytes.subarray(start, start + BLOCK));
  }

  /** There is no more: what has come since the last line end is a line too. */
  end(): void {
    if (this.#begunLength > 0) this.#give(this.#take(new Uint8Array()));
  }

  #pushBlock(block: Uint8Array): void {
    const last = block.lastIndexOf(NEWLINE);
    if (last < 0) {
      this.#keep(block);
      return;
    }
    // Where a line was begun, it ends at the first line end.
    const first = this.#begunLength > 0 ? block.indexOf(NEWLINE) : -1;
    if (first >= 0) this.#give(this.#take(block.subarray(0, first)));
    if (first < last) this.#give(block.subarray(first + 1, last + 1));
    this.#keep(block.subarray(last + 1));
  }

  #give(lines: Uint8Array): void {
    const isMarked = this.#isAtBegin && BYTE_ORDER_MARK.every((byte, index) => lines[index] === byte);
    this.#isAtBegin = false;
    this.#onLines(searchable(isMarked ? lines.subarray(BYTE_ORDER_MARK.length) : lines));
  }

  #keep(bytes: Uint8Array): void {
    // A copy: slice() of a Buffer is a view.
    const kept = new Uint8Array(bytes.subarray(0, Math.max(0, MAX_LINE_BYTES - this.#begunLength)));
    if (kept.length === 0) return;
    this.#begun.push(kept);
    this.#begunLength += kept.length;
  }

  /** The line that was begun, with its end. */
  #take(end: Uint8Array): Uint8Array {
    this.#keep(end);
    const line = new Uint8Array(this.#begunLength + 1);
    let at = 0;
    for (const part of this.#begun) {
      line.set(part, at);
      at += part.length;
    }
    line[at] = NEWLINE;
    this.#begun = [];
    this.#begunLength = 0;
    return line;
  }
}

/** Node's Buffer finds a byte in a fifth of the time. Browsers have none. */
function searchable(bytes: Uint8Array): Uint8Array {
  return typeof Buffer === 'undefined' ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * What is done with a line: the part of `text` from `begin` to before `end`, without its line end, CR LF too. It is the
 * `line`-th, from 1. Cutting each line out would take longer than reading most of them.
 */
export type OnLine = (text: string, begin: number, end: number, line: number) => void;

/** Cuts a log that comes in pieces of any size into lines, UTF-8. The pieces may be changed after each call. */
export class LogLines {
  readonly #onLine: OnLine;
  readonly #blocks = new LineBlocks((bytes) => this.#cut(bytes));
  #line = 0;

  constructor(onLine: OnLine) {
    this.#onLine = onLine;
  }

  push(bytes: Uint8Array): void {
    this.#blocks.push(bytes);
  }

  /** There is no more: what has come since the last line end is a line too. */
  end(): void {
    this.#blocks.end();
  }

  #cut(bytes: Uint8Array): void {
    for (let begin = 0; begin < bytes.length; ) {
      const end = endOfText(bytes, begin);
      this.#cutText(textOf(bytes.subarray(begin, end)));
      begin = end;
    }
  }

  #cutText(text: string): void {
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf('\n', start);
      const hasReturn = end > start && text.charCodeAt(end - 1) === CARRIAGE_RETURN;
      this.#line++;
      this.#onLine(text, start, hasReturn ? end - 1 : end, this.#line);
      start = end + 1;
    }
  }
}

/** A line of a block, without its line end. */
export function textOfLine(bytes: Uint8Array, begin: number, end: number): string {
  const hasReturn = end > begin && bytes[end - 1] === CARRIAGE_RETURN;
  return decoder.decode(bytes.subarray(begin, hasReturn ? end - 1 : end));
}

/** Behind the last line end of a text that begins there; behind the first, where a line is longer. */
function endOfText(bytes: Uint8Array, begin: number): number {
  const limit = begin + TEXT;
  if (limit >= bytes.length) return bytes.length;
  const last = bytes.lastIndexOf(NEWLINE, limit - 1);
  return (last >= begin ? last : bytes.indexOf(NEWLINE, limit)) + 1;
}

/** UTF-8 as text. Most logs are ASCII, which Node's Buffer makes text of in a tenth of the time. */
function textOf(bytes: Uint8Array): string {
  if (typeof Buffer === 'undefined' || !Buffer.isBuffer(bytes)) return decoder.decode(bytes);
  // In ASCII each byte is a character that is one byte, and any other byte is one of two.
  const text = bytes.toString('latin1');
  return Buffer.byteLength(text) === bytes.length ? text : decoder.decode(bytes);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Text that does not keep the block alive which it is a part of. */
export function detached(text: string): string {
  return decoder.decode(encoder.encode(text));
}
