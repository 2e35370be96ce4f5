import { type SpawnOptions, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe } from 'vitest';
import type * as loaderModule from '../../native-loader/index.js';
import type * as bpfModule from './bpf.js';
import { buildLoaderBundle, type LoaderBundle } from './loader-bundle.js';

// A filter cannot be taken off: whatever installs one runs in a process of its own, given as a function that is sent
// there as text. It can use its parameters only, not what stands around it.

/** What a function in a child process gets. */
export interface ChildTools {
  loader: typeof loaderModule;
  bpf: typeof bpfModule;
  /** The call's outcome as data: its value, or the fields of the error it raised. */
  attempt(call: () => unknown): Outcome;
  /** Fields of a /proc/…/status file by name. */
  status(path?: string): Record<string, string>;
  /** Start a Worker; it waits for functions to run. */
  startWorker(): Promise<ChildWorker>;
  require: NodeJS.Require;
}

export interface ChildWorker {
  /** Run a function on the Worker's thread and return its outcome. */
  attempt(call: (tools: WorkerTools) => unknown): Promise<Outcome>;
  terminate(): Promise<unknown>;
}

export type WorkerTools = Pick<ChildTools, 'loader' | 'bpf' | 'status' | 'require'>;

export interface Outcome {
  // biome-ignore lint/suspicious/noExplicitAny: JSON of whatever the function returned
  value?: any;
  error?: { name: string; code: string; message: string; errno?: string; threadId?: number; exitCode?: number };
}

export interface ChildResult {
  pid: number;
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

// Code for both the child and its Workers. Written as text: test runners rewrite the functions of the files they load.
const common = `
const describe = (error) => ({ error: { name: error.name, code: error.code, message: error.message, errno: error.errno, threadId: error.threadId, exitCode: error.exitCode } });
const status = (path = '/proc/self/status') =>
  Object.fromEntries(require('node:fs').readFileSync(path, 'utf8').split('\\n').map((line) => line.split(/:\\s*/)));
`;

const workerCode = ({ loader, bpf }: LoaderBundle) => `
const { parentPort } = require('node:worker_threads');
${common}
parentPort.on('message', async (text) => {
  try {
    const tools = { loader: await import('${loader}'), bpf: await import('${bpf}'), status, require };
    parentPort.postMessage({ value: await (0, eval)('(' + text + ')')(tools) });
  } catch (error) {
    parentPort.postMessage(describe(error));
  }
});
`;

const childCode = (bundle: LoaderBundle, call: string, input: unknown) => `
import { createRequire } from 'node:module';
import * as loader from '${bundle.loader}';
import * as bpf from '${bundle.bpf}';
const require = createRequire('${bundle.loader}');
${common}
const attempt = (call) => { try { return { value: call() }; } catch (error) { return describe(error); } };
const startWorker = async () => {
  const { Worker } = require('node:worker_threads');
  const { once } = require('node:events');
  const worker = new Worker(${JSON.stringify(workerCode(bundle))}, { eval: true, execArgv: [] });
  await once(worker, 'online');
  return {
    attempt: async (call) => { worker.postMessage(call.toString()); return (await once(worker, 'message'))[0]; },
    terminate: () => worker.terminate(),
  };
};
const result = await (${call})({ loader, bpf, attempt, status, startWorker, require }, ${JSON.stringify(input ?? null)});
if (result !== undefined) { require('node:fs').writeSync(1, JSON.stringify(result)); process.exit(0); }
`;

let bundle: LoaderBundle;

/** `describe` for tests that need a Linux kernel; elsewhere they are skipped, and fail where CI demands them. */
export function describeKernel(name: string, tests: () => void): void {
  const linux = process.platform === 'linux';
  if (!linux && process.env.CI) throw new Error(`${name}: the kernel tests need Linux, this is ${process.platform}`);
  if (!linux) console.warn(`SKIPPED ${name}: the kernel tests need Linux, this is ${process.platform}`);
  describe.skipIf(!linux)(name, () => {
    beforeAll(() => {
      bundle = buildLoaderBundle();
    });
    afterAll(() => bundle.remove());
    tests();
  });
}

/** Run a program to its end. */
export function run(
  command: string,
  args: readonly string[],
  { input = '', ...options }: SpawnOptions & { input?: string } = {},
): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, options);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.stdin?.on('error', () => {}).end(input);
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ pid: child.pid!, status, signal, stdout, stderr }));
  });
}

/** The command line that runs a function in a Node process; what it returns is printed as JSON. */
export function nodeCommand<Input>(
  call: (tools: ChildTools, input: Input) => unknown,
  input?: Input,
): [command: string, args: string[]] {
  return [process.execPath, ['--input-type=module', '-e', childCode(bundle, call.toString(), input)]];
}

/** Run a function in a child process and return its value, which has to be JSON. */
export async function inChild<Input, Result>(
  call: (tools: ChildTools, input: Input) => Result,
  input?: Input,
): Promise<Awaited<Result>> {
  const result = await run(...nodeCommand(call, input));
  if (result.status !== 0 || result.stdout === '') {
    throw new Error(`the child ended with ${result.signal ?? result.status}: ${result.stdout}${result.stderr}`);
  }
  return JSON.parse(result.stdout);
}

/** Run a function in a child process that ends in any way, for instance as another program. */
export function spawnChild<Input>(
  call: (tools: ChildTools, input: Input) => unknown,
  input?: Input,
  options: SpawnOptions & { input?: string } = {},
): Promise<ChildResult> {
  return run(...nodeCommand(call, input), options);
}
