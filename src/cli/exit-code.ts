import { type InstallErrorCode, InstallFilterError } from '../../native-loader/index.js';
import { ScmpError, UnsupportedHostError } from '../errors.js';

/** The command line's exit codes; `run` passes on the command's own, and 126 and 127 as shells use them. */
export const ExitCode = { DONE: 0, NO: 1, UNUSABLE_INPUT: 2, HOST_CANNOT: 3, INTERNAL_ERROR: 70 } as const;

/** Faults of the program itself, not of the host. */
const PROGRAM_FAULTS: ReadonlySet<InstallErrorCode> = new Set([
  'INSTALL_LENGTH',
  'INSTALL_E2BIG',
  'INSTALL_FOREIGN_ARCHITECTURE',
]);

/** The exit code for an error that ends a command. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ScmpError) {
    if ('exitCode' in error && typeof error.exitCode === 'number') return error.exitCode;
    if (error instanceof UnsupportedHostError) return ExitCode.HOST_CANNOT;
    if (error instanceof InstallFilterError && !PROGRAM_FAULTS.has(error.code)) return ExitCode.HOST_CANNOT;
    return ExitCode.UNUSABLE_INPUT;
  }
  return ExitCode.INTERNAL_ERROR;
}
