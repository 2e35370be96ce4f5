const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = 0xfeff;
/** Bytes that are decoded at once: lines are slices of the text, which lives as long as one of them is kept. */
const BLOCK = 1 << 20;
/** Of a longer line, in bytes, the rest is dropped: a file without line ends must not fill the memory. */
export const MAX_LINE_BYTES = 1 << 20;

/**
 * What is done with a line: the part of `text` from `begin` to before `end`, without its line end, CR LF too. It is the
 * `line`-th, from 1. Cutting each line out would take longer than reading most of them.
 */
type OnLine = (text: string, begin: number, end: number, line: number) => void;

/** Cuts a log that comes in pieces of any size into lines, UTF-8. The pieces may be changed after each call. */
export class LogLines {
  readonly #onLine: OnLine;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** The begin of a line whose end has not come. */
  #begun: Uint8Array[] = [];
  #begunLength = 0;
  #line = 0;

  constructor(onLine: OnLine) {
    this.#onLine = onLine;
  }

  push(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += BLOCK) this.#pushBlock(bytes.subarray(start, start + BLOCK));
  }

  /** There is no more: what has come since the last line end is a line too. */
  end(): void {
    if (this.#begunLength > 0) this.#cut(this.#take(new Uint8Array()));
  }

  #pushBlock(block: Uint8Array): void {
    const last = block.lastIndexOf(NEWLINE);
    if (last < 0) {
      this.#keep(block);
      return;
    }
    // Where a line was begun, it ends at the first line end.
    const first = this.#begunLength > 0 ? block.indexOf(NEWLINE) : -1;
    if (first >= 0) this.#cut(this.#take(block.subarray(0, first)));
    if (first < last) this.#cut(block.subarray(first + 1, last));
    this.#keep(block.subarray(last + 1));
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
    const line = new Uint8Array(this.#begunLength);
    let at = 0;
    for (const part of this.#begun) {
      line.set(part, at);
      at += part.length;
    }
    this.#begun = [];
    this.#begunLength = 0;
    return line;
  }

  /** Lines, the last one without its line end. */
  #cut(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes);
    for (let start = 0; start <= text.length; ) {
      const found = text.indexOf('\n', start);
      const end = found < 0 ? text.length : found;
      const hasReturn = end > start && text.charCodeAt(end - 1) === CARRIAGE_RETURN;
      this.#line++;
      if (this.#line === 1 && text.charCodeAt(0) === BYTE_ORDER_MARK) start = 1;
      this.#onLine(text, start, hasReturn ? end - 1 : end, this.#line);
      start = end + 1;
    }
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Text that does not keep the block alive which it is a part of. */
export function detached(text: string): string {
  return decoder.decode(encoder.encode(text));
}
