// For start.ts, which is to load nothing else.

/**
 * For a command that ends before optimised code pays. At its exit a process waits for the compiler's threads: a tenth of
 * the whole time of `scmp compile`, a third of its processor time. WebAssembly that runs for long is still optimised, and
 * functions of our module that are not called are not validated. What is called often gets the quick compiler's code at
 * once, not in batches. That is a twentieth of the instructions of `scmp compile` on Node 24.
 */
const BRIEF_FLAGS = [
  '--no-opt',
  '--no-maglev',
  '--no-baseline-batch-compilation',
  '--wasm-tiering-budget=300000000',
  '--wasm-lazy-validation',
];

/**
 * For the other commands on V8 11 (Node 20 and 21). It optimises what has executed 66 kB of bytecode, and WebAssembly as
 * early. Little of that pays: it was a third of the processor time of `scmp check`. Later versions wait for longer.
 */
const LONG_ON_V8_11 = ['--interrupt-budget=1000000', '--wasm-tiering-budget=13000000'];

/** Say what V8 is to optimise. `isBrief`: the command is over before optimised code pays. */
export function setJitFlags(isBrief: boolean): void {
  const waitsLong = Number(process.versions.v8.split('.')[0]) >= 12;
  const chosen = isBrief ? BRIEF_FLAGS : waitsLong ? [] : LONG_ON_V8_11;
  if (chosen.length === 0) return;
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  for (const flag of chosen) setFlagsFromString(flag);
}
