import { INDENT, joined, linesOf, tokensOf } from './lines.js';

/** As kafel's lexer has them, and comments: one that is not ended goes on in the next line. */
const TOKEN =
  /\/\/.*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$)|"[^"]*"|0x[0-9a-fA-F]+|0b[01]+|-?\d+|[A-Za-z]\w*|==|!=|<=|>=|\|\||&&|[<>|&[\](){},!#;]/y;

const OPENING: ReadonlySet<string> = new Set(['{', '(', '[']);
const CLOSING: ReadonlySet<string> = new Set(['}', ')', ']']);
const isWord = (token: string): boolean => /^\w/.test(token);

/** `ERRNO(1) { write(fd, buf) { (fd & 0x3) == 1 } }` */
function gap(previous: string, next: string): '' | ' ' {
  if (next === ',' || next === ')' || next === ']' || next === '[') return '';
  if (['(', '[', '!', '#'].includes(previous)) return '';
  if (next === '(') return isWord(previous) ? '' : ' ';
  return ' ';
}

/** A policy of kafel: what is in brackets is moved in from the line that opens them. */
export function formatKafel(text: string): string {
  return joined(formatKafelLines(linesOf(text)));
}

/** As {@link formatKafel}, with as many lines as there were. */
export function formatKafelLines(lines: readonly string[]): string[] {
  /** How far the lines are moved in that have the brackets that are open. */
  const open: number[] = [];
  let isInNote = false;
  /** Whether the line above ends with an operator: this one goes on from it. */
  let goesOn = false;
  return lines.map((line) => {
    const content = line.trim();
    if (isInNote) {
      // What is in a comment of several lines is its author's.
      isInNote = !content.includes('*/');
      return line.trimEnd();
    }
    const tokens = tokensOf(content, TOKEN);
    if (!tokens || tokens.length === 0) return line.trimEnd();
    const leading = tokens.findIndex((token) => !CLOSING.has(token));
    const closed = leading < 0 ? tokens.length : leading;
    let depth = open.length === 0 ? 0 : open.at(-1)! + 1;
    for (let index = 0; index < closed; index++) depth = open.pop() ?? 0;
    const isMore = closed === 0 && (goesOn || tokens[0] === '&&' || tokens[0] === '||');
    const moved = depth + Number(isMore);
    for (const token of tokens.slice(closed)) {
      if (OPENING.has(token)) open.push(moved);
      else if (CLOSING.has(token)) open.pop();
    }
    const last = tokens.filter((token) => !/^\/[/*]/.test(token)).at(-1);
    if (last !== undefined) goesOn = ['&&', '||', '&', '|', '==', '!=', '<', '<=', '>', '>='].includes(last);
    const note = tokens.at(-1)!;
    isInNote = note.startsWith('/*') && !(note.length > 3 && note.endsWith('*/'));
    return (
      INDENT.repeat(moved) +
      tokens.reduce((all, next, index) => all + (index === 0 ? '' : gap(tokens[index - 1]!, next)) + next, '')
    );
  });
}
