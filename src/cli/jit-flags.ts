/**
 * Keep V8 from optimising code, for a command that ends before that pays. At its exit a process waits for the
 * compiler's threads: a tenth of the whole time of `scmp compile`, a third of its processor time. WebAssembly that runs
 * for long is still optimised, and functions of our module that are not called are not validated.
 */
export function setJitFlags(): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  const flags = ['--no-opt', '--no-maglev', '--wasm-tiering-budget=300000000', '--wasm-lazy-validation'];
  for (const flag of flags) setFlagsFromString(flag);
}
