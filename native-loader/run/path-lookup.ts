import { accessSync, constants, statSync } from 'node:fs';
import { ScmpError } from '../../src/errors.js';
import { printable } from '../../src/text.js';

/** There is no such command; shells exit with 127. */
export class CommandNotFoundError extends ScmpError {
  static override readonly brand = 'CommandNotFoundError';
  readonly code = 'COMMAND_NOT_FOUND';
  readonly exitCode = 127;
}

/** The command is there and cannot be executed; shells exit with 126. */
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
 * file of that name in the directories of `path`. An empty directory is the current one. Nothing is executed.
 *
 * @throws {CommandNotFoundError} when there is no such file
 * @throws {CommandNotExecutableError} when the files found may not be executed
 */
export function findCommand(command: string, path: string | undefined): string {
  if (command === '') throw new CommandNotFoundError('the command is empty');
  if (command.includes('/')) {
    const errno = whyNotExecutable(command);
    if (errno === undefined) return command;
    if (errno === 'ENOENT') throw new CommandNotFoundError(`${printable(command)}: no such file`);
    throw notExecutable(command, errno);
  }
  const directories = (path ?? DEFAULT_PATH).split(':');
  let denied: string | undefined;
  for (const directory of directories) {
    const file = directory === '' ? command : `${directory}/${command}`;
    const errno = whyNotExecutable(file);
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

/** The name of the errno that execve(2) would fail with, as far as permissions show. */
function whyNotExecutable(file: string): string | undefined {
  try {
    if (!statSync(file).isFile()) return 'EACCES';
    accessSync(file, constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'EACCES';
  }
}
