import type { EditorFormat } from './editor-format.js';

/** Lines that an editor may fold, counted from 0; the first stays. */
export interface Fold {
  readonly from: number;
  readonly to: number;
  readonly kind: 'comment' | 'region';
}

/** What may be folded: brackets, blocks of YAML, sections of units and policies, comments. */
export function foldsOf(text: string, { syntax }: EditorFormat): Fold[] {
  const lines = text.split('\n');
  const folds: Fold[] = [];
  const add = (from: number, to: number, kind: Fold['kind'] = 'region') => {
    if (to > from) folds.push({ from, to, kind });
  };
  const isComment = (line: string) => (syntax === 'json' ? false : /^\s*(?:#(?!define|include)|\/\/)/.test(line));
  for (let line = 0; line < lines.length; line++) {
    if (!isComment(lines[line] as string)) continue;
    const first = line;
    while (line + 1 < lines.length && isComment(lines[line + 1] as string)) line++;
    add(first, line, 'comment');
  }
  if (syntax === 'yaml') indented(lines, add);
  else if (syntax === 'systemd' || syntax === 'nspawn' || syntax === 'lxc') sections(lines, add);
  if (syntax === 'json' || syntax === 'kafel' || syntax === 'nsjail' || syntax === 'yaml') brackets(text, add);
  return folds;
}

type Add = (from: number, to: number) => void;

function brackets(text: string, add: Add): void {
  const open: number[] = [];
  let line = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '\n') line++;
    else if (sign === '"') {
      for (at++; at < text.length && text[at] !== '"' && text[at] !== '\n'; at++) if (text[at] === '\\') at++;
      if (text[at] === '\n') line++;
    } else if (sign === '{' || sign === '[') open.push(line);
    // The line of the closing bracket stays, as in other editors.
    else if (sign === '}' || sign === ']') add(open.pop() ?? line, line - 1);
  }
}

function indented(lines: readonly string[], add: Add): void {
  const open: { indent: number; line: number }[] = [];
  let last = 0;
  for (const [line, text] of lines.entries()) {
    if (text.trim() === '' || /^\s*#/.test(text)) continue;
    // A list may be as far to the left as its key.
    const indent = (/^ */.exec(text)?.[0].length ?? 0) + (/^ *-/.test(text) ? 0.5 : 0);
    while (open.length > 0 && (open.at(-1)?.indent ?? 0) >= indent) add(open.pop()?.line ?? 0, last);
    open.push({ indent, line });
    last = line;
  }
  for (const { line } of open) add(line, last);
}

function sections(lines: readonly string[], add: Add): void {
  let first: number | undefined;
  let last = 0;
  for (const [line, text] of lines.entries()) {
    if (/^\[\w+\]/.test(text)) {
      if (first !== undefined) add(first, last);
      first = line;
    }
    if (text.trim() !== '') last = line;
  }
  if (first !== undefined) add(first, last);
}
