// Differential fuzzing: the wasm against native libseccomp, and whole profiles against an evaluator that shares no code with
// the compiler: npm run fuzz -- [--count N] [--profiles N] [--seed S]. A case is its seed: `--count 0 --profiles 1 --seed S`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadLibseccompSync } from '../src/libseccomp/index.js';
import { describeDifference, fuzz } from '../test/native/fuzz.js';
import { compareRandomProfiles } from '../test/oracle/random-profiles.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    profiles: { type: 'string', default: '20000' },
    seed: { type: 'string' },
  },
});
const [count, profiles] = [Number(values.count), Number(values.profiles)];
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
if (![count, profiles].every((each) => Number.isSafeInteger(each) && each >= 0) || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run fuzz -- [--count N] [--profiles N] [--seed S], all whole numbers');
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
process.exitCode = cases + decided === 0 ? 0 : 1;
