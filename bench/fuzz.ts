// Differential fuzzing. The wasm is compared with native libseccomp, and whole profiles with an evaluator that shares
// no code with the compiler. Real files with one damage each are read: refused in our words, or weaker only where the damage
// stands (test/profile/formats/mutations.ts). Documents that are open in the language server are edited, and its findings compared
// with those of `scmp check` of the text. The rest covers the programs of libseccomp and of the minimiser; the minimiser's
// are also loaded on this kernel and called. The suite's property tests run with as many other seeds as `--properties` says.
// Usage: npm run fuzz -- [--count N] [--profiles N] [--minimized N] [--programs N] [--loaded N] [--triples N] [--damaged N]
// [--edited N] [--properties N] [--seed S]. A case is its seed: with 0 of the others `--profiles 1 --seed S`; of programs, which are also
// minimised and simulated before and after, a batch is.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadLibseccompSync } from '../src/libseccomp/index.js';
import { compareRandomPrograms } from '../test/bpf/minimize/random-programs.js';
import { Client } from '../test/cli/lsp/client.js';
import { compareRandomEdits, SETTINGS } from '../test/cli/lsp/random-edits.js';
import { checkRandomTriples } from '../test/compose/random-algebra.js';
import { describeDifference, fuzz } from '../test/native/fuzz.js';
import { compareMinimizedProfiles } from '../test/oracle/random-minimized.js';
import { compareRandomProfiles } from '../test/oracle/random-profiles.js';
import { FOLDERS, readDamagedFiles, realFiles } from '../test/profile/formats/damaged-files.js';

const CASES = {
  count: 5000,
  profiles: 20_000,
  minimized: 20_000,
  programs: 20_000,
  loaded: 1000,
  triples: 20_000,
  damaged: 20_000,
  edited: 2000,
  properties: 10,
};
const NAMES = Object.keys(CASES) as (keyof typeof CASES)[];

const { values } = parseArgs({
  options: Object.fromEntries([...NAMES, 'seed'].map((name) => [name, { type: 'string' as const }])),
});
const numberOf = (name: string, otherwise: number) => Number(values[name] ?? otherwise);
const counts = Object.fromEntries(NAMES.map((name) => [name, numberOf(name, CASES[name])])) as typeof CASES;
const seed = numberOf('seed', Math.floor(Math.random() * 2 ** 31));
if (![seed, ...Object.values(counts)].every((each) => Number.isSafeInteger(each) && each >= 0)) {
  const options = NAMES.map((name) => `[--${name} N]`).join(' ');
  console.error(`usage: npm run fuzz -- ${options} [--seed S], all whole numbers`);
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

/** The suite's own test of it, of more programs. */
const ON_KERNEL = ['test/kernel/simulate.test.ts', '-t', 'minimised', '--test-timeout=600000'];

/** The files whose tests draw their cases. */
const propertyTests = () =>
  readdirSync('test', { recursive: true, encoding: 'utf8' })
    .map((name) => join('test', name))
    .filter((name) => name.endsWith('.test.ts') && readFileSync(name, 'utf8').includes('/fast-check.js'));

const passes = (tests: readonly string[], asked: Record<string, string>): boolean =>
  spawnSync('node_modules/.bin/vitest', ['run', ...tests], { stdio: 'inherit', env: { ...process.env, ...asked } })
    .status === 0;

const cases = runBatches('cases', counts.count, (first, some) => fuzz(load, first, some).map(describeDifference));
const decided = runBatches('profiles', counts.profiles, (first, some) => {
  return [...compareRandomProfiles(load(), first, some).differences];
});
const small = runBatches('profiles, minimised', counts.minimized, (first, some) => {
  return [...compareMinimizedProfiles(load(), first, some).differences];
});
const simulated = runBatches('programs, minimised', counts.programs, (first, some) => {
  return compareRandomPrograms(first, some).differences.map((each) =>
    JSON.stringify(each, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
  );
});
const composed = runBatches(
  'triples, composed',
  counts.triples,
  (first, some) => checkRandomTriples(load(), first, some).problems,
);
const files = counts.damaged > 0 ? realFiles(FOLDERS) : [];
const faults = runBatches(
  'real files with one damage',
  counts.damaged,
  (first, some) => readDamagedFiles(load(), files, first, some).faults,
);
const edited = await runEdits(counts.edited);
const fails = [
  ...(counts.loaded > 0 ? [!passes(ON_KERNEL, { FUZZ_LOADED: String(counts.loaded) })] : []),
  ...Array.from(
    { length: counts.properties },
    (_, more) => !passes(propertyTests(), { FUZZ_SEED: String(seed + more) }),
  ),
];
process.exitCode =
  cases + decided + small + simulated + composed + faults + edited === 0 && !fails.includes(true) ? 0 : 1;

/** Documents of one server, edited and compared in batches; returns how many differ. */
async function runEdits(total: number): Promise<number> {
  if (total === 0) return 0;
  const folder = mkdtempSync(join(tmpdir(), 'scmp-edits-'));
  const client = await Client.start({ settings: SETTINGS, command: join(process.cwd(), 'dist/scmp.cjs') });
  let differing = 0;
  for (let done = 0; done < total; done += BATCH) {
    const differences = await compareRandomEdits(client, folder, seed + done, Math.min(BATCH, total - done));
    differing += differences.length;
    for (const difference of differences) console.log(`${difference}\n`);
  }
  await client.stop();
  rmSync(folder, { recursive: true });
  console.log(`${total} edited documents from seed ${seed}: ${differing} differ`);
  return differing;
}
