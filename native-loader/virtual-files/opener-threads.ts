import { Worker } from 'node:worker_threads';
import { SupervisorError } from '../supervise/supervisor-error.js';
import { workerFile } from '../supervise/worker-file.js';
import type { OpenerStart, OpenOutcome, OpenReply, OpenRequest } from './opener-protocol.js';

/** One that waits for a slow file system keeps the others waiting only when as many wait. */
const MAX_THREADS = 4;

interface Waiting {
  readonly resolve: (outcome: OpenOutcome) => void;
  readonly reject: (error: SupervisorError) => void;
}

/** The threads of this process that open files in others' stead; started when they are needed. */
class OpenerThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();

  constructor(onGone: () => void) {
    const workerData: OpenerStart = { role: 'opener' };
    // Streams of its own, as for the supervisor thread.
    this.#worker = new Worker(workerFile(), {
      workerData,
      execArgv: [],
      stdout: true,
      stderr: true,
      name: 'seccomp opener',
    });
    this.#worker.on('message', ({ id, ...outcome }: OpenReply) => this.#take(id)?.resolve(outcome));
    let failure: unknown;
    this.#worker.on('error', (error) => {
      failure = error;
    });
    this.#worker.on('exit', () => {
      onGone();
      const error = new SupervisorError('SUPERVISOR_THREAD', 'a thread that opens files has ended', { cause: failure });
      for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(error);
    });
    this.#worker.unref();
  }

  get load(): number {
    return this.#waiting.size;
  }

  open(request: OpenRequest): Promise<OpenOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject });
      if (this.#waiting.size === 1) this.#worker.ref();
      this.#worker.postMessage(request);
    });
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    return waiting;
  }
}

const threads = new Set<OpenerThread>();
let lastId = 0;

/**
 * Have a file opened by the thread that has least to do.
 *
 * @throws {UnsupportedHostError} when `loader-worker.js` is missing
 * @throws {SupervisorError} SUPERVISOR_THREAD, when the thread ends
 */
export function openInThread(request: Omit<OpenRequest, 'id'>): Promise<OpenOutcome> {
  const [idlest] = [...threads].sort((a, b) => a.load - b.load);
  let thread = idlest;
  if (!thread || (thread.load > 0 && threads.size < MAX_THREADS)) {
    const started: OpenerThread = new OpenerThread(() => threads.delete(started));
    threads.add(started);
    thread = started;
  }
  return thread.open({ ...request, id: ++lastId });
}
