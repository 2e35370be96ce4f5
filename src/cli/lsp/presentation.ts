import {
  type CodeLens,
  type CompletionItem,
  CompletionItemKind,
  type DocumentSymbol,
  type FoldingRange,
  FoldingRangeKind,
  type Hover,
  type InlayHint,
  InlayHintKind,
  MarkupKind,
  type SemanticTokens,
  SymbolKind,
  type TextEdit,
} from 'vscode-languageserver/node';
import { complete } from '../../editor/complete.js';
import { decodedValues } from '../../editor/decoded-values.js';
import { foldsOf } from '../../editor/folding.js';
import { formatProfileText } from '../../editor/format/format-profile-text.js';
import { callAt, type HoverTarget, hoverAt } from '../../editor/hover.js';
import type { ProfilePart } from '../../editor/profile-parts.js';
import type { Span } from '../../editor/profile-view.js';
import { semanticTokens, TOKEN_TYPES } from '../../editor/semantic-tokens.js';
import { type ProfileSymbol, profileSymbols } from '../../editor/symbols.js';
import { textDifference } from '../../editor/text-difference.js';
import type { Word } from '../../editor/vocabulary.js';
import { ScmpError } from '../../errors.js';
import { includedFile } from '../included-files.js';
import { firstArchitecture, formatOf } from './analysis.js';
import { type Analyst, WithdrawnError } from './analyst.js';
import { COMMANDS } from './commands.js';
import type { OpenDocument } from './open-document.js';

// What is shown of a document as it stands, in the protocol's words.

/** How long a hover waits for the filter's decisions, in milliseconds. */
const HOVER_WAITS = 4000;

const KINDS: Readonly<Record<Word['kind'], CompletionItemKind>> = {
  call: CompletionItemKind.Function,
  action: CompletionItemKind.Keyword,
  architecture: CompletionItemKind.EnumMember,
  capability: CompletionItemKind.EnumMember,
  group: CompletionItemKind.Module,
  constant: CompletionItemKind.Constant,
  keyword: CompletionItemKind.Keyword,
  profile: CompletionItemKind.File,
  key: CompletionItemKind.Property,
};

const SYMBOL_KINDS: Readonly<Record<ProfileSymbol['kind'], SymbolKind>> = {
  profile: SymbolKind.Module,
  default: SymbolKind.Constant,
  entry: SymbolKind.Function,
  policy: SymbolKind.Class,
  constant: SymbolKind.Constant,
  section: SymbolKind.Namespace,
  base: SymbolKind.File,
};

export function completionItems(open: OpenDocument, offset: number): CompletionItem[] {
  const architecture = firstArchitecture(open.settings);
  const found = complete(open.text, offset, { named: open.named, fileName: open.path, architecture });
  if (!found) return [];
  const range = open.range(found);
  const written = open.text.slice(found.from, offset);
  return found.options.map(({ label, apply = label, detail, info, kind }) => ({
    label,
    kind: KINDS[kind],
    ...(detail === undefined ? {} : { detail }),
    ...(info === undefined ? {} : { documentation: info }),
    // Editors compare what is written, with its quote, with this.
    filterText: /^["']/.test(written) ? `${written[0]}${label}` : label,
    textEdit: { range, newText: apply },
  }));
}

export async function hover(open: OpenDocument, offset: number, analyst: Analyst): Promise<Hover | undefined> {
  const part = open.partAt(offset);
  const call = callAt(part, offset);
  let targets: readonly HoverTarget[] = [];
  if (call && part.profile) {
    const waits = new Promise<readonly HoverTarget[]>((resolve) => setTimeout(resolve, HOVER_WAITS, []).unref());
    const question = { ...open.edited, selection: part.selection, call: call.name };
    const asked = analyst.ask('decide', question, { key: `hover ${open.uri}` }).catch(() => []);
    targets = await Promise.race([asked, waits]);
  }
  const found = hoverAt(part, offset, targets);
  return found && { contents: { kind: MarkupKind.Markdown, value: found.markdown }, range: open.range(found) };
}

/** The outline, as a tree. */
export function documentSymbols(open: OpenDocument): DocumentSymbol[] {
  const tree: DocumentSymbol[] = [];
  const around: { to: number; children: DocumentSymbol[] }[] = [];
  for (const { name, detail, kind, selection, ...span } of profileSymbols(open.parts)) {
    while ((around.at(-1)?.to ?? Number.POSITIVE_INFINITY) < span.to) around.pop();
    const children: DocumentSymbol[] = [];
    (around.at(-1)?.children ?? tree).push({
      name: name || detail || kind,
      detail,
      kind: SYMBOL_KINDS[kind],
      range: open.range(span),
      selectionRange: open.range(selection),
      children,
    });
    around.push({ to: span.to, children });
  }
  return tree;
}

export const foldingRanges = (open: OpenDocument): FoldingRange[] =>
  foldsOf(open.text, open.format).map(({ from, to, kind }) => ({
    startLine: from,
    endLine: to,
    kind: kind === 'comment' ? FoldingRangeKind.Comment : FoldingRangeKind.Region,
  }));

export function tokensOf(open: OpenDocument): SemanticTokens {
  const data: number[] = [];
  let [line, character] = [0, 0];
  for (const { from, to, type } of semanticTokens(open.text, open.format)) {
    const start = open.positionAt(from);
    const isSameLine = start.line === line;
    data.push(start.line - line, isSameLine ? start.character - character : start.character, to - from);
    data.push(TOKEN_TYPES.indexOf(type), 0);
    [line, character] = [start.line, start.character];
  }
  return { data };
}

/** The names of numbers between two offsets. */
export function inlayHints(open: OpenDocument, { from, to }: Span): InlayHint[] {
  if (!open.settings.inlayHints) return [];
  return open.parts
    .flatMap((part) => decodedValues(part, firstArchitecture(open.settings)))
    .filter((each) => each.from >= from && each.to <= to)
    .map(({ text, meaning, to: end }) => ({
      position: open.positionAt(end),
      label: text,
      kind: InlayHintKind.Type,
      paddingLeft: true,
      tooltip: meaning,
    }));
}

/** Above each profile what it denies and allows, and the difference to the last commit. */
export async function lenses(open: OpenDocument, analyst: Analyst): Promise<CodeLens[]> {
  const parts = open.parts.filter(({ profile }) => profile);
  if (!open.settings.codeLens || parts.length === 0) return [];
  let titles: readonly (string | undefined)[] = [];
  try {
    const selections = parts.map(({ selection }) => selection);
    titles = await analyst.ask('count', { ...open.edited, selections }, { key: countKey(open.uri) });
  } catch (error) {
    if (error instanceof WithdrawnError) return [];
  }
  return parts.flatMap((part, at) => lensesOf(open, part, titles[at]));
}

function lensesOf(open: OpenDocument, { from }: ProfilePart, title: string | undefined): CodeLens[] {
  const position = open.positionAt(from);
  const range = { start: position, end: position };
  const place = { uri: open.uri, position };
  const lens = (words: string, command: string) => ({
    range,
    command: { title: words, command, arguments: [place] },
  });
  return [
    ...(title === undefined ? [] : [lens(title, COMMANDS.explain)]),
    ...(open.uri.startsWith('file:') ? [lens('diff with HEAD', COMMANDS.diffWithHead)] : []),
  ];
}

export const countKey = (uri: string) => `count ${uri}`;

/** As `scmp fmt`. What cannot be read stays as it is: its diagnostics say why. */
export function formattingEdits(open: OpenDocument): TextEdit[] {
  try {
    const options = { source: open.path, format: formatOf(open.edited), include: includedFile };
    const formatted = formatProfileText(open.text, options);
    if (formatted === open.text) return [];
    const { offset, length, text } = textDifference(open.text, formatted);
    return [{ range: open.range({ from: offset, to: offset + length }), newText: text }];
  } catch (error) {
    if (error instanceof ScmpError) return [];
    throw error;
  }
}
