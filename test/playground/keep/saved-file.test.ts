import { expect, it } from 'vitest';
import { fileName, textBytes, textForm } from '../../../src/playground/keep/saved-file.js';
import fc from '../../fast-check.js';

/** What the page does to a text between opening and saving it: the decoder takes the mark, the editor all line ends. */
function throughTheEditor(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  return textBytes(text.split(/\r\n|\r|\n/).join('\n'), textForm(text, bytes));
}

it('a text that was not changed is saved as the same bytes', () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n\ufeff]/g, ''));
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.boolean(),
      (lines, end, mark) => {
        const bytes = new TextEncoder().encode((mark ? '\ufeff' : '') + lines.join(end));
        expect(throughTheEditor(bytes)).toEqual(bytes);
      },
    ),
  );
});

it('of several kinds of line ends the one of most lines stays', () => {
  const saved = throughTheEditor(new TextEncoder().encode('a\r\nb\r\nc\nd'));
  expect(new TextDecoder().decode(saved)).toBe('a\r\nb\r\nc\r\nd');
});

it.each([
  ['web.json', 'web.json'],
  ['/etc/../a/b.json', 'b.json'],
  ['C:\\x\\y.txt', 'y.txt'],
  ['..', 'profile'],
  ['', 'profile'],
  ['.hidden', 'hidden'],
  ['a\u202egnosj.exe', 'agnosj.exe'],
  ['<img src=x onerror=1>.json', 'img src=x onerror=1.json'],
  ['a\nb\0c', 'abc'],
])('a name that any file system takes: %j', (name, expected) => {
  expect(fileName(name)).toBe(expected);
});

it('no name has a folder, or what cannot be seen', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const safe = fileName(name);
      expect(safe).toMatch(/^[^./\\\p{Cc}\p{Cf}][^/\\\p{Cc}\p{Cf}]*$/u);
      expect(safe.length).toBeLessThanOrEqual(200);
    }),
  );
});
