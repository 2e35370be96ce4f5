import { readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { O_ACCMODE, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_TRUNC } from '../libc/fcntl.js';
import type { FileCalls, FileFacts } from '../libc/file-calls.js';
import type { Viewpoint } from './opener-protocol.js';

// proc(5) looks at who opens a file. To it a thread of ours is part of this process, whatever its user ids are: it may read and
// write this process's memory. Yama takes it for the parent of our children. And /proc/sys is that of our namespaces.

const { ENOENT } = constants.errno;
export const PROC_SUPER_MAGIC = 0x9fa0;
/** PROC_ROOT_INO of linux/proc_fs.h */
export const PROC_ROOT_INODE = 1n;
/** Files for which proc(5) asks as for PTRACE_ATTACH, and so asks Yama who the parent is. */
const ATTACHING: ReadonlySet<string> = new Set(['mem', 'syscall', 'stack', 'personality', 'timerslack_ns']);
/** /proc/PID/task/TID/net/stat, and what may come. */
const MAX_DEPTH = 64;

/** Whose a directory of proc(5) is. */
export type ProcOwner = 'supervisor' | 'caller' | 'another-process' | 'sysctl' | 'nobody';

/** Where it cannot be known, the supervisor's. */
export function procOwner(c: FileCalls, directory: number, viewpoint: Viewpoint): ProcOwner {
  const opened: number[] = [];
  const open = (at: number, name: string, flags: number) => {
    const fd = c.openAt(at, name, flags | O_CLOEXEC);
    if (fd >= 0) opened.push(fd);
    return fd;
  };
  try {
    let here = directory;
    let facts = c.facts(here);
    let below: FileFacts | undefined;
    let owner: number | undefined;
    for (let depth = 0; typeof facts !== 'number' && facts.inode !== PROC_ROOT_INODE; depth++) {
      const status = owner === undefined ? open(here, 'status', O_NOFOLLOW) : -ENOENT;
      if (status >= 0) owner = Number(/^Tgid:\s*(\d+)$/m.exec(readFileSync(status, 'latin1'))?.[1]) || undefined;
      else if (status !== -ENOENT) return 'supervisor';
      const { device } = facts;
      below = facts;
      here = open(here, '..', O_PATH | O_DIRECTORY);
      facts = here < 0 ? here : c.facts(here);
      if (depth > MAX_DEPTH || typeof facts === 'number' || facts.device !== device) return 'supervisor';
    }
    if (typeof facts === 'number') return 'supervisor';
    if (owner !== undefined) {
      if (owner === supervisorIn(c, open(here, 'self', O_PATH | O_NOFOLLOW))) return 'supervisor';
      return owner === callerIn(c, here, viewpoint)?.process ? 'caller' : 'another-process';
    }
    const sysctl = c.facts(open(here, 'sys', O_PATH | O_NOFOLLOW));
    return below && typeof sysctl !== 'number' && sysctl.inode === below.inode ? 'sysctl' : 'nobody';
  } finally {
    for (const fd of opened) c.close(fd);
  }
}

/** Our own process id as a proc file system has it; undefined where it does not show us. */
function supervisorIn(c: FileCalls, self: number): number | undefined {
  const text = self < 0 ? self : c.readLink(self);
  return typeof text === 'string' ? Number(text) : undefined;
}

/** The caller's ids in the PID namespace of a proc file system, which lists those from its own inwards. */
export function callerIn(
  c: FileCalls,
  root: number,
  { processIds, threadIds }: Viewpoint,
): { process: number; thread: number } | undefined {
  for (let level = processIds.length - 1; level >= 0; level--) {
    const [process, thread] = [processIds[level]!, threadIds[level]!];
    if (processIds.length === 1) return { process, thread };
    const fd = c.openAt(root, `${process}/status`, O_CLOEXEC);
    if (fd < 0) continue;
    const ids = /^NStgid:\s*(.*)$/m.exec(readFileSync(fd, 'latin1'))?.[1]?.split(/\s+/).map(Number);
    c.close(fd);
    if (ids?.join() === processIds.slice(level).join()) return { process, thread };
  }
  return undefined;
}

/** Whether a file of proc(5) may be opened in the caller's stead; undefined: a directory itself. */
export function mayOpenInProc(
  c: FileCalls,
  directory: number,
  name: string | undefined,
  flags: number,
  viewpoint: Viewpoint,
): boolean {
  const owner = procOwner(c, directory, viewpoint);
  if (owner === 'supervisor') return false;
  if (owner === 'sysctl') return sharesNamespaces(viewpoint);
  const reads = (flags & (O_ACCMODE | O_TRUNC)) === 0;
  return owner !== 'another-process' || (reads && !(name !== undefined && ATTACHING.has(name)));
}

function sharesNamespaces({ threadIds: [thread] }: Viewpoint): boolean {
  try {
    const names = ['net', 'ipc', 'user'];
    return names.every((name) => readlinkSync(`/proc/${thread}/ns/${name}`) === readlinkSync(`/proc/self/ns/${name}`));
  } catch {
    return false;
  }
}
