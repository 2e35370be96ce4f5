import { BOOLEAN, FUNCTION, type OptionTable, TEXT } from '../../options.js';
import type { LoadInclude } from './include.js';
import { INPUT_FORMATS, type InputFormat } from './index.js';
import { SYSTEMD_VERSIONS, type SystemdVersion } from './systemd-versions.js';

export interface ReadOptions {
  /** What to call the profile in messages, usually its file name. */
  source?: string | undefined;
  /** The format of the text. Default: detected by its content, or an error. */
  format?: InputFormat | undefined;
  /** The thread whose filter is read from a seccompiler file. Needed where there are several. */
  thread?: string | undefined;
  /**
   * Which document of YAML, or object in a list, is read: by its `metadata.name`, or by its number from 1. Needed where there
   * are several.
   */
  document?: string | undefined;
  /** The systemd that runs a unit or container: its groups and filters differ (docs/formats.md). Default: the newest known. */
  systemd?: SystemdVersion | undefined;
  /**
   * Refuse SCMP_ACT_NOTIFY as the default action and on `write`: the process that loads the filter would wait for an
   * answer to its own call. Default: true. crun sends the listener from another process, and takes both.
   */
  notifyGuards?: boolean | undefined;
  /**
   * Finds the text that a policy of minijail or kafel includes: by the path that it names, and the `source` of the text
   * that names it. Undefined where there is none. Default: a policy that includes another is an error.
   */
  include?: LoadInclude | undefined;
}

/** The values of {@link ReadOptions}. */
export const READ_OPTIONS: OptionTable<ReadOptions> = {
  source: [TEXT],
  format: INPUT_FORMATS,
  thread: [TEXT],
  document: [TEXT],
  systemd: SYSTEMD_VERSIONS,
  notifyGuards: [BOOLEAN],
  include: [FUNCTION],
};
