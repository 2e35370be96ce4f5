import type { Warning } from '../../../policy.js';
import type { ProfileIssue, ProfileIssueCode } from '../../document/profile-error.js';
import type { SourceText } from '../../document/source-text.js';

/** A place in the profile or in a text that it includes. */
export interface TextPlace {
  readonly text: SourceText;
  /** In UTF-16 code units. */
  readonly offset: number;
}

/** What is to be said of a profile: errors, and what is odd. */
export class Reports {
  readonly issues: ProfileIssue[] = [];
  readonly warnings: Warning[] = [];
  readonly #main: SourceText;

  constructor(main: SourceText) {
    this.#main = main;
  }

  report(code: ProfileIssueCode, at: TextPlace, message: string, hint?: string): void {
    this.issues.push({ code, message, hint, ...this.placeOf(at), path: '' });
  }

  warn(code: string, at: TextPlace, message: string): void {
    this.warnings.push({ code, message, ...this.placeOf(at), path: '' });
  }

  placeOf({ text, offset }: TextPlace) {
    const position = text.positionAt(offset);
    return { path: `line ${position.line}`, position, ...(text === this.#main ? {} : { source: text.source }) };
  }
}
