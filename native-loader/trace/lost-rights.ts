import { statSync } from 'node:fs';
import { findCommand } from '../run/path-lookup.js';

/** The bits of a file's mode, inode(7). */
const SET_USER_ID = 0o4000;
const SET_GROUP_ID = 0o2000;
/** Without it the bit above is none of the program's. */
const GROUP_EXECUTES = 0o010;

/** What a command would get by its file's mode, and the file. */
export interface LostRights {
  file: string;
  kind: 'set-user-ID' | 'set-group-ID';
}

/**
 * What the kernel does not give to a command that a user without root traces, or that has no_new_privs: the rights of its
 * file's owner or group (execve(2), ptrace(2)). Undefined for root, and where there is nothing to lose.
 *
 * @throws {CommandNotFoundError} when there is no such command
 * @throws {CommandNotExecutableError} when it cannot be executed
 */
export function lostRights(command: string): LostRights | undefined {
  const [user, group] = [process.geteuid?.(), process.getegid?.()];
  if (user === undefined || user === 0) return undefined;
  const file = findCommand(command, process.env.PATH);
  const { mode, uid, gid } = statSync(file);
  if (mode & SET_USER_ID && uid !== user) return { file, kind: 'set-user-ID' };
  const isSetGroup = (mode & (SET_GROUP_ID | GROUP_EXECUTES)) === (SET_GROUP_ID | GROUP_EXECUTES);
  return isSetGroup && gid !== group ? { file, kind: 'set-group-ID' } : undefined;
}
