import { fstatSync } from 'node:fs';

/**
 * Whether a file descriptor is a terminal. `process.stdout` and `process.stderr` know too, but to ask them makes them, with
 * all of Node's streams and network behind them: a tenth of the start of a command that only writes a file.
 */
export function isTerminal(fd: number): boolean {
  try {
    if (!fstatSync(fd).isCharacterDevice()) return false;
  } catch {
    return false; // closed
  }
  return process.getBuiltinModule('node:tty').isatty(fd);
}
