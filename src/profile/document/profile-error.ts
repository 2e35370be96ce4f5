import { ScmpError, type SourcePosition } from '../../errors.js';
import { formatPlace } from '../../source-place.js';
import { printable } from '../../text.js';

/** What is wrong at one place of a profile. Stable: safe to switch on. */
export type ProfileIssueCode =
  // PROFILE_SYNTAX: the text is not in its format's syntax (for JSON: RFC 8259), or is beyond this reader's limits.
  | 'empty-input'
  | 'input-too-large'
  | 'not-utf8'
  | 'binary-input'
  | 'path-given'
  | 'bad-syntax'
  | 'duplicate-key'
  | 'nesting-too-deep'
  | 'number-too-long'
  | 'yaml-feature'
  | 'ambiguous-octal'
  // PROFILE_INVALID: it can be read, but is not a profile.
  | 'unknown-format'
  | 'ambiguous-format'
  | 'wrong-format'
  | 'wrong-kind'
  | 'foreign-key'
  | 'unsupported-base'
  | 'several-documents'
  | 'unknown-document'
  | 'several-threads'
  | 'unknown-thread'
  | 'identical-actions'
  | 'mixed-rules'
  | 'too-many-conditions'
  | 'wide-value'
  | 'impossible-condition'
  | 'unknown-argument'
  | 'unknown-group'
  | 'not-in-format'
  | 'wrong-section'
  | 'unknown-constant'
  | 'differs-by-architecture'
  | 'no-seccomp-section'
  | 'missing-key'
  | 'misspelt-key'
  | 'wrong-type'
  | 'not-an-integer'
  | 'precision-lost'
  | 'out-of-range'
  | 'unknown-action'
  | 'unknown-operator'
  | 'unknown-architecture'
  | 'unknown-flag'
  | 'unknown-errno'
  | 'bad-kernel-version'
  | 'empty-names'
  | 'empty-name'
  | 'name-and-names'
  | 'architectures-and-arch-map'
  | 'notify-default'
  | 'notify-write'
  | 'unknown-syscall'
  // Of what a policy includes.
  | 'include-open'
  | 'include-not-found'
  | 'include-cycle'
  | 'include-too-deep'
  // Of a recording that is merged with others.
  | 'no-recording'
  // Of "extends".
  | 'extends-open'
  | 'extends-not-found'
  | 'extends-cycle'
  | 'extends-too-deep'
  | 'remove-without-extends'
  | 'remove-nothing'
  | 'remove-weakens'
  | 'override-weakens'
  | 'default-weakens'
  | 'union-conflict'
  | 'default-errno-without-action'
  // Refused by runtimes of what they get as an artifact (KEP-6061).
  | 'artifact-refused'
  // Of what is written for a target (`convert --target`): refused there, or weaker.
  | 'refused-by-target'
  // Refused by the selected runtime only (CompileOptions.runtime).
  | 'errno-ret-refused'
  | 'flag-refused'
  | 'architecture-refused'
  | 'listener-path-missing';

export interface ProfileIssue {
  code: ProfileIssueCode;
  /** What is wrong, without place and hint. */
  message: string;
  /** JSON path, for instance `syscalls[3].args[0].value`; the empty string is the whole profile. */
  path: string;
  /** Where, if the profile was read from text. */
  position?: SourcePosition | undefined;
  /** The file it is in, where that is a profile that this one extends. */
  source?: string | undefined;
  /** What to do about it. */
  hint?: string | undefined;
}

/** An issue without its place. */
export type UnplacedIssue = Pick<ProfileIssue, 'code' | 'message' | 'hint'>;

const LISTED_ISSUES = 20;
const LISTED_PLACES = 3;

/**
 * A profile that cannot be read, with everything that is wrong with it. `PROFILE_SYNTAX`: not in its format's syntax
 * (one issue, the first); `PROFILE_INVALID`: not a profile. The message has one line per issue,
 * `SOURCE:LINE:COLUMN: PATH: what is wrong; what to do`.
 *
 * @example
 * ```js
 * import { ProfileError } from 'libseccomp-wasm';
 * import { readProfile } from 'libseccomp-wasm/profile';
 *
 * try {
 *   readProfile('{ "defaultAction": "SCMP_ACT_ALOW" }');
 * } catch (error) {
 *   if (!(error instanceof ProfileError)) throw error;
 *   for (const { code, path, hint } of error.issues) console.log(code, path, hint); // unknown-action defaultAction did you mean SCMP_ACT_ALLOW?
 * }
 * ```
 */
export class ProfileError extends ScmpError {
  static override readonly brand = 'ProfileError';
  constructor(
    readonly code: 'PROFILE_SYNTAX' | 'PROFILE_INVALID',
    readonly issues: readonly ProfileIssue[],
    /** What the caller called the profile, usually its file name. */
    readonly source: string = 'profile',
  ) {
    super(formatIssues(issues, source));
  }
}

/**
 * Report issues in the order of the text.
 *
 * @throws {ProfileError} when there is any
 */
export function failOnIssues(issues: readonly ProfileIssue[], source: string | undefined): void {
  if (issues.length === 0) return;
  const inOrder = [...issues].sort((a, b) => (a.position?.offset ?? 0) - (b.position?.offset ?? 0));
  throw new ProfileError('PROFILE_INVALID', inOrder, source);
}

/** The same at several places is one line, at the first of them. */
function formatIssues(issues: readonly ProfileIssue[], source: string): string {
  const alike = groupIssues(issues);
  const lines = alike.slice(0, LISTED_ISSUES).map(([first, ...others]) => {
    const { message, path, position, hint, source: file = source } = first;
    const [what, advice] = [printable(message), hint === undefined ? '' : `; ${printable(hint)}`];
    return `${formatPlace(file, position)}: ${path === '' ? '' : `${path}: `}${what}${elsewhere(others)}${advice}`;
  });
  const unlisted = alike.length - lines.length;
  if (unlisted > 0) lines.push(`${formatPlace(source)}: and ${unlisted} more`);
  return lines.join('\n');
}

/** Those with the same words in the same file, by the first of them. */
export function groupIssues(issues: readonly ProfileIssue[]): readonly [ProfileIssue, ...ProfileIssue[]][] {
  const groups = new Map<string, [ProfileIssue, ...ProfileIssue[]]>();
  for (const issue of issues) {
    const key = JSON.stringify([issue.message, issue.hint, issue.source]);
    const group = groups.get(key);
    if (group) group.push(issue);
    else groups.set(key, [issue]);
  }
  return [...groups.values()];
}

/** ` (22 times, also at 500:3, 514:3, 534:3 and 18 more)`: the other places of an issue. */
export function elsewhere(others: readonly ProfileIssue[]): string {
  if (others.length === 0) return '';
  const places = others.map(({ position, path }) => (position ? `${position.line}:${position.column}` : path));
  const unlisted = places.length - LISTED_PLACES;
  const listed = places.slice(0, LISTED_PLACES).join(', ');
  return ` (${others.length + 1} times, also at ${listed}${unlisted > 0 ? ` and ${unlisted} more` : ''})`;
}
