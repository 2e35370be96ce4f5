// Differential fuzzing. The wasm is compared with native libseccomp, and whole profiles with an evaluator that shares
// no code with the compiler. Real files with one damage each are read: refused in our words, or weaker only where the damage
// stands (test/profile/formats/mutations.ts). The rest covers the programs of libseccomp and of the minimiser; the minimiser's
// are also loaded on this kernel and called. Usage: npm run fuzz -- [--count N] [--profiles N] [--minimized N] [--programs N]
// [--loaded N] [--triples N] [--damaged N] [--seed S]. A case is its seed: with 0 of the others `--profiles 1 --seed S`; of
// programs, which are also minimised and simulated before and after, a batch is.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadLibseccompSync } from '../src/libseccomp/index.js';
import { compareRandomPrograms } from '../test/bpf/minimize/random-programs.js';
import { checkRandomTriples } from '../test/compose/random-algebra.js';
import { describeDifference, fuzz } from '../test/native/fuzz.js';
import { compareMinimizedProfiles } from '../test/oracle/random-minimized.js';
import { compareRandomProfiles } from '../test/oracle/random-profiles.js';
import { FOLDERS, readDamagedFiles, realFiles } from '../test/profile/formats/damaged-files.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    profiles: { type: 'string', default: '20000' },
    minimized: { type: 'string', default: '20000' },
    programs: { type: 'string', default: '20000' },
    loaded: { type: 'string', default: '1000' },
    triples: { type: 'string', default: '20000' },
    damaged: { type: 'string', default: '20000' },
    seed: { type: 'string' },
  },
});
const counts = [
  values.count,
  values.profiles,
  values.minimized,
  values.programs,
  values.loaded,
  values.triples,
  values.damaged,
].map(Number);
const [count = 0, profiles = 0, minimized = 0, programs = 0, loaded = 0, triples = 0, damaged = 0] = counts;
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
if (!counts.every((each) => Number.isSafeInteger(each) && each >= 0) || !Number.isSafeInteger(seed)) {
  console.error(
    'usage: npm run fuzz -- [--count N] [--profiles N] [--minimized N] [--programs N] [--loaded N] [--triples N] [--damaged N] [--seed S], all whole numbers',
  );
  process.exit(2);
}

const BATCH = 500;
const wasm = new WebAssembly.Module(readFileSync(join(process.cwd(), 'dist/libseccomp.wasm')));
const load = () => loadLibseccompSync({ wasm });

/** Run in batches, telling what differs at once; returns how many do. */
function runBatches(what: string, total: number, run: (first: number, count: number) => string[]): number {
  let differing = 0;
  for (let done = 0; done < total; done += BATCH) {
    const differences = run(seed + done, Math.min(BATCH, total - done));
    differing += differences.length;
    for (const difference of differences) console.log(`${difference}\n`);
    if ((done / BATCH) % 10 === 9) console.log(`${done + BATCH} ${what}, ${differing} differ`);
  }
  console.log(`${total} ${what} from seed ${seed}: ${differing} differ`);
  return differing;
}

const cases = runBatches('cases', count, (first, some) => fuzz(load, first, some).map(describeDifference));
const decided = runBatches('profiles', profiles, (first, some) => {
  return [...compareRandomProfiles(load(), first, some).differences];
});
const small = runBatches('profiles, minimised', minimized, (first, some) => {
  return [...compareMinimizedProfiles(load(), first, some).differences];
});
const simulated = runBatches('programs, minimised', programs, (first, some) => {
  return compareRandomPrograms(first, some).differences.map((each) =>
    JSON.stringify(each, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
  );
});
const composed = runBatches(
  'triples, composed',
  triples,
  (first, some) => checkRandomTriples(load(), first, some).problems,
);
const files = damaged > 0 ? realFiles(FOLDERS) : [];
const faults = runBatches(
  'real files with one damage',
  damaged,
  (first, some) => readDamagedFiles(load(), files, first, some).faults,
);
const failed = loaded > 0 && !passesOnKernel(loaded);
process.exitCode = cases + decided + small + simulated + composed + faults === 0 && !failed ? 0 : 1;

/** The suite's own test of it, of more programs. */
function passesOnKernel(programs: number): boolean {
  const test = ['run', 'test/kernel/simulate.test.ts', '-t', 'minimised', '--test-timeout=600000'];
  const env = { ...process.env, FUZZ_LOADED: String(programs) };
  return spawnSync('node_modules/.bin/vitest', test, { stdio: 'inherit', env }).status === 0;
}
