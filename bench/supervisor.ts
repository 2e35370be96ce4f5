// Round trips of supervised system calls, against a C supervisor of the same shape (supervisor.c), which is compiled here.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type * as loaderModule from '../native-loader/index.js';
import { hostArchitecture } from '../native-loader/index.js';
import { compileProfileSync } from '../src/compiler/index.js';
import type { Libseccomp } from '../src/libseccomp/index.js';
import type { Figure } from './figure.js';
import { median } from './quantile.js';

/** Short runs, many of them: what disturbs one is not in the median. */
const CALLS = 5000;
const ROUNDS = 25;
const THREADS = 200;
const CALLS_EACH = 50;
const ANSWER = 7;

/**
 * The figures of the supervisor in the built package (dist/loader.js), from the project's root. Needs Linux and gcc.
 * Ratios are medians of pairs that are measured in turn.
 */
export async function supervisorFigures(root: string, libseccomp: Libseccomp): Promise<Figure[]> {
  const loader: typeof loaderModule = await import(pathToFileURL(join(root, 'dist/loader.js')).href);
  const program = compilePeer(root);
  const profile = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['getpriority'], action: 'SCMP_ACT_NOTIFY' }],
  };
  const arch = hostArchitecture();
  const filter = compileProfileSync(profile, { arch, libseccomp });
  const number = libseccomp.resolveSyscallName('getpriority', arch);
  const answer = { kind: 'value', value: ANSWER } as const;
  const constant = { answers: [{ syscalls: [number as number], answer }] };
  const handler = { onNotification: () => answer };
  const promising = { onNotification: async () => answer };
  const modular = {
    onNotification: new URL(`data:text/javascript,export default () => (${JSON.stringify(answer)});`),
  };

  const run = async (args: string[], options: loaderModule.SupervisorOptions) => {
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    await using sandbox = await loader.spawnSandboxed(program, args, { filter, stdio: [...stdio], ...options });
    return Number(await text(sandbox.stdout!));
  };
  const peer = () => Number(execFileSync(program, ['peer', String(CALLS)], { encoding: 'utf8' }));
  const target = (options: loaderModule.SupervisorOptions) => run(['target', String(CALLS)], options);

  const kinds = {
    constant: ['constant answer', constant, 1.2],
    modular: ['handler in a module', modular, 2.2],
    handler: ['handler on the main thread', handler, 2.2],
    promising: ['handler on the main thread, answering in a promise', promising, undefined],
  } as const;
  type Kind = keyof typeof kinds;
  const rounds: Record<Kind, { time: number; ratio: number }[]> = {
    constant: [],
    modular: [],
    handler: [],
    promising: [],
  };
  const peers: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of Object.keys(kinds) as Kind[]) {
      const c = peer();
      const time = await target(kinds[kind][1]);
      peers.push(c);
      rounds[kind].push({ time, ratio: time / c });
    }
  }
  const microseconds = (what: string, times: readonly number[]): Figure => ({
    what: `supervised call: ${what}`,
    value: `${(median(times) / 1000).toFixed(2)} µs`,
  });
  const figures = (Object.keys(kinds) as Kind[]).flatMap((kind): Figure[] => {
    const [what, , bar] = kinds[kind];
    const value = median(rounds[kind].map(({ ratio }) => ratio));
    const held = bar === undefined ? {} : { bar: `at most ${bar}`, holds: value <= bar };
    return [
      microseconds(
        what,
        rounds[kind].map(({ time }) => time),
      ),
      { what: `supervised call: ${what} / C`, value: value.toFixed(2), ...held },
    ];
  });

  const expected = THREADS * CALLS_EACH;
  const threads = ['threads', String(THREADS), String(CALLS_EACH)];
  let answered = expected;
  for (const [, options] of Object.values(kinds)) answered = Math.min(answered, await run(threads, options));
  const idle = await turns(() => setTimeout(500));
  const busy = await turns(async () => {
    for (let i = 0; i < 10; i++) await run(threads, i % 2 ? handler : promising);
  });
  return [
    microseconds('C supervisor', peers),
    ...figures,
    {
      what: `turn of the event loop (99th percentile), answering ${THREADS} threads`,
      value: `${busy.toFixed(2)} ms; idle ${idle.toFixed(2)} ms`,
      bar: 'at most 1 ms',
      holds: busy <= 1,
    },
    {
      what: `supervised calls of ${THREADS} threads that were answered`,
      value: `${answered} of ${expected}`,
      bar: 'all',
      holds: answered === expected,
    },
  ];
}

/** How long the event loop's turns take meanwhile, in milliseconds: the 99th percentile. */
async function turns(work: () => Promise<unknown>): Promise<number> {
  const waits: number[] = [];
  let isOver = false;
  let last = performance.now();
  const turn = () => {
    const now = performance.now();
    waits.push(now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isOver = true;
  return waits.sort((a, b) => a - b)[Math.floor(0.99 * waits.length)]!;
}

function compilePeer(root: string): string {
  mkdirSync(join(root, 'build/bench'), { recursive: true });
  const program = join(root, 'build/bench/supervisor');
  const source = join(root, 'bench/supervisor.c');
  const { status, stderr } = spawnSync('gcc', ['-O2', '-Wall', '-Wextra', '-pthread', source, '-o', program], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`bench/supervisor.c does not compile: ${stderr}`);
  return program;
}
