import { ProfileError, type ProfileIssue } from '../document/profile-error.js';
import type { SourceText } from '../document/source-text.js';

/** A policy language of another tool that is not read here, and the signs of its texts. */
interface ForeignFormat {
  /** As in "this is …". */
  what: string;
  /** Of the lines that are not empty, without comments. */
  isWritten(lines: readonly string[]): boolean;
}

const some = (lines: readonly string[], pattern: RegExp) => lines.some((line) => pattern.test(line));

const FOREIGN_FORMATS: readonly ForeignFormat[] = [
  {
    what: 'a firejail profile',
    isWritten: (lines) =>
      some(lines, /^seccomp(?:\.32)?(?:\.drop|\.keep|\.block-secondary)?(?:\s+[!@\w].*)?$/) ||
      some(lines, /^seccomp-error-action\b/),
  },
];

/** The error for a text in another tool's language; undefined for unknown languages. */
export function foreignFormatError({ text, source }: SourceText): ProfileError | undefined {
  const lines = text
    .split(/\r\n?|\n/, 2000)
    .map((line) => line.replace(/#.*/, '').trimEnd())
    .filter((line) => line !== '');
  const found = FOREIGN_FORMATS.find(({ isWritten }) => isWritten(lines));
  if (found === undefined) return undefined;
  const issue: ProfileIssue = {
    code: 'foreign-format',
    message: `this is ${found.what}, which is not read`,
    hint: 'docs/formats.md lists the formats that are',
    path: '',
    position: { offset: 0, line: 1, column: 1 },
  };
  return new ProfileError('PROFILE_INVALID', [issue], source);
}
