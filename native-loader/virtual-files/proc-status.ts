import { readFileSync } from 'node:fs';
import type { Identity } from '../libc/file-calls.js';

/** What proc_pid_status(5) says of a thread. */
export interface ThreadStatus {
  readonly identity: Identity;
  /** Capabilities that it may make effective. */
  readonly permitted: bigint;
  readonly umask: number;
  /** Of its process and of itself, from the outermost PID namespace that we see to its own. */
  readonly processIds: readonly number[];
  readonly threadIds: readonly number[];
}

/** `thread` is a name in /proc. */
export function readStatus(thread: string): ThreadStatus {
  const status = readFileSync(`/proc/${thread}/status`, 'latin1');
  const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';
  const numbers = (name: string) => field(name).split(/\s+/).filter(Boolean).map(Number);
  const capabilities = (name: string) => BigInt(`0x${field(name) || '0'}`);
  // Real, effective, saved, and that of access to files: credentials(7).
  const [, , , uid = -1] = numbers('Uid');
  const [, , , gid = -1] = numbers('Gid');
  return {
    identity: { uid, gid, groups: numbers('Groups').sort((a, b) => a - b), effective: capabilities('CapEff') },
    permitted: capabilities('CapPrm'),
    umask: Number.parseInt(field('Umask') || '077', 8),
    processIds: numbers('NStgid'),
    threadIds: numbers('NSpid'),
  };
}

/** The session of a process, by proc_pid_stat(5); a command's name may have blanks and parentheses in it. */
export function readSession(process: string): number {
  const [, , , session] = readFileSync(`/proc/${process}/stat`, 'latin1').split(') ').at(-1)!.split(' ');
  return Number(session);
}
