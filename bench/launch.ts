// The start of a sandbox beside child_process.spawn of the same command, and what many of them leave behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as loaderModule from '../native-loader/index.js';
import type { Figure } from './figure.js';
import { median } from './quantile.js';

const ROUNDS = 60;
const NODE_ROUNDS = 10;
const SEQUENCE = 1000;
const AT_ONCE = 100;
/** SECCOMP_RET_ALLOW in one instruction, for a little-endian machine. */
const ALLOW = Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f);

type Loader = typeof loaderModule;

/** The figures of spawnSandboxed in the built package, with its native launcher and without. Needs Linux. */
export async function launchFigures(root: string): Promise<Figure[]> {
  const loader: Loader = await import(pathToFileURL(join(root, 'dist/loader.js')).href);
  // The same package without launchers: under build/, where koffi is found.
  const copy = join(root, 'build/bench/without-launcher');
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  const files = readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.js'));
  for (const name of files) cpSync(join(root, 'dist', name), join(copy, name));
  const nodeLoader: Loader = await import(pathToFileURL(join(copy, 'loader.js')).href);

  const native = () => sandbox(loader, {});
  const supervised = () => sandbox(loader, { answers: [] });
  const node = () => sandbox(nodeLoader, {});
  for (const run of [plain, native, supervised, node]) await run();

  const rounds: { plain: number; native: number; supervised: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ plain: await time(plain), native: await time(native), supervised: await time(supervised) });
  }
  const nodeRatios: number[] = [];
  for (let round = 0; round < NODE_ROUNDS; round++) {
    const before = await time(plain);
    nodeRatios.push((await time(node)) / before);
  }
  const ratio = (of: 'native' | 'supervised') => median(rounds.map((round) => round[of] / round.plain));

  const [before, memory] = [openFiles(), process.memoryUsage().rss];
  const sequence = await time(async () => {
    for (let count = 0; count < SEQUENCE; count++) await native();
  });
  const grown = (process.memoryUsage().rss - memory) / 2 ** 20;
  const atOnce = await time(() => Promise.all(Array.from({ length: AT_ONCE }, native)));
  const left = openFiles() - before;

  const bar = 1.5;
  return [
    { what: "spawn('true'), to its end", value: `${median(rounds.map((round) => round.plain)).toFixed(1)} ms` },
    {
      what: "spawnSandboxed('true') / spawn('true')",
      value: ratio('native').toFixed(2),
      bar: `at most ${bar}`,
      holds: ratio('native') <= bar,
    },
    { what: 'the same with a listener', value: ratio('supervised').toFixed(2) },
    { what: 'the same with Node as the launcher', value: median(nodeRatios).toFixed(1) },
    { what: `sandboxes a second, ${SEQUENCE} in sequence`, value: (SEQUENCE / (sequence / 1000)).toFixed(0) },
    { what: `sandboxes a second, ${AT_ONCE} at once`, value: (AT_ONCE / (atOnce / 1000)).toFixed(0) },
    { what: 'descriptors that they leave open', value: String(left), bar: 'none', holds: left <= 0 },
    { what: `memory that ${SEQUENCE} sandboxes leave`, value: `${grown.toFixed(1)} MiB` },
  ];
}

async function plain(): Promise<void> {
  const child: ChildProcess = spawn('true');
  await once(child, 'exit');
}

async function sandbox(loader: Loader, options: Partial<loaderModule.SandboxOptions>): Promise<void> {
  const child = await loader.spawnSandboxed('true', [], { filter: ALLOW, ...options });
  await child.exited;
  await child.supervision?.close();
}

async function time(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}
