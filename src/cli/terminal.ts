import { fstatSync } from 'node:fs';

/**
 * Whether a file descriptor is a terminal. Using `process.stdout` or `process.stderr` for that would load all of Node's
 * streams and network. That is a tenth of the start of a command that only writes a file.
 */
export function isTerminal(fd: number): boolean {
  try {
    if (!fstatSync(fd).isCharacterDevice()) return false;
  } catch {
    return false; // closed
  }
  return process.getBuiltinModule('node:tty').isatty(fd);
}
