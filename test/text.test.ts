import { describe, expect, it } from 'vitest';
import { escapeControls, isPrintable, printable, quote } from '../src/text.js';

/** One of each kind: C0, DEL, C1 (CSI in one byte), bidi, an isolate, zero width, a line and a paragraph separator, a BOM, a tag, half a pair. */
const STEERING = [
  '\0',
  '\x07',
  '\b',
  '\r',
  '\x1b',
  '\x7f',
  '\x85',
  '\x9b',
  '\x9d',
  '\xad',
  '\u061c',
  '\u200b',
  '\u200e',
].concat([...['\u2028', '\u2029', '\u202e', '\u2066', '\ufeff', '\ud800', '\udfff', '\u{e0001}']]);

describe('foreign text', () => {
  it.each(STEERING.map((character) => [JSON.stringify(character), character]))(
    '%s is escaped by all',
    (_, character) => {
      for (const shown of [escapeControls, printable, quote].map((show) => show(`a${character}b`))) {
        expect(shown).not.toContain(character);
        expect(shown).toMatch(/^"?a\\(u[\da-f]{4}|[bfr])(\\u[\da-f]{4})?b"?$/);
      }
      expect(isPrintable(`a${character}b`)).toBe(false);
    },
  );

  it('of a whole output line ends and tabs stay', () => {
    expect(escapeControls('a\tb\r\nc\n')).toBe('a\tb\\u000d\nc\n');
  });

  it('a part of a line has none of its own', () => {
    expect(printable('a\nscmp: all is well\t')).toBe('a\\u000ascmp: all is well\\u0009');
    expect(quote('a\n"b"\t')).toBe('"a\\n\\"b\\"\\t"');
  });

  it('what is no control stays: letters of any script, signs, pairs', () => {
    const text = 'naïve Ω שלום 漢字 🐧 §…';
    expect([escapeControls(text), printable(text), quote(text)]).toEqual([text, text, `"${text}"`]);
    expect(isPrintable(text)).toBe(true);
  });

  it('escaped JSON is the same JSON', () => {
    const value = { [STEERING.join('')]: STEERING };
    expect(JSON.parse(escapeControls(JSON.stringify(value)))).toEqual(value);
  });

  it('what is long is cut, never within a pair', () => {
    expect(printable('x'.repeat(1001))).toBe(`${'x'.repeat(1000)}…`);
    expect(printable('x🐧y', 2)).toBe('x…');
    expect(quote(`${'x'.repeat(79)}🐧`)).toBe(`"${'x'.repeat(79)}…"`);
  });

  it('once escaped nothing changes', () => {
    for (const character of STEERING) expect(printable(printable(character))).toBe(printable(character));
  });
});
