import { constants } from 'node:os';
import type { SandboxExit } from '../../../native-loader/index.js';

/** The command's exit code; if a signal ended it, as shells have it. */
export function exitCodeOfCommand({ code, signal }: SandboxExit): number {
  return code ?? 128 + constants.signals[signal!];
}
