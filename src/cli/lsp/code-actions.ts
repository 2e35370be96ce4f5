import { type CodeAction, CodeActionKind, type WorkspaceEdit } from 'vscode-languageserver/node';
import type { TextEdit } from '../../check/finding.js';
import type { Span } from '../../editor/profile-view.js';
import { quickFixes } from '../../editor/quick-fixes.js';
import type { Analyst } from './analyst.js';
import { asked } from './asked.js';
import { diagnosticOf } from './diagnostics.js';
import type { OpenDocument } from './open-document.js';

export const FIX_ALL = `${CodeActionKind.SourceFixAll}.scmp`;

/** The fixes between two offsets, of the kinds that are asked for; those of fix-all are made when it is taken. */
export function codeActions(open: OpenDocument, { from, to }: Span, only: readonly string[] | undefined): CodeAction[] {
  const wants = (kind: string) =>
    only === undefined || only.some((each) => kind === each || kind.startsWith(`${each}.`));
  const actions: CodeAction[] = [];
  const problems = open.problems ?? [];
  if (wants(CodeActionKind.QuickFix)) {
    for (const problem of problems) {
      const diagnostic = diagnosticOf(problem, open);
      const [start, end] = [open.offsetAt(diagnostic.range.start), open.offsetAt(diagnostic.range.end)];
      if (start > to || end < from) continue;
      for (const { title, edits } of quickFixes(problem, open.text)) {
        const edit = workspaceEdit(open, edits);
        actions.push({ title, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic], isPreferred: true, edit });
      }
    }
  }
  const isFixable = problems.some(({ fix, source }) => fix?.length && source === undefined);
  if (isFixable && wants(FIX_ALL)) {
    actions.push({ title: 'Fix all that scmp check --fix fixes', kind: FIX_ALL, data: { uri: open.uri } });
  }
  return actions;
}

/** What fix-all does: each result is compared with the program before. */
export async function fixAll(open: OpenDocument, analyst: Analyst): Promise<WorkspaceEdit> {
  const { edits } = await asked(analyst.ask('fixAll', open.edited, { key: `fix ${open.uri}` }));
  return workspaceEdit(open, edits);
}

function workspaceEdit(open: OpenDocument, edits: readonly TextEdit[]): WorkspaceEdit {
  const changes = edits.map(({ offset, length, text }) => ({
    range: open.range({ from: offset, to: offset + length }),
    newText: text,
  }));
  return { changes: { [open.uri]: changes } };
}
