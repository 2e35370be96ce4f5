import type { SourcePosition } from '../errors.js';
import type { Warning } from '../policy.js';
import type { DockerSeccomp, OciSeccomp } from './schema.js';

/** A place in a profile: its JSON path, and its position where the profile was read from text. */
export interface Place {
  path: string;
  position?: SourcePosition | undefined;
}

/** The place of a value of the seccomp section, by its path from there. */
export type Locate = (...path: (string | number)[]) => Place;

/**
 * A profile that was read and found valid, its conditions still open. `oci`: a `LinuxSeccomp` object; `oci-config`: the
 * `linux.seccomp` of a `config.json`; `docker`: Docker's or Podman's format, wherever it was found.
 */
export type ParsedProfile = (
  | { readonly format: 'oci' | 'oci-config'; readonly seccomp: OciSeccomp }
  | { readonly format: 'docker'; readonly seccomp: DockerSeccomp }
) & {
  /** What the caller called it, usually its file name. */
  readonly source: string | undefined;
  readonly warnings: readonly Warning[];
  readonly locate: Locate;
};

export type ProfileFormat = ParsedProfile['format'];
