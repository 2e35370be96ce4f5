// The second file of the loader's bundle (loader-worker.js). It runs in threads of its own, and as the process that
// becomes a sandboxed command. It is a file of its own so that starting it loads nothing else.
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { type HandoverStart, runHandover } from './run/handover.js';
import { runLauncher } from './run/launcher.js';
import { SupervisorWorker } from './supervise/supervisor-worker.js';
import type { ThreadStart } from './supervise/watch-protocol.js';
import type { OpenerStart } from './virtual-files/opener-protocol.js';
import { OpenerWorker } from './virtual-files/opener-worker.js';

const start = workerData as HandoverStart | ThreadStart | OpenerStart | null;
if (isMainThread) runLauncher();
else if (start?.role === 'supervisor') new SupervisorWorker(parentPort!, start);
else if (start?.role === 'handover') runHandover(start);
else if (start?.role === 'opener') new OpenerWorker(parentPort!);
