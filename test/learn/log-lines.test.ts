import { describe, expect, it } from 'vitest';
import { LogLines, MAX_LINE_BYTES } from '../../src/learn/log-lines.js';
import fc from '../fast-check.js';

function lines(pieces: readonly Uint8Array[]): [number, string][] {
  const found: [number, string][] = [];
  const cutter = new LogLines((text, begin, end, line) => found.push([line, text.slice(begin, end)]));
  for (const piece of pieces) {
    const lent = Buffer.from(piece);
    cutter.push(lent);
    lent.fill(0x58); // a reader reads the next piece into the same memory
  }
  cutter.end();
  return found;
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe('LogLines', () => {
  it('cuts alike whatever the pieces are', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'é', '€', '\r', ' ', '𝄞'), maxLength: 8 });
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 20 }),
        fc.boolean(),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (all, isEnded, sizes) => {
          const whole = bytes(all.join('\n') + (isEnded ? '\n' : ''));
          const pieces: Uint8Array[] = [];
          for (let at = 0; at < whole.length; ) {
            const size = sizes.next().value as number;
            pieces.push(whole.subarray(at, at + size));
            at += size;
          }
          const expected = all.join('\n').split('\n');
          if (!isEnded && expected.at(-1) === '') expected.pop();
          if (whole.length === 0) expected.length = 0;
          expect(lines(pieces)).toEqual(expected.map((text, index) => [index + 1, text.replace(/\r$/, '')]));
        },
      ),
    );
  });

  it('cuts alike where a block is more than one text, with lines longer than a text, and characters that are no ASCII', () => {
    const all = Array.from({ length: 300 }, (_, at) =>
      (at % 7 === 3 ? 'é€𝄞' : 'ab').repeat(at === 150 ? 60_000 : at * 10),
    );
    expect(lines([bytes(all.join('\n'))])).toEqual(all.map((text, index) => [index + 1, text]));
  });

  it('keeps the begin of a line that is too long, and goes on behind it', () => {
    const long = new Uint8Array(1 << 16).fill(0x61);
    const found = lines([...Array.from({ length: 64 }, () => long), bytes('\nnext\n')]);
    expect(found.map(([line, text]) => [line, text.length])).toEqual([
      [1, MAX_LINE_BYTES],
      [2, 4],
    ]);
  });

  it('leaves out a byte order mark at the begin only', () => {
    expect(lines([bytes('\ufeffa\n\ufeffb\n')])).toEqual([
      [1, 'a'],
      [2, '\ufeffb'],
    ]);
  });
});
