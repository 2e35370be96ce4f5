import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { UnsupportedHostError } from '../../src/errors.js';
import { errnoName, libc } from '../libc/libc.js';
import { PR_GET_DUMPABLE, PR_SET_DUMPABLE } from '../libc/prctl.js';
import { SIG_IGN } from '../libc/process-defaults.js';

// A sandboxed command of this process's user is the supervisor's neighbour: the kernel lets it send signals, and do what
// ptrace(2) allows, as far as its filter does. What this process can do about that stands here;
// docs/guides/hostile-child.md lists all ways and what closes each.

/**
 * Close the ways into this process that it can close itself, before a sandboxed command runs. SIGUSR1 starts no inspector,
 * and nobody without CAP_SYS_PTRACE traces this process or reads its memory. For good: processes that a command leaves
 * behind are under its filter as long as they like. `dumpable`: leave this process as traceable as it is.
 *
 * @throws {UnsupportedHostError} when this is not Linux, or there is no koffi
 */
export function protectSupervisor({ dumpable }: { readonly dumpable: boolean }): void {
  ignoreInspectorSignal();
  if (!dumpable) forbidTracing();
  warnOfOpenDoors();
}

/**
 * As {@link protectSupervisor}, where koffi may be absent: a tracer needs none. Then a listener takes SIGUSR1, and this process
 * stays as traceable as it is, which is said.
 */
export function protectTracer(): void {
  try {
    protectSupervisor({ dumpable: false });
  } catch (error) {
    if (!(error instanceof UnsupportedHostError)) throw error;
    process.on('SIGUSR1', () => {});
    warnOnce(
      'without the package koffi this process stays traceable: a command of its user may trace it, as far as its filter lets it',
    );
  }
}

/**
 * Node starts its inspector at SIGUSR1, whoever sends it. A listener that the program adds itself, before or afterwards
 * (`process.on('SIGUSR1')`), takes the place of that and gets its signals. When it is removed, libuv would leave the
 * default action, which ends the process. child_process resets ignored signals in children.
 */
function ignoreInspectorSignal(): void {
  ignoreUnlessListened();
  if (isWatching || !isMainThread) return;
  isWatching = true;
  process.on('removeListener', (event) => {
    if (event === 'SIGUSR1') ignoreUnlessListened();
  });
}

let isWatching = false;

function ignoreUnlessListened(): void {
  const c = libc();
  const { SIGUSR1 } = constants.signals;
  // What libuv installs for a listener has SA_RESTART; Node's own for the inspector has not.
  if (c.signalAction(SIGUSR1)?.restarts) return;
  c.signal(SIGUSR1, SIG_IGN);
  if (c.signalAction(SIGUSR1)?.handler !== SIG_IGN) {
    warnOnce('SIGUSR1 cannot be ignored here, and starts the inspector: a sandboxed command may send it');
  }
}

/** ptrace(2), "Ptrace access mode checking": also of /proc/PID/mem, process_vm_writev(2), pidfd_getfd(2). */
function forbidTracing(): void {
  const c = libc();
  if (c.prctl(PR_GET_DUMPABLE, 0) !== 1) return;
  const result = c.prctl(PR_SET_DUMPABLE, 0);
  if (result < 0) {
    warnOnce(`this process cannot be made untraceable (PR_SET_DUMPABLE): ${errnoName(-result)}`);
  }
}

/** What was asked for when this process was started, and is left as it is. */
function warnOfOpenDoors(): void {
  const address = process.features.inspector && process.getBuiltinModule('node:inspector').url();
  if (address) {
    warnOnce(
      `the inspector listens at ${address}: a sandboxed command that may connect to it runs code here, outside its filter. Deny it AF_INET and AF_INET6 sockets (the built-in no-network does)`,
    );
  }
  if (process.report?.reportOnSignal) {
    warnOnce(
      `${process.report.signal} writes a diagnostic report, with the environment of this process, whoever sends it: sandboxed commands of its user may read the file`,
    );
  }
}

const warned = new Set<string>();

function warnOnce(message: string): void {
  if (warned.has(message)) return;
  warned.add(message);
  process.emitWarning(message, 'SeccompSupervisorWarning');
}
