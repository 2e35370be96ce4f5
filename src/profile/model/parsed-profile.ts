import { InvalidArgumentError, type SourcePosition } from '../../errors.js';
import type { Warning } from '../../policy.js';
import { readingHint } from '../document/path-given.js';
import type { ProfileIssue } from '../document/profile-error.js';
import type { ProfileFormat } from '../formats/index.js';
import type { DockerSeccomp } from './schema.js';

/** A place in a profile: its JSON path, and its position where the profile was read from text. */
export interface Place {
  path: string;
  position?: SourcePosition | undefined;
  /** The file it is in, where that is a profile that this one extends. */
  source?: string | undefined;
}

/** The place of a value of the seccomp section, by its path from there. */
export type Locate = (...path: (string | number)[]) => Place;

/**
 * A valid profile that was read; its conditions are not resolved yet. `seccomp` has the shape of Docker's and Podman's
 * format, which can express every other. So a reader makes this shape, and code that works on profiles knows no other.
 * `locate` finds a value of `seccomp` in the text that was read.
 */
export interface ParsedProfile {
  readonly format: ProfileFormat;
  readonly seccomp: DockerSeccomp;
  /** What the caller called it, usually its file name. */
  readonly source: string | undefined;
  /** What the profile calls itself (`metadata.name` of a SeccompProfile): others may extend it by that name. */
  readonly name?: string | undefined;
  readonly warnings: readonly Warning[];
  /** SCMP_ACT_NOTIFY as the default or on `write`, in a profile that was read with `notifyGuards: false`. */
  readonly notifyIssues?: readonly ProfileIssue[] | undefined;
  readonly locate: Locate;
  /**
   * The text has no default action, and gets that of the profile that it extends. Until that is read,
   * `seccomp.defaultAction` is the strictest one.
   */
  readonly inheritsDefault?: boolean | undefined;
  /** The formats of the profiles that it extends, by their `source`. */
  readonly baseFormats?: ReadonlyMap<string, ProfileFormat> | undefined;
}

/** Whether a value is a profile that was read. */
export function isParsedProfile(value: unknown): value is ParsedProfile {
  return (
    typeof value === 'object' &&
    value !== null &&
    'locate' in value &&
    typeof value.locate === 'function' &&
    'seccomp' in value &&
    typeof value.seccomp === 'object' &&
    value.seccomp !== null
  );
}

/**
 * Check that a caller gave a profile that was read.
 *
 * @throws {InvalidArgumentError} when it is something else, as its text or its path
 */
export function checkParsedProfile(caller: string, value: unknown): asserts value is ParsedProfile {
  if (isParsedProfile(value)) return;
  const what = value === null ? 'null' : value === undefined ? 'undefined' : `of type ${typeof value}`;
  throw new InvalidArgumentError(`${caller} takes a profile that was read, and this is ${what}; ${readingHint(value)}`);
}
