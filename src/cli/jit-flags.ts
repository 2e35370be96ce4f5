/**
 * Have V8 leave code as it is, for a command that is over before optimised code pays: at its exit a process waits for what
 * the compiler's threads have begun (a tenth of the whole time of `scmp compile`, a third of its processor time).
 * WebAssembly is optimised all the same where it goes on for long, and of the module that comes with this package what is
 * not called is not validated.
 */
export function setJitFlags(): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  const flags = ['--no-opt', '--no-maglev', '--wasm-tiering-budget=300000000', '--wasm-lazy-validation'];
  for (const flag of flags) setFlagsFromString(flag);
}
