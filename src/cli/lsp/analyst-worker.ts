import { parentPort } from 'node:worker_threads';
import { ScmpError } from '../../errors.js';
import { errorText } from '../error-text.js';
import { Analysis } from './analysis.js';
import type { AnswerMessage, QuestionMessage } from './question.js';

/** Answer the server's questions, one after the other, until it ends this thread. */
export function serveAnalysis(): void {
  const port = parentPort;
  if (!port) throw new Error('no worker thread');
  const analysis = new Analysis();
  const send = (message: AnswerMessage) => port.postMessage(message);
  port.on('message', async ({ id, name, question }: QuestionMessage) => {
    try {
      send({ id, answer: await analysis.answer(name, question as never, (part) => send({ id, part })) });
    } catch (error) {
      const isOwn = !(error instanceof ScmpError);
      send({ id, isOwn, error: error instanceof ScmpError ? errorText(error) : String(error) });
    }
  });
}
