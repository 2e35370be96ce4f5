import { basename, isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver-protocol';
import type { Problem } from '../../editor/problems.js';
import { valueSpan } from '../../editor/profile-view.js';
import { problemSpan } from '../../editor/quick-fixes.js';
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
  // Another SeccompProfile of this file.
  const isBeside = source.startsWith(`${open.path} (`);
  if (!isBeside && !isAbsolute(source)) return { ...diagnostic, message: `${source}: ${text}` };
  const uri = isBeside ? open.uri : pathToFileURL(source).href;
  const location = { uri, range: { start: position, end: position } };
  return { ...diagnostic, relatedInformation: [{ location, message }] };
}

function placeOf({ offset, source }: Problem, open: OpenDocument) {
  if (offset !== undefined && offset <= open.text.length) return problemSpan(open.text, offset);
  if (source !== undefined) {
    const references = fileReferences(open.text, open.format);
    const named = references.find(({ target }) => source.includes(basename(target))) ?? references[0];
    if (named) return named;
  }
  const first = open.text.search(/\S/);
  return first < 0 ? { from: 0, to: 0 } : valueSpan(open.text, first);
}
