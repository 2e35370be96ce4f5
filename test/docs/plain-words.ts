// What plain English is here, for the tests of docs, comments and messages: the field's words, and sentences that end.

/** Words that are this project's own, and the one that the field has for it. */
const HOME_MADE: readonly (readonly [word: RegExp, instead: string])[] = [
  [/\bmend(s|ed|ing|able)?\b/i, 'fix'],
  [/\bpass(es|ed|ing)? over\b/i, 'ignore'],
  [/\btold\b(?! apart)/i, 'reported, said, known'],
  [/\bfindInput\b/, 'witness'],
  [/\b(MOST|LARGEST|LONGEST|DEEPEST)_[A-Z]/, 'MAX_'],
  [/\bwhose is whose\b/i, 'the names'],
];

export const MAX_WORDS = 30;

/** A sentence of a text, and the line on which it begins (from 1). */
export interface Sentence {
  line: number;
  text: string;
}

/** The home-made words of a sentence, each with what to write instead. */
export function homeMadeWords(text: string): string[] {
  return HOME_MADE.flatMap(([word, instead]) => {
    const [found] = word.exec(text) ?? [];
    return found === undefined ? [] : [`"${found}" (write: ${instead})`];
  });
}

/** How many words a sentence has. A piece of code counts as one. */
export function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** A sentence ends with a mark and a blank; a paragraph, a heading and an item of a list end one too. */
const END = /[.!?…][)"'*_”]*(?=\s)/g;
const BEGINS_PARAGRAPH = /^\s*([-*+]|\d+\.|#+|>)\s/;

/** The sentences of prose. Lines that are blank, or begin an item or a heading, end the paragraph before. */
export function sentencesOf(prose: string): Sentence[] {
  const found: Sentence[] = [];
  let paragraph: string[] = [];
  let first = 1;
  const end = () => {
    const text = `${paragraph.join('\n')}\n`;
    let from = 0;
    for (const to of [...text.matchAll(END)].map((match) => match.index + match[0].length).concat(text.length)) {
      const sentence = text.slice(from, to);
      const begins = from + (sentence.length - sentence.trimStart().length);
      const line = first + text.slice(0, begins).split('\n').length - 1;
      if (sentence.trim() !== '') found.push({ line, text: sentence.trim().replaceAll(/\s+/g, ' ') });
      from = to;
    }
    paragraph = [];
  };
  prose.split('\n').forEach((line, index) => {
    if (line.trim() === '' || BEGINS_PARAGRAPH.test(line)) end();
    if (paragraph.length === 0) first = index + 1;
    paragraph.push(line.replace(BEGINS_PARAGRAPH, ''));
    if (/^#+\s/.test(line)) end();
  });
  end();
  return found;
}

const blank = (text: string) => text.replaceAll(/[^\n]/g, '');

/** A page of Markdown without code and addresses. Lines stay where they are. */
function withoutCode(markdown: string): string {
  return markdown
    .replaceAll(/^ *(`{3,})[\s\S]*?^ *\1$/gm, blank)
    .replaceAll(/^ {4,}[^-*\d\s].*$/gm, '')
    .replaceAll(/<!--[\s\S]*?-->/g, blank)
    .replaceAll(/`[^`]+`/g, (code) => `CODE${blank(code)}`)
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1');
}

/** The text of a page, which has sentences: no code, no tables. */
export function proseOf(markdown: string): string {
  return withoutCode(markdown).replaceAll(/^\s*\|.*$/gm, '');
}

/** The rows of a page's tables, which have words. */
export function rowsOf(markdown: string): Sentence[] {
  const lines = withoutCode(markdown).split('\n');
  return lines.flatMap((text, index) => (/^\s*\|/.test(text) ? [{ line: index + 1, text }] : []));
}
