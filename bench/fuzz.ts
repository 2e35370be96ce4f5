// Differential fuzzing of the wasm against native libseccomp: npm run fuzz -- [--count N] [--seed S]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadLibseccompSync } from '../src/libseccomp/index.js';
import { describeDifference, fuzz } from '../test/native/fuzz.js';

const { values } = parseArgs({ options: { count: { type: 'string', default: '5000' }, seed: { type: 'string' } } });
const count = Number(values.count);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run fuzz -- [--count N] [--seed S], both whole numbers');
  process.exit(2);
}

const BATCH = 500;
const wasm = new WebAssembly.Module(readFileSync(join(process.cwd(), 'dist/libseccomp.wasm')));
const load = () => loadLibseccompSync({ wasm });
let differing = 0;
for (let done = 0; done < count; done += BATCH) {
  const differences = fuzz(load, seed + done, Math.min(BATCH, count - done));
  differing += differences.length;
  for (const difference of differences) console.log(`${describeDifference(difference)}\n`);
  if ((done / BATCH) % 10 === 9) console.log(`${done + BATCH} cases, ${differing} differ`);
}
console.log(`${count} cases from seed ${seed}: ${differing} differ`);
process.exitCode = differing === 0 ? 0 : 1;
