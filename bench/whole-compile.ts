import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CompileProfileOptions } from '../src/compiler/index.js';
import type { Libseccomp } from '../src/libseccomp/index.js';
import type { Figure } from './figure.js';
import { quantile } from './quantile.js';

// What users wait for, as a whole: reading, planning, libseccomp, the proof; in the library, warm, and in commands from start to
// end. With BENCH_BASE, the folder of another build, each stands beside that build's, in turns of one run.

const SMALL = JSON.stringify({
  defaultAction: 'SCMP_ACT_ERRNO',
  syscalls: [
    { names: ['read', 'write', 'close', 'exit_group', 'futex', 'mmap'], action: 'SCMP_ACT_ALLOW' },
    { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 0, op: 'SCMP_CMP_EQ' }] },
  ],
});

/** What is used of a build: `dist/inline.js` has all names, in whichever entries they are. */
interface Build {
  compileProfileSync(profile: string | Uint8Array, options: CompileProfileOptions): unknown;
  readProfile(profile: string | Uint8Array): unknown;
  loadLibseccompSync(options: { wasm: Uint8Array }): Libseccomp;
}

type Run = () => unknown;

/** In milliseconds of processor time, which other processes disturb less than the clock. */
function processorTime(run: Run): number {
  const { user, system } = process.cpuUsage();
  run();
  const after = process.cpuUsage();
  return (after.user + after.system - user - system) / 1000;
}

async function libraryRuns(root: string): Promise<Map<string, Run>> {
  const build: Build = await import(pathToFileURL(join(root, 'dist/inline.js')).href);
  const wasm = readFileSync(join(root, 'dist/libseccomp.wasm'));
  const libseccomp = build.loadLibseccompSync({ wasm });
  const podman = readFileSync(join(process.cwd(), 'build/test-inputs/podman-default.json'));
  const compile = (profile: string | Uint8Array, options: Partial<CompileProfileOptions> = {}) =>
    build.compileProfileSync(profile, { arch: 'x86_64', libseccomp, ...options });
  const times = (count: number, run: Run) => () => {
    for (let i = 0; i < count; i++) run();
  };
  return new Map<string, Run>([
    ["compileProfile of Podman's text, proven", () => compile(podman)],
    ['the same as runc compiles it', () => compile(podman, { runtime: 'runc' })],
    ['the same with verify: false', () => compile(podman, { verify: false })],
    ['compileProfile of seven calls, 20 times', times(20, () => compile(SMALL))],
    ["readProfile of Podman's text", () => build.readProfile(podman)],
  ]);
}

function commandRuns(root: string): Map<string, Run> {
  const [podman, moby] = ['podman', 'moby'].map((name) =>
    join(process.cwd(), `build/test-inputs/${name}-default.json`),
  ) as [string, string];
  const command = (...args: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    // 1 is an answer
    if (status !== 0 && status !== 1) throw new Error(`${args.join(' ')}: exit ${status}: ${stderr}`);
  };
  const scmp = (...args: string[]) => command(join(root, 'dist/scmp.cjs'), ...args);
  const x8664 = ['--arch', 'x86_64'];
  const capability = ['--cap', 'SYS_ADMIN'];
  return new Map<string, Run>([
    ['node -e 0', () => command('-e', '0')],
    ['scmp check', () => scmp('check', podman, ...capability)],
    ['scmp check without --cap', () => scmp('check', podman)],
    ['scmp explain', () => scmp('explain', podman, ...x8664, ...capability)],
    ['scmp explain without --cap', () => scmp('explain', podman, ...x8664)],
    ['scmp diff', () => scmp('diff', podman, moby, ...x8664, ...capability)],
    ['scmp diff without --cap', () => scmp('diff', podman, moby, ...x8664)],
  ]);
}

/** Each in turn, and the other build's: milliseconds of both. */
function inTurns(own: Run, other: Run | undefined, rounds: number, measure: (run: Run) => number) {
  const [times, others]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    if (other && round % 2 === 0) others.push(measure(other));
    times.push(measure(own));
    if (other && round % 2 === 1) others.push(measure(other));
  }
  return { times, others };
}

export async function wholeCompileFigures(root: string): Promise<Figure[]> {
  const base = process.env.BENCH_BASE;
  const against = (times: readonly number[], others: readonly number[]) =>
    others.length === 0
      ? ''
      : `, ${(quantile(times, 0.5) / quantile(others, 0.5)).toFixed(2)} of ${base} (${(quantile(times, 0.1) / quantile(others, 0.1)).toFixed(2)} of the tenth percentiles)`;

  const [own, other] = [await libraryRuns(root), base ? await libraryRuns(base) : undefined];
  const library = [...own].map(([what, run]): Figure => {
    const there = other?.get(what);
    inTurns(run, there, 30, processorTime);
    const { times, others } = inTurns(run, there, 60, processorTime);
    return {
      what: `${what}: processor time, warm`,
      value: `${quantile(times, 0.5).toFixed(2)} ms${against(times, others)}`,
    };
  });

  const clock = (run: Run) => {
    const begin = process.hrtime.bigint();
    run();
    return Number(process.hrtime.bigint() - begin) / 1e6;
  };
  const [commands, theirs] = [commandRuns(root), base ? commandRuns(base) : undefined];
  const nothing = commands.get('node -e 0') as Run;
  const started = [...commands].slice(1).map(([what, run]): Figure => {
    inTurns(run, theirs?.get(what), 2, clock);
    const { times, others } = inTurns(run, theirs?.get(what), 11, clock);
    const empty = Array.from({ length: 11 }, () => clock(nothing));
    const ratio = quantile(times, 0.5) / quantile(empty, 0.5);
    return { what: `${what}: start to end, of node -e 0`, value: `${ratio.toFixed(2)}${against(times, others)}` };
  });
  return [...library, ...started];
}
