import type { SourcePosition } from '../errors.js';
import type { Warning } from '../policy.js';
import type { DockerSeccomp } from './schema.js';

/** A place in a profile: its JSON path, and its position where the profile was read from text. */
export interface Place {
  path: string;
  position?: SourcePosition | undefined;
}

/** The place of a value of the seccomp section, by its path from there. */
export type Locate = (...path: (string | number)[]) => Place;

/**
 * A profile that was read and found valid, its conditions still open. Whatever the format, `seccomp` says it in Docker's
 * and Podman's, which can say what every other says: what reads a format needs nothing else, and what works on profiles
 * knows one shape. `locate` finds a value of `seccomp` in the text that was read.
 */
export interface ParsedProfile {
  readonly format: ProfileFormat;
  readonly seccomp: DockerSeccomp;
  /** What the caller called it, usually its file name. */
  readonly source: string | undefined;
  readonly warnings: readonly Warning[];
  readonly locate: Locate;
}

/**
 * `oci`: a `LinuxSeccomp` object; `oci-config`: the `linux.seccomp` of a `config.json`; `docker`: Docker's or Podman's
 * format, wherever it was found.
 */
export type ProfileFormat = 'oci' | 'oci-config' | 'docker';
