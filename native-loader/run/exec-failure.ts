import { constants } from 'node:os';
import { printable } from '../../src/text.js';
import { errnoName } from '../libc/libc.js';

const EXPLANATIONS: Readonly<Record<string, string>> = {
  ENOENT: ' (the interpreter in its #! line, or its dynamic loader, does not exist)',
  EPERM: ' (does the filter allow execve?)',
  ENOSYS: ' (does the filter allow execve?)',
  E2BIG: ' (arguments and environment are too long)',
};

/** What execve(2)'s errno means for a file that was found before. */
export function describeExecFailure(file: string, errno: number): string {
  const name = errnoName(errno);
  return `${printable(file)}: not executed: ${name}${EXPLANATIONS[name] ?? ''}`;
}

/** What a shell exits with. */
export function execExitCode(errno: number): 126 | 127 {
  return errno === constants.errno.ENOENT ? 127 : 126;
}
