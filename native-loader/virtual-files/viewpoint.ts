import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { AT_FDCWD, O_CLOEXEC, O_PATH } from '../libc/fcntl.js';
import type { Notification } from '../supervise/notification.js';
import { SupervisorError } from '../supervise/supervisor-error.js';
import { type OpenCall, OpenFailure, RESOLVE_BENEATH, RESOLVE_IN_ROOT } from './open-call.js';
import type { Viewpoint } from './opener-protocol.js';
import { readSession, readStatus } from './proc-status.js';

const { EBADF, EACCES } = constants.errno;

/**
 * Look at the file system as the thread does that makes the call: proc_pid_root(5), proc_pid_cwd(5), proc_pid_fd(5),
 * proc_pid_status(5). The call waits all the while, so that none of it is another thread's. The caller closes `root` and
 * `start`.
 *
 * @throws {SupervisorError} NOTIFICATION_GONE, when the call no longer waits; TARGET_ACCESS, when the kernel refuses
 */
export function readViewpoint(call: Notification, request: OpenCall): Viewpoint | OpenFailure {
  const opened: number[] = [];
  const open = (name: string) => {
    const fd = openSync(`/proc/${call.pid}/${name}`, O_PATH | O_CLOEXEC);
    opened.push(fd);
    return fd;
  };
  let viewpoint: Viewpoint | OpenFailure;
  try {
    const thread = String(call.pid);
    viewpoint = startOf(request, open, (start) => ({ root: open('root'), start, ...describe(thread) }));
    if (securityLabel(thread) !== securityLabel('self')) viewpoint = new OpenFailure(EACCES);
  } catch (error) {
    for (const fd of opened) closeSync(fd);
    if (!call.isPending()) throw gone(call);
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new SupervisorError(
      'TARGET_ACCESS',
      `/proc/${call.pid} cannot be looked at: ${errno}. It takes the right to ptrace(2) the target`,
      { errno, cause: error },
    );
  }
  if (viewpoint instanceof OpenFailure || !call.isPending()) {
    for (const fd of opened) closeSync(fd);
    if (!call.isPending()) throw gone(call);
  }
  return viewpoint;
}

function startOf(
  { path, dirfd, resolve }: OpenCall,
  open: (name: string) => number,
  complete: (start: number | undefined) => Viewpoint,
): Viewpoint | OpenFailure {
  const absolute = path.startsWith('/') && (resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) === 0;
  if (absolute || path === '') return complete(undefined);
  if (dirfd === AT_FDCWD) return complete(open('cwd'));
  if (dirfd < 0) return new OpenFailure(EBADF);
  try {
    return complete(open(`fd/${dirfd}`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new OpenFailure(EBADF);
    throw error;
  }
}

function describe(thread: string): Omit<Viewpoint, 'root' | 'start'> {
  const { identity, umask, processIds, threadIds } = readStatus(thread);
  // Capabilities of another user namespace are none here.
  const effective = isInOurUserNamespace(thread) ? identity.effective : 0n;
  return { identity: { ...identity, effective }, umask, processIds, threadIds, session: readSession(thread) };
}

function isInOurUserNamespace(thread: string): boolean {
  return readlinkSync(`/proc/${thread}/ns/user`) === readlinkSync('/proc/self/ns/user');
}

/** What AppArmor, SELinux or Smack know it by. We open by our own rules of theirs, so that they have to be the target's. */
function securityLabel(thread: string): string {
  try {
    return readFileSync(`/proc/${thread}/attr/current`, 'latin1');
  } catch (error) {
    // EINVAL, where there is none of them.
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}

function gone(call: Notification): SupervisorError {
  return new SupervisorError('NOTIFICATION_GONE', `call ${call.id} is no longer waiting`);
}
