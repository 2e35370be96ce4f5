// A validating admission webhook: HTTPS in, a decision out. Whatever goes wrong is a denial with a reason.
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { Worker } from 'node:worker_threads';
import type { RuntimeName } from 'libseccomp-wasm';
import type { Decision, Settings } from './policy.ts';

const {
  BASELINE = '/etc/seccomp-admission/baseline.json',
  PROFILES = '/var/lib/seccomp-admission/profiles',
  BASES = '',
  OPERATOR = '1.0.0',
  ARCHES = 'amd64,arm64',
  RUNTIME = 'runc',
  RUNTIME_DEFAULT = 'allow',
  TLS_CERT = '/tls/tls.crt',
  TLS_KEY = '/tls/tls.key',
  PORT = '8443',
  HOST = '0.0.0.0',
  // Below timeoutSeconds of the ValidatingWebhookConfiguration, so that the reason is heard.
  DEADLINE_MS = '4000',
  WORKER = new URL('./worker.ts', import.meta.url).href,
} = process.env;

/** etcd takes objects of 1.5 MiB, and a review of an update has two. */
const MAX_BODY = 4 << 20;
const deadline = Number(DEADLINE_MS);

const settings: Settings = {
  baseline: BASELINE,
  profiles: PROFILES,
  bases: BASES || undefined,
  operator: OPERATOR as Settings['operator'],
  arches: ARCHES.split(','),
  runtime: RUNTIME as RuntimeName,
  allowRuntimeDefault: RUNTIME_DEFAULT === 'allow',
};

/** The thread that decides. One that is over its deadline is replaced, and all that waited is denied. */
class Decider {
  #worker: Worker | undefined;
  #ready: Promise<void> | undefined;
  #next = 0;
  readonly #waiting = new Map<number, (decision: Decision) => void>();

  /** Rejects where the baseline cannot be read. */
  start(): Promise<void> {
    const worker = new Worker(new URL(WORKER), { workerData: settings });
    this.#worker = worker;
    this.#ready = new Promise((resolve, reject) => {
      worker.on('message', ({ id, ready, ...rest }: { id?: number; ready?: boolean } & Decision) => {
        if (ready === true) resolve();
        else if (ready === false) reject(new Error(rest.reason));
        else if (id !== undefined) this.#settle(id, rest);
      });
      worker.on('error', (error) => {
        reject(error);
        if (this.#worker === worker) this.#restart(`the webhook failed: ${error.message}`);
      });
    });
    this.#ready.catch(() => undefined); // whoever waits for it hears of it
    return this.#ready;
  }

  async decide(text: string): Promise<Decision> {
    const id = this.#next++;
    const reason = `not decided within ${deadline} ms: the profile is too large, or the webhook is busy; try again`;
    const timer = setTimeout(() => this.#restart(reason), deadline);
    try {
      return await new Promise<Decision>((resolve) => {
        this.#waiting.set(id, resolve);
        this.#worker?.postMessage({ id, text });
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #settle(id: number, decision: Decision): void {
    this.#waiting.get(id)?.(decision);
    this.#waiting.delete(id);
  }

  #restart(reason: string): void {
    void this.#worker?.terminate();
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { allowed: false, reason });
    void this.start();
  }
}

/** A body up to the limit; undefined, with what came, of a longer one. */
async function bodyOf(request: IncomingMessage): Promise<{ text: string; isWhole: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY) return { text: Buffer.concat(chunks).toString(), isWhole: false };
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString(), isWhole: true };
}

/** The request's uid, which the answer has to have: the API server writes it at the beginning. */
const uidOf = (text: string): string | undefined =>
  /"request"\s*:\s*\{\s*"uid"\s*:\s*"([\w-]{1,64})"/.exec(text.slice(0, 4096))?.[1];

const review = (uid: string, { allowed, reason }: Decision) =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed,
      ...(reason !== undefined && { status: { code: 403, reason: 'Forbidden', message: `seccomp: ${reason}` } }),
    },
  });

const decider = new Decider();
await decider.start();

const server = createServer({ cert: readFileSync(TLS_CERT), key: readFileSync(TLS_KEY) }, async (request, response) => {
  const say = (status: number, type: string, text: string) =>
    response.writeHead(status, { 'content-type': type, connection: 'close' }).end(text);
  try {
    if (request.method === 'GET' && request.url === '/healthz') return say(200, 'text/plain', 'ok\n');
    if (request.method !== 'POST') return say(405, 'text/plain', 'an AdmissionReview is sent by POST\n');
    const { text, isWhole } = await bodyOf(request);
    const uid = uidOf(text);
    // Without the uid no review can be answered: the API server denies what it gets no answer to (failurePolicy: Fail).
    if (uid === undefined)
      return say(isWhole ? 400 : 413, 'text/plain', 'this is no AdmissionReview of admission.k8s.io/v1\n');
    const tooLarge = { allowed: false, reason: `the request is larger than ${MAX_BODY >> 20} MiB` };
    return say(200, 'application/json', review(uid, isWhole ? await decider.decide(text) : tooLarge));
  } catch (error) {
    console.error(error);
    return say(500, 'text/plain', 'the webhook failed\n');
  }
});
// Whoever sends slowly does not hold a connection for long.
server.requestTimeout = 10_000;
server.headersTimeout = 5_000;
server.listen(Number(PORT), HOST, () => {
  const address = server.address();
  console.log(`listening on ${typeof address === 'object' ? address?.port : address}`);
});
