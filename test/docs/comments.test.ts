import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { countWords, homeMadeWords, MAX_WORDS, sentencesOf } from './plain-words.js';
import { commentsOf, messagesOf, type Prose, proseOfComment } from './source-prose.js';

// Comments and messages of the code are in the field's words, and their sentences end.

const FOLDERS = ['native-loader', 'src'];
const files = execFileSync('git', ['ls-files', ...FOLDERS], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file.endsWith('.ts'));

/** `Raises` is `@throws {Class} when`, which the reference shows as such. */
const RAISES = /\bRaises? (?:a |an |the )?(?:what|as|CODE|[A-Z]\w*Error)/;
/** A class without braces is taken for prose by what reads the tag. */
const BARE_CLASS = /^@throws (?!\{|nothing\b)/;

/** Lists of names and programs in other languages are texts too, and may be long. */
const isMessage = ({ text }: Prose) => / (?:the|an?|is|are|of|to) /.test(text) && !/[{}$]|;\n|\n {2}/.test(text);

function faultsOf({ file, line, text }: Prose): string[] {
  return sentencesOf(text).flatMap((sentence) => {
    const words = countWords(sentence.text);
    const faults = homeMadeWords(sentence.text);
    if (words > MAX_WORDS) faults.push(`${words} words`);
    if (RAISES.test(sentence.text)) faults.push('"Raises" (write: @throws {Class} when)');
    if (BARE_CLASS.test(sentence.text)) faults.push('@throws without braces');
    return faults.map((fault) => `${file}:${line + sentence.line - 1}: ${fault}: ${sentence.text}`);
  });
}

const inComments = (file: string, source?: string) =>
  commentsOf(file, source).flatMap((comment) => faultsOf({ ...comment, text: proseOfComment(comment.text) }));
const inMessages = (file: string, source?: string) =>
  messagesOf(file, source).flatMap((text) =>
    faultsOf(text).filter((fault) => isMessage(text) || fault.includes('(write: ')),
  );

describe('plain words', () => {
  it('are those of comments', { timeout: 120_000 }, () => {
    expect(files.flatMap((file) => inComments(file))).toEqual([]);
  });

  it('are those of messages', { timeout: 120_000 }, () => {
    expect(files.flatMap((file) => inMessages(file))).toEqual([]);
  });

  const long = `${'word '.repeat(MAX_WORDS)}end.`;

  it('are looked for in every comment, and a sentence may go over its lines', () => {
    const source = [
      `/**\n * Short.\n * ${long.replaceAll(' end', '\n * end')}\n *\n * @throws InvalidArgumentError always\n */`,
      'function first() {\n  // One line says\n  // what was mended.\n}',
      'const second = [1, /* Raises {@link First}. */ 2]; // It was told.',
    ].join('\n');
    expect(inComments('a.ts', source)).toEqual([
      `a.ts:3: 31 words: ${long}`,
      'a.ts:6: @throws without braces: @throws InvalidArgumentError always',
      'a.ts:9: "mended" (write: fix): One line says what was mended.',
      'a.ts:12: "Raises" (write: @throws {Class} when): Raises CODE.',
      'a.ts:12: "told" (write: reported, said, known): It was told.',
    ]);
  });

  it('are looked for in every message, and not in lists and programs', () => {
    const source = [
      "const list = 'read write open close';",
      `const message = \`the call \${list} is passed over\`;`,
      `const other = 'this is ${long}';`,
      `const program = 'if (a) { this is ${long} }';`,
    ].join('\n');
    expect(inMessages('a.ts', source)).toEqual([
      'a.ts:2: "passed over" (write: ignore): the call CODE is passed over',
      `a.ts:3: 33 words: this is ${long}`,
    ]);
  });
});
