import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';
import { countWords, homeMadeWords, MAX_WORDS, proseOf, rowsOf, type Sentence, sentencesOf } from './plain-words.js';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const list = (folder: string, extension: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(extension))
    .map((name) => join(folder, name));

const pages = [
  ...list('.', '.md'),
  ...list('docs', '.md'),
  ...list('docs/field', '.md'),
  ...list('docs/guides', '.md'),
  '.github/pull_request_template.md',
];
interface Text {
  sentences: Sentence[];
  rows: Sentence[];
}
const pageOf = (markdown: string): Text => ({ sentences: sentencesOf(proseOf(markdown)), rows: rowsOf(markdown) });

const TEXTS = new Map<string, Text>();
for (const page of pages) TEXTS.set(page, pageOf(read(page)));
// Only what is not released yet: an entry of a release stays as it was.
TEXTS.set('CHANGELOG.md', pageOf(read('CHANGELOG.md').split(/^## (?!Unreleased)/m)[0]!));
for (const script of list('findings', '.sh')) TEXTS.set(script, pageOf(headOf(read(script))));

/** The comment that a script begins with, as prose. */
function headOf(script: string): string {
  return script
    .split(/^(?!#)/m, 1)[0]!
    .replace(/^#!.*/, '')
    .replaceAll(/^# ?/gm, '');
}

const tooLong = ({ text }: Sentence) => countWords(text) > MAX_WORDS;

describe.each([...TEXTS])('%s', (_, { sentences, rows }) => {
  it(`has no sentence of more than ${MAX_WORDS} words`, () => {
    expect(
      sentences.filter(tooLong).map(({ line, text }) => `line ${line}: ${countWords(text)} words: ${text}`),
    ).toEqual([]);
  });

  it('has no home-made word', () => {
    const found = [...sentences, ...rows].flatMap(({ line, text }) =>
      homeMadeWords(text).map((word) => `line ${line}: ${word}`),
    );
    expect(found).toEqual([]);
  });
});

it('reads what it is about', () => {
  expect(TEXTS.size).toBeGreaterThan(40);
  for (const [page, { sentences }] of TEXTS) expect(sentences.length, page).toBeGreaterThan(2);
  expect(TEXTS.get('docs/runtimes.md')?.rows.length).toBeGreaterThan(20);
});

describe('a sentence', () => {
  it('ends with a mark, a paragraph, an item or a heading', () => {
    const text = '# Title\nOne. Two\ngoes on (see X.Y)! "Three?" four\n\n- five\n- six,\n  still six\n1. seven';
    expect(sentencesOf(text)).toEqual([
      { line: 1, text: 'Title' },
      { line: 2, text: 'One.' },
      { line: 2, text: 'Two goes on (see X.Y)!' },
      { line: 3, text: '"Three?"' },
      { line: 3, text: 'four' },
      { line: 5, text: 'five' },
      { line: 6, text: 'six, still six' },
      { line: 8, text: 'seven' },
    ]);
  });

  it('is counted without code, tables and addresses', () => {
    const page = 'See [the page](a/b.md): `one two\nthree`.\n| a | b |\n\n```sh\nmend it\n```\nDone.';
    expect(sentencesOf(proseOf(page))).toEqual([
      { line: 1, text: 'See the page: CODE .' },
      { line: 8, text: 'Done.' },
    ]);
    expect(countWords('See the page: CODE .')).toBe(4);
    expect(rowsOf(page)).toEqual([{ line: 3, text: '| a | b |' }]);
  });

  it('is too long, or home-made, where it is', () => {
    expect(tooLong({ line: 1, text: 'word '.repeat(MAX_WORDS) })).toBe(false);
    expect(tooLong({ line: 1, text: 'word '.repeat(MAX_WORDS + 1) })).toBe(true);
    expect(homeMadeWords('A name passed over is mended; the two are told apart.')).toEqual([
      '"mended" (write: fix)',
      '"passed over" (write: ignore)',
    ]);
  });
});
