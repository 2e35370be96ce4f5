import { ScmpError } from '../errors.js';

/** The command line's exit codes; `run` passes on the command's own, and 126 and 127 as shells use them. */
export const ExitCode = { DONE: 0, NO: 1, UNUSABLE_INPUT: 2, HOST_CANNOT: 3, INTERNAL_ERROR: 70 } as const;

/** Faults of the program itself, not of the host. */
const PROGRAM_FAULTS: ReadonlySet<string> = new Set([
  'INSTALL_LENGTH',
  'INSTALL_E2BIG',
  'INSTALL_FOREIGN_ARCHITECTURE',
]);

/**
 * Faults of the host: another host, user or kernel could do it. SOCKET: the agent that answers SCMP_ACT_NOTIFY calls
 * cannot be reached.
 */
const HOST_FAULTS: ReadonlySet<string> = new Set([
  'UNSUPPORTED_HOST',
  'SOCKET',
  'DUMP_NOT_PERMITTED',
  'DUMP_UNSUPPORTED',
]);

/** An error that is no {@link ScmpError} is a fault of this program. */
export function internalError(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  return new Error(`internal error, please report it: ${message}`, { cause: error });
}

/** The exit code for an error that ends a command. It goes by codes, so that the loader need not be loaded to know them. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof ScmpError)) return ExitCode.INTERNAL_ERROR;
  if ('exitCode' in error && typeof error.exitCode === 'number') return error.exitCode;
  if (HOST_FAULTS.has(error.code)) return ExitCode.HOST_CANNOT;
  const isInstallError = error.code.startsWith('INSTALL_');
  return isInstallError && !PROGRAM_FAULTS.has(error.code) ? ExitCode.HOST_CANNOT : ExitCode.UNUSABLE_INPUT;
}
