import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatAction } from '../../src/action.js';
import { compareDecisions } from '../../src/bpf/index.js';
import { isOnPath } from '../on-path.js';

/** The program that owns a language; said loudly where it is missing, and an error in CI. */
export function hasOwner(command: string, debianPackage: string): boolean {
  const isThere = process.arch === 'x64' && isOnPath(command);
  if (isThere) return true;
  const what = `${command} is missing (package ${debianPackage})`;
  if (process.env.CI && process.arch === 'x64') throw new Error(`${what}: ./build.sh --test installs it`);
  console.warn(`SKIPPED: ${what}`);
  return false;
}

/** A folder for a test file. */
export function scratchFolder(name: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `scmp-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A library to preload, made of a C file beside the tests. */
export function compileShared(source: string, folder: string): string {
  const output = join(folder, `${source}.so`);
  const file = fileURLToPath(new URL(source, import.meta.url));
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', file, '-o', output, '-ldl']);
  return output;
}

/** What two programs decide differently, one text for each change of a call; empty where every call is decided alike. */
export function differences(ours: Uint8Array, theirs: Uint8Array): string[] {
  const given = (bytes: Uint8Array) => ({ program: bytes, arches: ['x86_64' as const] });
  const { architectures } = compareDecisions(given(ours), given(theirs));
  return architectures.flatMap(({ architecture, calls }) =>
    calls.flatMap(({ numbers, changes }) =>
      changes.map(({ from, to }) => {
        const where = numbers.map((range) => `${range.from}-${range.to}`).join(' ');
        return `${architecture ?? 'others'} ${where}: ${formatAction(from)}, theirs ${formatAction(to)}`;
      }),
    ),
  );
}

export const readProgram = (path: string): Uint8Array => new Uint8Array(readFileSync(path));

/** mulberry32: small, seeded, the same numbers everywhere. */
export function seeded(seed: number): { below(limit: number): number; of<T>(items: readonly T[]): T } {
  let state = seed;
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * limit);
  };
  return { below, of: (items) => items[below(items.length)]! };
}
