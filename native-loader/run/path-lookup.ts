import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { ScmpError } from '../../src/errors.js';
import { printable } from '../../src/text.js';

/**
 * There is no such command; shells exit with 127.
 *
 * @example
 * ```js
 * import { compileProfile } from 'libseccomp-wasm';
 * import { CommandNotFoundError, hostArchitecture, spawnSandboxed } from 'libseccomp-wasm/loader';
 *
 * const filter = await compileProfile({ defaultAction: 'SCMP_ACT_ALLOW' }, { arch: hostArchitecture() });
 * try {
 *   await spawnSandboxed('no-such-command', [], { filter });
 * } catch (error) {
 *   console.log(error instanceof CommandNotFoundError, error.code, error.exitCode); // true COMMAND_NOT_FOUND 127
 * }
 * ```
 */
export class CommandNotFoundError extends ScmpError {
  static override readonly brand = 'CommandNotFoundError';
  readonly code = 'COMMAND_NOT_FOUND';
  readonly exitCode = 127;
}

/**
 * The command is there and cannot be executed; shells exit with 126.
 *
 * @example
 * ```js
 * import { compileProfile } from 'libseccomp-wasm';
 * import { CommandNotExecutableError, hostArchitecture, spawnSandboxed } from 'libseccomp-wasm/loader';
 *
 * const filter = await compileProfile({ defaultAction: 'SCMP_ACT_ALLOW' }, { arch: hostArchitecture() });
 * try {
 *   await spawnSandboxed('/', [], { filter });
 * } catch (error) {
 *   console.log(error instanceof CommandNotExecutableError, error.code, error.exitCode); // true COMMAND_NOT_EXECUTABLE 126
 * }
 * ```
 */
export class CommandNotExecutableError extends ScmpError {
  static override readonly brand = 'CommandNotExecutableError';
  readonly code = 'COMMAND_NOT_EXECUTABLE';
  readonly exitCode = 126;
}

/** Where execvp(3) of glibc looks if PATH is not set: `confstr(_CS_PATH)`. */
const DEFAULT_PATH = '/bin:/usr/bin';

/** Errors after which execvp(3) goes on to PATH's next directory. */
const ELSEWHERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ESTALE', 'ENODEV', 'ETIMEDOUT', 'EACCES']);

/**
 * The file that execvp(3) would execute for `command`. With a slash it is that file; else it is the first executable
 * file of that name in the directories of `path`. An empty directory is the current one. Nothing is executed. Relative
 * paths are looked up from `directory` (default: this process's), and returned as they are.
 *
 * @throws {CommandNotFoundError} when there is no such file
 * @throws {CommandNotExecutableError} when the files found may not be executed
 */
export function findCommand(command: string, path: string | undefined, directory = '.'): string {
  if (command === '') throw new CommandNotFoundError('the command is empty');
  const from = (file: string) => (isAbsolute(file) ? file : `${directory}/${file}`);
  if (command.includes('/')) {
    const errno = whyNotExecutable(from(command), true);
    if (errno === undefined) return command;
    if (errno === 'ENOENT') throw new CommandNotFoundError(`${printable(command)}: no such file`);
    throw notExecutable(command, errno);
  }
  const directories = (path ?? DEFAULT_PATH).split(':');
  let denied: string | undefined;
  for (const entry of directories) {
    const file = entry === '' ? command : `${entry}/${command}`;
    const errno = whyNotExecutable(from(file), false);
    if (errno === undefined) return file;
    if (!ELSEWHERE.has(errno)) throw notExecutable(file, errno);
    if (errno === 'EACCES') denied ??= file;
  }
  if (denied !== undefined) throw notExecutable(denied, 'EACCES');
  throw new CommandNotFoundError(
    `${printable(command)}: command not found in PATH (${printable(directories.join(':'))})`,
  );
}

function notExecutable(file: string, errno: string): CommandNotExecutableError {
  return new CommandNotExecutableError(
    `${printable(file)}: cannot be executed: ${errno === 'EACCES' ? 'permission denied, or not a regular file' : errno}`,
  );
}

/**
 * The errno's name that execve(2) would fail with, as far as permissions tell. Unless it is `exact`, ENOENT stands for
 * ENOTDIR too: most directories of PATH do not have the file, and an exception of Node's takes longer than all else.
 */
function whyNotExecutable(file: string, exact: boolean): string | undefined {
  try {
    const stats = statSync(file, { throwIfNoEntry: exact });
    if (!stats) return 'ENOENT';
    if (!stats.isFile()) return 'EACCES';
    accessSync(file, constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'EACCES';
  }
}
