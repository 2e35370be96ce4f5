import { readdirSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe } from 'vitest';
import type * as loaderModule from '../../native-loader/index.js';
import { ALLOW, assemble, type Instruction, jumpIfEqual, load, machine, NOTIFY, ret, type SystemCall } from './bpf.js';
import { buildLoaderBundle, type LoaderBundle, launchersHere } from './loader-bundle.js';

/** The loader as the package has it, in this process: what spawnSandboxed does to its child does nothing to us. */
export let loader: typeof loaderModule;
let bundle: LoaderBundle;

/** As describeKernel of child.ts, for tests that supervise from the test's own process. */
export function describeSupervisor(name: string, tests: () => void, launchers = launchersHere().slice(0, 1)): void {
  const linux = process.platform === 'linux';
  if (!linux && process.env.CI) throw new Error(`${name}: the kernel tests need Linux, this is ${process.platform}`);
  describe.skipIf(!linux).each(launchers)(`${name}, launcher: %s`, (launcher) => {
    beforeAll(async () => {
      bundle = buildLoaderBundle(launcher);
      loader = await import(bundle.loader);
    });
    afterAll(() => bundle.remove());
    tests();
  });
}

/** The same with each launcher. */
export function describeLaunchers(name: string, tests: () => void): void {
  describeSupervisor(name, tests, launchersHere());
}

/** Notifies of these system calls, allows the rest. */
export const notifyOf = (...calls: readonly SystemCall[]) =>
  assemble(
    load(0),
    ...calls.map((call, index): Instruction => jumpIfEqual(machine.syscalls[call], calls.length - index, 0)),
    ret(ALLOW),
    ret(NOTIFY),
  );

/** Wait for a sandbox to end; what it has written. */
export async function outcome(sandbox: loaderModule.SandboxedProcess) {
  const [stdout, stderr, exit] = await Promise.all([text(sandbox.stdout!), text(sandbox.stderr!), sandbox.exited]);
  return { stdout, stderr, ...exit };
}

/** The targets of this process's descriptors, without those that a directory listing needs. */
const openFiles = (): string[] => readdirSync('/proc/self/fd');

/** Child processes of this process, zombies included. */
const children = (): string[] =>
  readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean),
  );

/** The descriptors and the child processes that this process has. */
export const held = (): string[] => [
  ...openFiles().map((number) => `descriptor ${number}`),
  ...children().map((pid) => `process ${pid}`),
];

/** What of it was not there before: what a test file that ran earlier in this process still held may go meanwhile. */
export const heldSince = (before: readonly string[]): string[] => held().filter((one) => !before.includes(one));
