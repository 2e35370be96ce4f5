import { type Gap, INDENT, joined, linesOf, respaced } from './lines.js';

/** As the lexer of the list has them, and comments. */
const TOKEN =
  /#.*|"(?:[^"\\]|\\["\\n])*"|-?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)*)(?![\w.])|[A-Za-z_./@](?:[\w./@+]|-(?!>))*|->|&&|==|!=|<=|>=|[<>&|(),:]/y;

const isWord = (token: string): boolean => /^[\w./@]/.test(token);

/** `allow read, openat(flags & O_CREAT == 0)  # why`: no blanks in brackets and around `|`, one around operators. */
const gapIn =
  (line: string): Gap =>
  (previous, next) => {
    if (next === ',' || next === ')' || next === ':' || next === '|') return '';
    if (previous === '(' || previous === '|') return '';
    if (next === '(') return isWord(previous) ? '' : ' ';
    // Of an argument it says how many bits are compared, elsewhere it ends the tests of a rule.
    if (previous === ':') return /^when\b/.test(line.trimStart()) && !/^\d/.test(next) ? ' ' : '';
    return ' ';
  };

/** A plain list: a statement begins its line, and what goes on is moved in. */
export function formatList(text: string): string {
  let isOpen = false;
  return joined(
    linesOf(text).map((line) => {
      const spaced = respaced(line.trim(), TOKEN, gapIn(line));
      const indented = isOpen && spaced !== '' ? INDENT + spaced : spaced;
      if (spaced !== '' && !spaced.startsWith('#')) {
        isOpen = /(?:[,|&(<>]|->|[=!<>]=)$/.test(spaced.replace(/\s*#.*$/, ''));
      }
      return indented;
    }),
  );
}
