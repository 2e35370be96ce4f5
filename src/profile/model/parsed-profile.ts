import type { SourcePosition } from '../../errors.js';
import { BOOLEAN, type OptionTable, TEXT } from '../../options.js';
import type { Warning } from '../../policy.js';
import type { ProfileIssue } from '../document/profile-error.js';
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

/**
 * `oci` is a `LinuxSeccomp` object, and `oci-config` the `linux.seccomp` of a `config.json`. `docker` is Docker's or
 * Podman's format, wherever it was found. `spo` is the SeccompProfile of Kubernetes' Security Profiles Operator.
 * `seccompiler` is one thread's filter of a Firecracker file. `systemd` is the SystemCall…= lines of a unit, and `list`
 * the plain list.
 */
export type ProfileFormat = 'oci' | 'oci-config' | 'docker' | 'spo' | 'seccompiler' | 'systemd' | 'list';

/**
 * The formats that a caller may name. `json` and `yaml` are syntaxes: the keys show the format then. `oci` is both a
 * `LinuxSeccomp` and a `config.json`.
 */
export const INPUT_FORMATS = ['json', 'yaml', 'oci', 'docker', 'spo', 'seccompiler', 'systemd', 'list'] as const;
export type InputFormat = (typeof INPUT_FORMATS)[number];

export interface ReadOptions {
  /** What to call the profile in messages, usually its file name. */
  source?: string | undefined;
  /** The format of the text. Default: detected by its content, or an error. */
  format?: InputFormat | undefined;
  /** The thread whose filter is read from a seccompiler file. Needed where there are several. */
  thread?: string | undefined;
  /** The `metadata.name` of the document that is read from YAML. Needed where there are several documents. */
  document?: string | undefined;
  /**
   * Refuse SCMP_ACT_NOTIFY as the default action and on `write`: the process that loads the filter would wait for an
   * answer to its own call. Default: true. crun sends the listener from another process, and takes both.
   */
  notifyGuards?: boolean | undefined;
}

/** The values of {@link ReadOptions}. */
export const READ_OPTIONS: OptionTable<ReadOptions> = {
  source: [TEXT],
  format: INPUT_FORMATS,
  thread: [TEXT],
  document: [TEXT],
  notifyGuards: [BOOLEAN],
};
