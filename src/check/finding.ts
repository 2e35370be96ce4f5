import type { ArchitectureName } from '../architecture.js';
import type { TargetReport } from '../compose/targets/report.js';
import type { SourcePosition } from '../errors.js';

/**
 * `error`: the filter does not do what the profile says, or there is none. `warning`: it does, but that is most likely
 * not what was meant. `advice`: worth knowing, but often right as it is.
 */
export type Severity = 'error' | 'warning' | 'advice';

export const SEVERITIES = ['error', 'warning', 'advice'] as const satisfies readonly Severity[];

/**
 * Replace `length` UTF-16 code units at `offset` of the profile's text, counted from after a byte order mark, which is itself
 * at -1.
 */
export interface TextEdit {
  offset: number;
  length: number;
  text: string;
}

/** Removes a byte order mark. */
export const BYTE_ORDER_MARK: TextEdit = { offset: -1, length: 1, text: '' };

/** Something a reviewer of the profile should see. */
export interface Finding {
  /** Which rule found it. Stable: safe to switch on, to ignore by, and to look up in docs/check.md. */
  id: string;
  severity: Severity;
  /** JSON path in the profile, for instance `syscalls[3].args[0].value`; the empty string is the whole profile. */
  path: string;
  /** Where the value begins, if the profile was read from text. */
  position?: SourcePosition | undefined;
  /** What the caller called the file it is in, which may be one that the profile extends. */
  source: string;
  /** Why, in a sentence. */
  message: string;
  /** What to do, in a sentence; empty where a profile cannot be read and there is no hint. */
  advice: string;
  /**
   * How to fix the text, where a fix exists after which the profile decides as before or more strictly. In order, and
   * not overlapping.
   */
  fix?: readonly TextEdit[] | undefined;
}

/** A call that a host decides otherwise than the newest Linux, the libseccomp here and no runtime. */
export interface HostDifference {
  architecture: ArchitectureName;
  /** A call that the profile names. */
  call?: string | undefined;
  /** Calls that no entry names, and that meet the same. Without these and `call` it is about the whole filter. */
  others?: readonly string[] | undefined;
  /** The actions here, and there, with arguments of any kind; `ENOSYS` is the kernel's answer. */
  here: string;
  there: string;
  because: string;
}

/** The result of checking a profile, each list in the order of the text. */
export interface CheckReport {
  findings: readonly Finding[];
  /** Findings that the caller, or a comment of the profile, said to ignore. */
  ignored: readonly Finding[];
  /**
   * Where the options name a host by two or more of `kernel`, `libseccompVersion` and `runtime`: the calls that it decides
   * otherwise than here. Here are the newest Linux, this libseccomp and no runtime.
   */
  host?: readonly HostDifference[] | undefined;
  /** Where the options name a target by `engine`: what it refuses, ignores and adds. */
  target?: TargetReport | undefined;
}
