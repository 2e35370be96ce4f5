import { readFileSync } from 'node:fs';
import ts from 'typescript';

// The prose of the code: what comments and messages say.

/** A comment, or a message that the code makes, with the line on which it begins (from 1). */
export interface Prose {
  file: string;
  line: number;
  text: string;
}

/** The comments of a file, without their marks. Line comments in a row are one. */
export function commentsOf(file: string, text = readFileSync(file, 'utf8')): Prose[] {
  const found: (Prose & { last: number })[] = [];
  const source = parse(file, text);
  for (const { pos, end, kind } of commentRanges(source)) {
    const raw = source.text.slice(pos, end);
    const line = lineAt(source, pos);
    const previous = found.at(-1);
    const isLine = kind === ts.SyntaxKind.SingleLineCommentTrivia;
    const prose = isLine
      ? raw.replace(/^\/\/ ?/, '')
      : raw.replace(/^\/\*+ ?|\s*\*+\/$/g, '').replaceAll(/^[ \t]*\* ?/gm, '');
    if (isLine && previous?.last === line - 1 && isAlone(source, pos)) {
      previous.text += `\n${prose}`;
      previous.last = line;
    } else {
      found.push({ file, line, text: prose, last: isLine ? line : Number.NaN });
    }
  }
  return found.map(({ last, ...comment }) => comment);
}

/** A comment's sentences are in paragraphs: a tag begins one, and the code of an example is none. */
export function proseOfComment(comment: string): string {
  const blank = (text: string) => text.replaceAll(/[^\n]/g, '');
  return comment
    .replaceAll(/^ *(`{3,})[\s\S]*?^ *\1$/gm, blank)
    .replaceAll(/`[^`]+`|\{@link [^}]*\}/g, (code) => `CODE${blank(code)}`)
    .replaceAll(/^@/gm, '- @');
}

/** Texts of more than one word that the code holds; what is put into one is CODE. */
export function messagesOf(file: string, text = readFileSync(file, 'utf8')): Prose[] {
  const found: Prose[] = [];
  const source = parse(file, text);
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    const message = ts.isStringLiteralLike(node)
      ? node.text
      : ts.isTemplateExpression(node)
        ? node.head.text + node.templateSpans.map(({ literal }) => `CODE${literal.text}`).join('')
        : '';
    if (/\w \w/.test(message)) found.push({ file, line: lineAt(source, node.getStart(source)), text: message });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function parse(file: string, text: string): ts.SourceFile {
  const languageVersion = ts.ScriptTarget.Latest;
  const options = { languageVersion, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };
  return ts.createSourceFile(file, text, options, true);
}

function lineAt(source: ts.SourceFile, offset: number): number {
  return source.getLineAndCharacterOfPosition(offset).line + 1;
}

/** Whether nothing but blanks is before an offset in its line. */
function isAlone({ text }: ts.SourceFile, offset: number): boolean {
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset).trim() === '';
}

/** Every comment once, in order: those in front of each token. */
function commentRanges(source: ts.SourceFile): ts.CommentRange[] {
  const found = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node): void => {
    for (const range of [
      ...(ts.getLeadingCommentRanges(source.text, node.pos) ?? []),
      ...(ts.getTrailingCommentRanges(source.text, node.end) ?? []),
    ]) {
      found.set(range.pos, range);
    }
    for (const child of node.getChildren(source)) visit(child);
  };
  visit(source);
  return [...found.values()].sort((a, b) => a.pos - b.pos);
}
