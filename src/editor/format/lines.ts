/** How far what is in a block, or goes on from the line above, is moved in. */
export const INDENT = '  ';

/** What separates two tokens of a line. */
export type Gap = (previous: string, next: string) => '' | ' ';

/**
 * A line with its tokens apart as `gap` says. A line that has something else in it is left as it is, but for the blanks at
 * its end.
 */
export function respaced(line: string, token: RegExp, gap: Gap): string {
  const tokens = tokensOf(line, token);
  if (!tokens) return line.trimEnd();
  return tokens.reduce((text, next, index) => text + (index === 0 ? '' : gap(tokens[index - 1]!, next)) + next, '');
}

/** The tokens of a line, or undefined where something in it is none. The expression is sticky, and takes no blanks. */
export function tokensOf(line: string, token: RegExp): string[] | undefined {
  const tokens: string[] = [];
  const end = line.trimEnd().length;
  for (let at = line.length - line.trimStart().length; at < end; ) {
    token.lastIndex = at;
    const found = token.exec(line)?.[0];
    if (!found) return undefined;
    tokens.push(found.trimEnd());
    at += found.length;
    while (at < end && /\s/.test(line[at]!)) at++;
  }
  return tokens;
}

/** The lines of a text, whatever ends them. */
export const linesOf = (text: string): string[] => text.split(/\r\n|\r|\n/);

/** What ends the lines of a text: as the first one is ended. */
export const lineEndOf = (text: string): '\r\n' | '\n' => (/\r\n|\r|\n/.exec(text)?.[0] === '\r\n' ? '\r\n' : '\n');

/** Lines as a text: no empty line at its beginning and end, and never two in a row. */
export function joined(lines: readonly string[]): string {
  const kept = lines.filter((line, index) => line !== '' || (index > 0 && lines[index - 1] !== ''));
  while (kept[0] === '') kept.shift();
  while (kept.at(-1) === '') kept.pop();
  return `${kept.join('\n')}\n`;
}

/** A text of which some lines are about seccomp: the others, and what ends each line, stay as they are. */
export function withLines(text: string, format: (lines: readonly string[]) => readonly string[]): string {
  const parts = text.split(/(\r\n|\r|\n)/);
  const lines = format(parts.filter((_, index) => index % 2 === 0));
  return parts.map((part, index) => (index % 2 === 0 ? lines[index / 2] : part)).join('');
}
