import type { SourcePosition } from '../../errors.js';
import { BOOLEAN, type OptionTable, TEXT } from '../../options.js';
import type { Warning } from '../../policy.js';
import type { ProfileIssue } from '../document/profile-error.js';
import type { DockerSeccomp } from './schema.js';

/** A place in a profile: its JSON path, and its position where the profile was read from text. */
export interface Place {
  path: string;
  position?: SourcePosition | undefined;
  /** The file it is in, where that is not the profile's own but one that it extends. */
  source?: string | undefined;
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
  /** What the profile calls itself (`metadata.name` of a SeccompProfile): others may extend it by that name. */
  readonly name?: string | undefined;
  readonly warnings: readonly Warning[];
  /** SCMP_ACT_NOTIFY as the default or on `write`, in a profile that was read with `notifyGuards: false`. */
  readonly notifyIssues?: readonly ProfileIssue[] | undefined;
  readonly locate: Locate;
  /**
   * The text has no default action and takes that of the profile it extends. Until that is read
   * `seccomp.defaultAction` is the strictest there is.
   */
  readonly inheritsDefault?: boolean | undefined;
  /** The formats of the profiles that it extends, by their `source`. */
  readonly baseFormats?: ReadonlyMap<string, ProfileFormat> | undefined;
}

/**
 * `oci`: a `LinuxSeccomp` object; `oci-config`: the `linux.seccomp` of a `config.json`; `docker`: Docker's or Podman's
 * format, wherever it was found; `spo`: the SeccompProfile of Kubernetes' Security Profiles Operator; `seccompiler`: one
 * thread's filter of a Firecracker file; `systemd`: the SystemCall…= lines of a unit; `list`: the plain list.
 */
export type ProfileFormat = 'oci' | 'oci-config' | 'docker' | 'spo' | 'seccompiler' | 'systemd' | 'list';

/**
 * What a caller may say a text is. `json` and `yaml` are syntaxes, and leave the format to be told by the keys; `oci` is
 * both a `LinuxSeccomp` and a `config.json`.
 */
export const INPUT_FORMATS = ['json', 'yaml', 'oci', 'docker', 'spo', 'seccompiler', 'systemd', 'list'] as const;
export type InputFormat = (typeof INPUT_FORMATS)[number];

export interface ReadOptions {
  /** What to call the profile in messages, usually its file name. */
  source?: string | undefined;
  /** What the text is. Default: told by its content, or an error. */
  format?: InputFormat | undefined;
  /** Of a seccompiler file: the thread whose filter is meant. Needed where there are several. */
  thread?: string | undefined;
  /** Of YAML with several documents: the `metadata.name` of the one that is meant. Needed where there are several. */
  document?: string | undefined;
  /**
   * Refuse SCMP_ACT_NOTIFY as the default action and on `write`, where whoever loads the filter would wait for an answer to
   * its own call. Default: true. crun, which hands the listener over from another process, takes both.
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
