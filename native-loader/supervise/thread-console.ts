import { Console } from 'node:console';
import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';

/**
 * Let this thread's console write at once. Node's own console of a thread writes through the main thread, and waits for
 * it in an event loop that a supervisor seldom comes to.
 */
export function useOwnConsole(): void {
  globalThis.console = new Console({ stdout: writeAtOnce(1), stderr: writeAtOnce(2) });
}

function writeAtOnce(fd: number): Writable {
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
      } catch {
        // As Node's console: nobody reads, and the handler has to go on.
      }
      done();
    },
  });
}
