import { Engine } from './engine.js';
import type { RequestBody, RequestMessage, RequestName, ResponseMessage } from './protocol.js';

// A dedicated worker's scope; TypeScript's DOM types have only the window's.
const scope = globalThis as unknown as {
  postMessage(message: ResponseMessage): void;
  onmessage: ((event: MessageEvent<RequestMessage>) => void) | null;
};

const engine = new Engine();
engine.prepare();
/** One question after the other: each sees the profile that the one before it compiled. */
let last: Promise<unknown> = Promise.resolve();

scope.onmessage = ({ data: { id, name, question } }) => {
  last = last.then(async () => {
    try {
      const answer = await engine.answer(name, question as RequestBody<RequestName>);
      scope.postMessage({ id, answer });
    } catch (error) {
      scope.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
};
