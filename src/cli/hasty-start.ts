/**
 * Have V8 leave code as it is, for a command that is over before optimised code pays: at its exit a process waits for what
 * the compiler's threads have begun (a tenth of the whole time of `scmp compile`, a third of its processor time).
 * WebAssembly is optimised all the same where it goes on for long.
 */
export function startHastily(): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  for (const flag of ['--no-opt', '--no-maglev', '--wasm-tiering-budget=300000000']) setFlagsFromString(flag);
}
