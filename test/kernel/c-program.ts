import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A C program beside the tests, compiled; it is fed on standard input. */
export interface CProgram {
  /** Its standard output as lines. Anything but a clean end is an error with what it said. */
  lines(input: Uint8Array): string[];
  remove(): void;
}

/** Compile `test/kernel/NAME.c` with gcc, which has to be there. */
export function compileC(name: string): CProgram {
  const directory = mkdtempSync(join(tmpdir(), `scmp-${name}-`));
  const executable = join(directory, name);
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-pthread', source, '-o', executable]);
  return {
    lines(input) {
      const { status, signal, stdout, stderr, error } = spawnSync(executable, { input, maxBuffer: 1 << 28 });
      if (error || status !== 0) throw new Error(`${name} ended with ${error ?? signal ?? status}: ${stderr}`);
      return stdout.toString().trimEnd().split('\n');
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
}

/** Little- or big-endian 32-bit words as this machine has them. */
export function hostWords(...words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}
