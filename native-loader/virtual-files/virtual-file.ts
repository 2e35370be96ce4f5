import { closeSync, fchmodSync, constants as fileConstants, fstatSync, openSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import * as fcntl from '../libc/fcntl.js';
import { fileCalls } from '../libc/file-calls.js';
import type { Answer } from '../supervise/answer.js';

const { EACCES, EEXIST, ENOTDIR, EOPNOTSUPP, EROFS } = constants.errno;
const { O_ACCMODE, O_APPEND, O_CLOEXEC, O_CREAT, O_DIRECT, O_DIRECTORY, O_DSYNC, O_EXCL, O_PATH } = fcntl;
const { O_NONBLOCK, O_SYNC, O_TRUNC, O_WRONLY } = fcntl;
const O_RDONLY = 0;

/** What memfd_create(2) takes, less its own prefix. */
const MAX_NAME = 200;

/** The errno for what no virtual file can be opened with. */
export function refusedVirtual(flags: number): number | undefined {
  if (flags & O_CREAT && flags & O_EXCL) return EEXIST;
  if (flags & O_DIRECTORY) return ENOTDIR;
  // The kernel puts no O_PATH descriptor into another process.
  return flags & O_PATH ? EOPNOTSUPP : undefined;
}

/** A memory file of its own for each open: what the caller does to one (fchmod(2)) touches no other. */
export function answerWithBytes(bytes: Uint8Array, flags: number, path: string): Answer {
  if ((flags & O_ACCMODE) !== O_RDONLY || flags & O_TRUNC) return { kind: 'errno', errno: EROFS };
  const c = fileCalls();
  const name = path.slice(path.lastIndexOf('/') + 1, path.lastIndexOf('/') + 1 + MAX_NAME);
  const memory = c.memoryFile(name);
  if (memory < 0) return { kind: 'errno', errno: -memory };
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(memory, bytes, done);
    fchmodSync(memory, 0o444);
    const sealed = c.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_EVERYTHING);
    if (sealed < 0) return { kind: 'errno', errno: -sealed };
    return anew(memory, O_RDONLY, flags);
  } finally {
    closeSync(memory);
  }
}

/** Our descriptor, with no more access than it has. */
export function answerWithDescriptor(fd: number, flags: number): Answer {
  const own = fileCalls().fcntl(fd, fcntl.F_GETFL, 0);
  if (own < 0) throw new Error(`descriptor ${fd} of a virtual file is not open`);
  const reads = (access: number) => access !== O_WRONLY;
  const writes = (access: number) => access !== O_RDONLY;
  const asked = flags & O_ACCMODE;
  const has = own & O_ACCMODE;
  if ((reads(asked) && !reads(has)) || ((writes(asked) || flags & O_TRUNC) && !writes(has))) {
    return { kind: 'errno', errno: EACCES };
  }
  const isFile = (fstatSync(fd).mode & fileConstants.S_IFMT) === fileConstants.S_IFREG;
  if (!isFile) return { kind: 'fd', fd, closeOnExec: (flags & O_CLOEXEC) !== 0 };
  return anew(fd, flags & (O_ACCMODE | O_APPEND | O_DIRECT | O_DSYNC | O_SYNC | O_TRUNC | O_NONBLOCK), flags);
}

/** An open file description of its own, which begins at the start of the file. */
function anew(fd: number, how: number, flags: number): Answer {
  try {
    const opened = openSync(`/proc/self/fd/${fd}`, how | O_CLOEXEC);
    return { kind: 'fd', fd: opened, closeOnExec: (flags & O_CLOEXEC) !== 0, closeSource: true };
  } catch (error) {
    return { kind: 'errno', errno: -((error as NodeJS.ErrnoException).errno ?? -EACCES) };
  }
}
