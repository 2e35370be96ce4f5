import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/profile/document/json-document.js';
import { formatPath } from '../../src/profile/document/json-path.js';
import { InexactNumber, type JsonValue } from '../../src/profile/document/json-value.js';
import { ProfileError } from '../../src/profile/document/profile-error.js';
import fc from '../fast-check.js';

/** What JSON.parse would have made of a document whose numbers are all inexact or small. */
function plain(value: JsonValue): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof InexactNumber) return Number(value.source);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

describe('parseJson', () => {
  it('keeps integers exactly, at any size', () => {
    expect(parseJson('18446744073709551615').value).toBe(2n ** 64n - 1n);
    expect(parseJson('-9223372036854775808').value).toBe(-(2n ** 63n));
    expect(parseJson(`1${'0'.repeat(300)}`).value).toBe(10n ** 300n);
    fc.assert(
      fc.property(fc.bigInt(), (integer) => {
        expect(parseJson(`[${integer}]`).value).toEqual([integer]);
      }),
    );
  });

  it.each(['1.5', '1e3', '1E+3', '1.0', '-0', '-0.0', '1e400'])('keeps %s apart from integers', (text) => {
    expect(parseJson(text).value).toEqual(new InexactNumber(text, 'fraction'));
  });

  it('reads what JSON.parse reads, to the same value', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 2, '\t'), (json, space) => {
        const expected = JSON.parse(json);
        expect(plain(parseJson(JSON.stringify(expected, undefined, space)).value)).toEqual(expected);
      }),
    );
  });

  it('refuses what JSON.parse refuses, with a ProfileError and nothing else', () => {
    const fragments = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '1',
      '-',
      '.',
      'e',
      'null',
      ' ',
      '\n',
      '/',
    );
    const texts = fc.oneof(
      fc.array(fragments).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        try {
          parseJson(text);
          expect(isJson).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ProfileError);
          const code = (error as ProfileError).issues[0]?.code;
          // Stricter than JSON.parse in these two alone.
          if (isJson) expect(['duplicate-key', 'binary-input']).toContain(code);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('answers arbitrary bytes with a value or a ProfileError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          parseJson(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProfileError);
        }
      }),
    );
  });

  it('takes bytes as UTF-8, and skips a byte order mark', () => {
    const text = '{"a": "é→𝄞"}';
    expect(parseJson(new TextEncoder().encode(text)).value).toEqual(parseJson(text).value);
    expect(parseJson(`\uFEFF${text}`).value).toEqual(parseJson(text).value);
    const marked = parseJson(new TextEncoder().encode(`\uFEFF${text}`));
    expect(marked.positionOf(['a'])).toEqual({ line: 1, column: 7, offset: 6 });
  });

  it('gives the position of every value and key', () => {
    const text = '{\r\n  "a": [1,\n    {"b": null}],\r  "c": "x"\n}';
    const document = parseJson(text);
    expect(document.positionOf([])).toEqual({ line: 1, column: 1, offset: 0 });
    expect(document.positionOf(['a'])).toEqual({ line: 2, column: 8, offset: 10 });
    expect(document.positionOf(['a', 0])).toEqual({ line: 2, column: 9, offset: 11 });
    expect(document.positionOf(['a', 1, 'b'])).toMatchObject({ line: 3, column: 11 });
    expect(document.keyPositionOf(['a', 1, 'b'])).toMatchObject({ line: 3, column: 6 });
    expect(document.positionOf(['c'])).toMatchObject({ line: 4, column: 8 });
    expect(document.keyPositionOf(['c'])).toMatchObject({ line: 4, column: 3 });
  });

  it('gives the nearest ancestor of a value that is not there', () => {
    const document = parseJson('{"a": [\n{}]}');
    expect(document.positionOf(['a', 0, 'missing'])).toMatchObject({ line: 2, column: 1 });
    expect(document.positionOf(['x', 'y'])).toMatchObject({ line: 1, column: 1 });
  });

  it('finds the position of random values where they stand', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer())), (rows) => {
        const text = JSON.stringify(rows, undefined, 1);
        const document = parseJson(text);
        rows.forEach((row, i) => {
          row.forEach((value, j) => {
            const position = document.positionOf([i, j])!;
            expect(text.startsWith(String(value), position.offset)).toBe(true);
            expect(text.split('\n')[position.line - 1]!.startsWith(String(value), position.column - 1)).toBe(true);
          });
        });
      }),
    );
  });

  it('takes __proto__ and constructor for keys like any other', () => {
    const { value } = parseJson('{"__proto__": {"polluted": true}, "constructor": 1}');
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(value)).toBeNull();
  });

  it('takes 64 levels and not 65', () => {
    expect(() => parseJson('['.repeat(64) + ']'.repeat(64))).not.toThrow();
    expect(() => parseJson('['.repeat(65) + ']'.repeat(65))).toThrow(ProfileError);
  });
});

describe('formatPath', () => {
  it('writes paths as people read them', () => {
    expect(formatPath([])).toBe('');
    expect(formatPath(['syscalls', 3, 'args', 0, 'value'])).toBe('syscalls[3].args[0].value');
    expect(formatPath(['a b', '', 'x-1'])).toBe('["a b"][""].x-1');
  });

  it('lets no control character and no flood of text through', () => {
    const path = formatPath(['\u001b[31m\u009b\u202e', 'k'.repeat(10_000)]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(path).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(path.length).toBeLessThan(200);
  });
});
