// Round trips of supervised system calls, against a C supervisor of the same shape (supervisor.c), which is compiled here.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type * as loaderModule from '../native-loader/index.js';
import { hostArchitecture } from '../native-loader/index.js';
import { compileProfileSync } from '../src/compiler/index.js';
import type { Libseccomp } from '../src/libseccomp/index.js';
import type { Figure } from './figure.js';
import { median } from './quantile.js';

const CALLS = 20_000;
const ROUNDS = 7;
const THREADS = 50;
const CALLS_EACH = 200;
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

  const run = async (args: string[], options: loaderModule.SupervisorOptions) => {
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    await using sandbox = await loader.spawnSandboxed(program, args, { filter, stdio: [...stdio], ...options });
    return Number(await text(sandbox.stdout!));
  };
  const peer = () => Number(execFileSync(program, ['peer', String(CALLS)], { encoding: 'utf8' }));
  const target = (options: loaderModule.SupervisorOptions) => run(['target', String(CALLS)], options);

  const rounds: { c: number; constant: number; handler: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ c: peer(), constant: await target(constant), handler: await target(handler) });
  }
  const ratio = (of: 'constant' | 'handler', bar: number): Figure => {
    const value = median(rounds.map((round) => round[of] / round.c));
    const what = of === 'constant' ? 'constant answer / C' : 'TypeScript handler / C';
    return { what: `supervised call: ${what}`, value: value.toFixed(2), bar: `at most ${bar}`, holds: value <= bar };
  };
  const time = (of: 'c' | 'constant' | 'handler', what: string): Figure => ({
    what: `supervised call: ${what}`,
    value: `${(median(rounds.map((round) => round[of])) / 1000).toFixed(2)} µs`,
  });

  const expected = THREADS * CALLS_EACH;
  const threads = ['threads', String(THREADS), String(CALLS_EACH)];
  const answered = Math.min(await run(threads, constant), await run(threads, handler));
  return [
    time('c', 'C supervisor'),
    time('constant', 'constant answer'),
    time('handler', 'TypeScript handler'),
    ratio('constant', 3),
    ratio('handler', 6),
    {
      what: `supervised calls of ${THREADS} threads that were answered`,
      value: `${answered} of ${expected}`,
      bar: 'all',
      holds: answered === expected,
    },
  ];
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
