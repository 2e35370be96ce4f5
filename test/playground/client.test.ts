import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EngineClient } from '../../src/playground/engine/client.js';
import type { RequestMessage } from '../../src/playground/engine/protocol.js';
import { DEFAULT_SETTINGS } from '../../src/playground/settings/settings.js';

/** A worker that answers when the test says so. */
class FakeWorker {
  asked: RequestMessage[] = [];
  isTerminated = false;
  onmessage: ((event: { data: unknown }) => void) | undefined;
  onerror: ((event: { message: string; preventDefault(): void }) => void) | undefined;
  postMessage(message: RequestMessage) {
    this.asked.push(message);
  }
  terminate() {
    this.isTerminated = true;
  }
  answer(answer: unknown, index = this.asked.length - 1) {
    this.onmessage?.({ data: { id: this.asked[index]?.id, answer } });
  }
}

let workers: FakeWorker[];
let client: EngineClient;
const last = () => workers.at(-1) as FakeWorker;
const NAMED = { source: 'x', settings: DEFAULT_SETTINGS };
const complete = (text: string) => ({ text, offset: 0, ...NAMED });
const answered = { from: 0, to: 0, options: [] };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  workers = [];
  client = new EngineClient(() => {
    workers.push(new FakeWorker());
    return last() as unknown as Worker;
  }, 100);
});
afterEach(() => void vi.useRealTimers());

/** A worker that has loaded its code. */
async function warm(): Promise<void> {
  const first = client.ask('listing', { revision: 1 });
  last().answer(undefined);
  await first;
}

it('asks the latest of each kind, and no queue builds up', async () => {
  const [first, second, third] = ['a', 'b', 'c'].map((text) => client.ask('complete', complete(text)));
  expect(last().asked.length).toBe(1);
  last().answer(answered);
  expect(await first).toEqual(answered);
  expect(await second).toBeUndefined();
  expect(last().asked.map(({ question }) => question)).toEqual([complete('a'), complete('c')]);
  last().answer(answered);
  expect(await third).toEqual(answered);
  expect(workers.length).toBe(1);
});

it('stops what goes on for long once a newer request waits, and asks the others again', async () => {
  await warm();
  const stopped = client.ask('complete', complete('slow'));
  const other = client.ask('listing', { revision: 2 });
  const newer = client.ask('complete', complete('newer'));
  vi.advanceTimersByTime(99);
  expect(workers.length).toBe(1);
  vi.advanceTimersByTime(1);
  expect(workers[0]?.isTerminated).toBe(true);
  expect(await stopped).toBeUndefined();
  expect(last().asked.map(({ name, question }) => [name, question])).toEqual([
    ['complete', complete('newer')],
    ['listing', { revision: 2 }],
  ]);
  last().answer(answered, 0);
  last().answer(undefined, 1);
  expect(await newer).toEqual(answered);
  expect(await other).toBeUndefined();
});

it('does not stop a worker that is still loading its code, nor one that answers in time', async () => {
  void client.ask('complete', complete('a'));
  void client.ask('complete', complete('b'));
  vi.advanceTimersByTime(5000);
  expect(workers.length).toBe(1);
  last().answer(answered);
  const next = client.ask('complete', complete('c'));
  vi.advanceTimersByTime(50);
  last().answer(answered, 1);
  last().answer(answered, 2);
  vi.advanceTimersByTime(500);
  expect(await next).toEqual(answered);
  expect(workers.length).toBe(1);
});

it('drops an answer that is no longer wanted, and stops the work if it is long', async () => {
  await warm();
  const short = client.ask('complete', complete('short'));
  client.drop('complete');
  expect(await short).toBeUndefined();
  expect(workers.length).toBe(1);
  last().answer(answered);
  const long = client.ask('complete', complete('long'));
  vi.advanceTimersByTime(150);
  client.drop('complete');
  expect(await long).toBeUndefined();
  expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true, false]);
});

it('cancels all', async () => {
  const all = [
    client.ask('complete', complete('a')),
    client.ask('complete', complete('b')),
    client.ask('listing', { revision: 1 }),
  ];
  client.cancel();
  expect(await Promise.all(all)).toEqual([undefined, undefined, undefined]);
  expect(workers[0]?.isTerminated).toBe(true);
  const after = client.ask('complete', complete('c'));
  last().answer(answered);
  expect(await after).toEqual(answered);
});

it('fails what waits when the worker dies, and starts another one', async () => {
  const lost = client.ask('complete', complete('a'));
  last().onerror?.({ message: 'gone', preventDefault() {} });
  await expect(lost).rejects.toThrow('gone');
  void client.ask('complete', complete('b'));
  expect(workers.length).toBe(2);
});
