// Decides in a thread of its own, so that a profile that takes long can be given up.
import { parentPort, workerData } from 'node:worker_threads';
import { Policy, type Settings } from './policy.ts';

const policy = Policy.load(workerData as Settings);
policy.then(
  () => parentPort?.postMessage({ ready: true }),
  (error: Error) => parentPort?.postMessage({ ready: false, reason: error.message }),
);

parentPort?.on('message', async ({ id, text }: { id: number; text: string }) => {
  const answer = (decision: object) => parentPort?.postMessage({ id, ...decision });
  try {
    answer(await (await policy).decide(JSON.parse(text, exactly)));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'the request is no JSON' : 'a fault of the webhook, which its log has';
    if (!(error instanceof SyntaxError)) console.error(error);
    answer({ allowed: false, reason: why });
  }
});

/** Numbers that JavaScript would round stay exact (Node 22 and newer); elsewhere the library refuses them. */
function exactly(_key: string, value: unknown, context?: { source?: string }): unknown {
  const isRounded = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded && /^\d+$/.test(context?.source ?? '') ? BigInt(context?.source as string) : value;
}
