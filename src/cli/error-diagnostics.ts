import type { AssemblyError } from '../bpf/assembly/assembly-error.js';
import type { CompileError } from '../compiler/compile-error.js';
import { elsewhere, groupIssues, type ProfileError } from '../profile/document/profile-error.js';
import { type Diagnostic, renderDiagnostic } from './diagnostic.js';

/** As many as the messages of errors list. */
const LISTED = 20;

/** An error with the places it is about, for a terminal; undefined for one that has none. */
export function errorDiagnostics(error: Error): string | undefined {
  const all = diagnosticsOf(error);
  if (all.length === 0 || all.every(({ position }) => position === undefined)) return undefined;
  const shown = all.slice(0, LISTED).map((each) => renderDiagnostic(each, 2));
  const unlisted = all.length - shown.length;
  return [...shown, ...(unlisted > 0 ? [`and ${unlisted} more`] : [])].join('\n\n');
}

function diagnosticsOf(error: Error): Diagnostic[] {
  const severity = 'error';
  switch (error.name) {
    case 'ProfileError': {
      const { issues, source } = error as ProfileError;
      return groupIssues(issues).map(([first, ...others]) => ({
        severity,
        message: first.message + elsewhere(others),
        source: first.source ?? source,
        path: first.path,
        position: first.position,
        help: first.hint,
      }));
    }
    case 'AssemblyError': {
      const { issues, source } = error as AssemblyError;
      return issues.map(({ message, position }) => ({ severity, message, source, position }));
    }
    case 'CompileError': {
      const { reason, source, path, position, remedy } = error as CompileError;
      return [{ severity, message: reason, source, path, position, help: remedy && 'try --optimize min' }];
    }
    default:
      return [];
  }
}
