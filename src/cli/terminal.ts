import { fstatSync, readFileSync, statSync } from 'node:fs';

/**
 * Whether a file descriptor is a terminal. Using `process.stdout` or `process.stderr` for that would load all of Node's
 * streams and network. That is a tenth of the start of a command that only writes a file.
 */
export function isTerminal(fd: number): boolean {
  try {
    const file = fstatSync(fd);
    if (!file.isCharacterDevice() || file.rdev === nullDevice()) return false;
  } catch {
    return false; // closed
  }
  return process.getBuiltinModule('node:tty').isatty(fd);
}

/** Columns of the terminal that standard output or standard error is; undefined where it is none, or does not say. */
export function terminalColumns(fd: 1 | 2 = 1): number | undefined {
  return isTerminal(fd) ? (fd === 1 ? process.stdout : process.stderr).columns || undefined : undefined;
}

/** The number of the device that scripts send output to which nobody reads. It is a character device, as a terminal is. */
function nullDevice(): number | undefined {
  return statSync('/dev/null', { throwIfNoEntry: false })?.rdev;
}

/** Whether this process is in the foreground of a terminal, whose keys send signals to all of its process group then. */
export function isForegroundJob(): boolean {
  try {
    // Fields 5 and 8 of proc_pid_stat(5): the group, and that of the terminal.
    const [, group, foreground] =
      /^\d+ \(.*\) \S \d+ (\d+) \d+ \d+ (-?\d+) /s.exec(readFileSync('/proc/self/stat', 'utf8')) ?? [];
    return group !== undefined && group === foreground;
  } catch {
    return false;
  }
}
