// For start.ts, which is to load nothing else.

/**
 * For a command that ends before optimised code pays. At its exit a process waits for the compiler's threads: a tenth of
 * the whole time of `scmp compile`, a third of its processor time. WebAssembly that runs for long is still optimised, and
 * functions of our module that are not called are not validated. What is called often gets the quick compiler's code at
 * once, not in batches. That is a twentieth of the instructions of `scmp compile` on Node 24. To wake helpers for the little
 * garbage that there is costs as much again. The space for new objects does not grow: memory that is used again is cheaper
 * than memory that the kernel has to give.
 */
const BRIEF_FLAGS = [
  '--no-opt',
  '--no-maglev',
  '--no-baseline-batch-compilation',
  '--no-parallel-scavenge',
  '--semi-space-growth-factor=1',
  '--wasm-tiering-budget=300000000',
  '--wasm-lazy-validation',
];

/** V8 11 (Node 20 and 21) optimises what has executed 66 kB of bytecode, and WebAssembly as early. */
const LONG_ON_V8_11 = ['--interrupt-budget=1000000', '--wasm-tiering-budget=13000000'];

/**
 * V8 12 and 13 (Node 22 to 24) count calls of a function instead. These are about twenty times what they wait for by
 * themselves.
 */
const LONG_ON_V8_12 = [
  '--invocation-count-for-maglev=10000',
  '--invocation-count-for-maglev-osr=1000',
  '--invocation-count-for-turbofan=50000',
  '--invocation-count-for-osr=5000',
  '--no-baseline-batch-compilation',
  '--wasm-tiering-budget=100000000',
  '--wasm-lazy-validation',
];

/**
 * For the other commands, by V8's version: it optimises later. Little of what it does early pays before `scmp check` or
 * `scmp diff` of usual profiles has ended. It was a third of their processor time on Node 20, and a fifth on Node 24.
 * Versions that are not here keep their own measure, since V8 complains of a flag that it does not have.
 */
const LONG_FLAGS: Readonly<Record<string, readonly string[]>> = {
  11: LONG_ON_V8_11,
  12: LONG_ON_V8_12,
  13: LONG_ON_V8_12,
};

/** Say what V8 is to optimise. `isBrief`: the command is over before optimised code pays. */
export function setJitFlags(isBrief: boolean): void {
  const [version = ''] = process.versions.v8.split('.');
  const chosen = isBrief ? BRIEF_FLAGS : (LONG_FLAGS[version] ?? []);
  if (chosen.length === 0) return;
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  for (const flag of chosen) setFlagsFromString(flag);
}
