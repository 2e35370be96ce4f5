import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Diagnostic, DiagnosticSeverity, type TextEdit } from 'vscode-languageserver-protocol';
import type { Problem } from '../../editor/problems.js';
import { valueSpan } from '../../editor/profile-view.js';
import { fileReferences } from '../../editor/references.js';
import type { OpenDocument } from './open-document.js';

const SEVERITY = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  advice: DiagnosticSeverity.Information,
} as const;

/** A problem as the protocol has it. One of another file stands at what names that file. */
export function diagnosticOf(problem: Problem, open: OpenDocument): Diagnostic {
  const { severity, id, message, advice, source } = problem;
  const range = open.range(placeOf(problem, open));
  const text = advice ? `${message}\n${advice}` : message;
  const diagnostic: Diagnostic = { range, severity: SEVERITY[severity], code: id, source: 'scmp', message: text };
  if (source === undefined) return diagnostic;
  const position = { line: Math.max(0, (problem.line ?? 1) - 1), character: Math.max(0, (problem.column ?? 1) - 1) };
  if (!isAbsolute(source)) return { ...diagnostic, message: `${source}: ${text}` };
  const location = { uri: pathToFileURL(source).href, range: { start: position, end: position } };
  return { ...diagnostic, relatedInformation: [{ location, message }] };
}

function placeOf({ offset, source }: Problem, open: OpenDocument) {
  if (offset !== undefined && offset <= open.text.length) {
    const span = valueSpan(open.text, offset);
    // An object or a list is marked at its bracket; nothing is marked over a line's end.
    return span.to > span.from ? span : { from: Math.max(0, offset - 1), to: offset };
  }
  if (source !== undefined) {
    const reference = fileReferences(open.text, open.format)[0];
    if (reference) return reference;
  }
  const first = open.text.search(/\S/);
  return first < 0 ? { from: 0, to: 0 } : valueSpan(open.text, first);
}

/** The name that the advice says is meant. */
const MEANT = /\bdid you mean "?([\w.@:/-]+?)"?\?|^write "?([\w.@:/-]+?)"? if that is meant/;

/** A way to fix a problem. */
export interface QuickFix {
  readonly title: string;
  readonly edits: readonly TextEdit[];
  /** Whether `scmp check --fix` would do it. */
  readonly isPreferred: boolean;
}

/** The fixes of a problem: the check's own, and the name that was meant. */
export function quickFixes(problem: Problem, open: OpenDocument): QuickFix[] {
  const { fix, advice, id, source } = problem;
  if (source !== undefined) return [];
  if (fix?.length) {
    const edits = fix.map(({ offset, length, text }) => ({
      range: open.range({ from: offset, to: offset + length }),
      newText: text,
    }));
    return [{ title: `Fix ${id}: ${firstClause(advice)}`, edits, isPreferred: true }];
  }
  const meant = MEANT.exec(advice ?? '')
    ?.slice(1)
    .find(Boolean);
  if (meant === undefined || problem.offset === undefined) return [];
  const span = valueSpan(open.text, problem.offset);
  const written = open.text.slice(span.from, span.to);
  const quote = /^["']/.exec(written)?.[0] ?? '';
  // The place of a wrong key or of a whole line says nothing of what is to be replaced.
  const word = written.slice(quote.length, quote === '' ? undefined : -1);
  if (!/^[@~!]?[\w.@:/-]+$/.test(word)) return [];
  const edits = [{ range: open.range(span), newText: `${quote}${meant}${quote}` }];
  return [{ title: `Change ${word} to ${meant}`, edits, isPreferred: true }];
}

const firstClause = (advice: string | undefined): string => {
  const clause = (advice ?? 'as scmp check --fix does').split(/[;.\n]\s/)[0] as string;
  return clause.length > 100 ? `${clause.slice(0, 99)}…` : clause;
};
