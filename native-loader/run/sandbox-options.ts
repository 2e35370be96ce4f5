import type { StdioOptions } from 'node:child_process';
import { ANYTHING, NUMBER, OBJECT, type OptionTable, TEXT } from '../../src/options.js';
import type { InstallableFilter, InstallOptions } from '../install/install-filter.js';
import { SUPERVISOR_OPTIONS, type SupervisorOptions } from '../supervise/supervisor.js';

export interface SandboxOptions extends SupervisorOptions {
  filter: InstallableFilter;
  /**
   * As for `installFilter`, without `tsync`. Three defaults differ: no_new_privs is set; with `onNotification` or
   * `answers` there is a listener; and with a listener `waitKillable` is on, where the kernel has it (Linux 5.19).
   */
  installOptions?: Omit<InstallOptions, 'tsync'>;
  /** As for child_process.spawn, without `ipc`. Default: pipes. */
  stdio?: StdioOptions;
  /** The whole environment of the command, whose PATH is searched. Default: this process's. */
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string | URL;
  /** Kills the command, at any time. */
  signal?: AbortSignal;
  /** What `signal` and `timeout` kill with. Default: SIGKILL. */
  killSignal?: NodeJS.Signals;
  /** Kill the command after so many milliseconds from the call on. Default: never. */
  timeout?: number;
}

export const SANDBOX_OPTIONS: OptionTable<SandboxOptions> = {
  ...SUPERVISOR_OPTIONS,
  filter: [ANYTHING],
  installOptions: [OBJECT],
  stdio: [ANYTHING],
  env: [OBJECT],
  cwd: [ANYTHING],
  signal: [OBJECT],
  killSignal: [TEXT],
  timeout: [NUMBER],
};
