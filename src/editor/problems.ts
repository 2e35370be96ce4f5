import type { Finding } from '../check/index.js';
import { CompileError } from '../compiler/compile-error.js';
import { ScmpError, type SourcePosition } from '../errors.js';
import type { Warning } from '../policy.js';
import { ProfileError } from '../profile/document/profile-error.js';

/** A problem for the author, with its place. Offsets are UTF-16 code units of the text, without a byte order mark. */
export interface Problem {
  severity: 'error' | 'warning' | 'advice';
  /** Stable name of the kind of problem. */
  id: string;
  message: string;
  /** What to do about it. */
  advice?: string | undefined;
  path: string;
  line?: number | undefined;
  column?: number | undefined;
  offset?: number | undefined;
  /** A file that the profile extends, where it is not about the profile itself. */
  source?: string | undefined;
  fix?: readonly { offset: number; length: number; text: string }[] | undefined;
}

/** Where an editor says the same in words of its own. */
export interface ProblemTerms {
  /** What to do where libseccomp makes no correct program and the minimiser does. */
  minimize: string;
  /** What has the fault, when it is ours. */
  place: string;
}

function placeOf(place: {
  path?: string | undefined;
  position?: SourcePosition | undefined;
  source?: string | undefined;
}): Pick<Problem, 'path' | 'line' | 'column' | 'offset' | 'source'> {
  const { path = '', position, source } = place;
  return { path, line: position?.line, column: position?.column, offset: position?.offset, source };
}

/**
 * The error that stopped a profile, as problems. A fault of our own is reported too: it must not look like
 * success.
 */
export function problemsOfError(error: unknown, source: string, terms: ProblemTerms): Problem[] {
  if (error instanceof ProfileError) {
    return error.issues.map(({ code, message, hint, ...place }) => ({
      severity: 'error' as const,
      id: code,
      message,
      advice: hint,
      ...withoutOwn(placeOf(place), source),
    }));
  }
  if (error instanceof CompileError) {
    const { code, reason, path, position, remedy } = error;
    const advice = remedy && terms.minimize;
    return [{ severity: 'error', id: code, message: reason, advice, ...placeOf({ path, position }) }];
  }
  if (error instanceof ScmpError) return [{ severity: 'error', id: error.code, message: error.message, path: '' }];
  const message = error instanceof Error ? error.message : String(error);
  return [
    { severity: 'error', id: 'internal', message: `a fault of ${terms.place}, please report it: ${message}`, path: '' },
  ];
}

export function problemOfWarning({ code, message, ...place }: Warning, source: string): Problem {
  return { severity: 'warning', id: code, message, ...withoutOwn(placeOf(place), source) };
}

export function problemOfFinding(finding: Finding, source: string): Problem {
  const { id, severity, message, advice, fix } = finding;
  return { severity, id, message, advice, fix, ...withoutOwn(placeOf(finding), source) };
}

/** A place in another file has no position in the text that is open. */
function withoutOwn<T extends Pick<Problem, 'source' | 'offset'>>(place: T, source: string): T {
  return place.source === undefined || place.source === source
    ? { ...place, source: undefined }
    : { ...place, offset: undefined };
}
