import type { Architecture } from '../../architecture.js';
import type { Warning } from '../../policy.js';
import type { ParsedProfile } from '../model/parsed-profile.js';
import type { ResolvedSection, Unrepresentable } from './plain-section.js';
import type { ReadOptions } from './read-options.js';

/** What reads a format, from a document or from a text. */
export interface Reader<Source> {
  /** @throws {ProfileError} when the profile is invalid; it has every issue found */
  read(source: Source, options: ReadOptions): ParsedProfile;
}

/** What writes a format. */
export interface Writer {
  write(draft: Draft): string;
  /** What a program that reads the format may do otherwise than the profile says. */
  warnings?(profile: ParsedProfile): readonly Warning[];
}

export interface Draft {
  profile: ParsedProfile;
  /** The profile decided for a target; without it conditional entries stay open. */
  resolved: ResolvedSection | undefined;
  /** That target. */
  target: Architecture | undefined;
  /** Reports what the format cannot say. */
  cannot: Unrepresentable;
  /** What to call the profile, where the format has a name for it. */
  name: string | undefined;
}
