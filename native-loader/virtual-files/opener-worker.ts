import { constants } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import { type FileCalls, fileCalls, type Identity } from '../libc/file-calls.js';
import { openFile } from './open-file.js';
import type { OpenOutcome, OpenReply, OpenRequest } from './opener-protocol.js';
import { type AsOurselves, VirtualPaths } from './path-walk.js';
import { readSession, readStatus } from './proc-status.js';

const { EACCES } = constants.errno;

/**
 * A thread that opens files in another process's stead. What an open waits for (a disk, a server) does not keep the main
 * thread. And user ids, capabilities and umask are a thread's in the kernel, so that those of all others stay.
 */
export class OpenerWorker {
  readonly #c: FileCalls = fileCalls();
  readonly #ownState: boolean;

  constructor(port: MessagePort) {
    this.#ownState = this.#c.ownFileSystemState() === 0;
    port.on('message', (request: OpenRequest) => {
      const reply: OpenReply = { ...this.#open(request), id: request.id };
      port.postMessage(reply);
    });
  }

  #open({ call, viewpoint, virtual, openOthers }: OpenRequest): OpenOutcome {
    if (!this.#ownState) return { kind: 'errno', errno: EACCES };
    this.#c.umask(viewpoint.umask);
    const { identity: own, permitted } = readStatus('thread-self');
    // Nobody gets more than we have.
    const wanted = { ...viewpoint.identity, effective: viewpoint.identity.effective & permitted };
    const paths = new VirtualPaths(virtual);
    const open = (asOurselves: AsOurselves) =>
      openFile(this.#c, call, viewpoint, paths, { openOthers, session: readSession('self'), asOurselves });
    if (isSame(own, wanted)) return open((action) => action());
    if (this.#c.become(wanted) < 0) {
      this.#c.become(own);
      if (!isSame(readStatus('thread-self').identity, own))
        throw new Error('this thread is neither itself nor another');
      return { kind: 'errno', errno: EACCES };
    }
    try {
      return open((action) => {
        this.#become(own);
        try {
          return action();
        } finally {
          this.#become(wanted);
        }
      });
    } finally {
      this.#become(own);
    }
  }

  #become(identity: Identity): void {
    const result = this.#c.become(identity);
    // The thread ends by it, and nothing is opened with ids that are neither's.
    if (result < 0) throw new Error(`no change of user ids: errno ${-result}`);
  }
}

function isSame(a: Identity, b: Identity): boolean {
  return a.uid === b.uid && a.gid === b.gid && a.effective === b.effective && a.groups.join() === b.groups.join();
}
