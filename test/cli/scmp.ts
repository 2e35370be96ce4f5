import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SCMP = `${ROOT}dist/scmp.cjs`;

/** V8 without helpers of its own: what they do at once in a short run costs more than it saves, and others want the processors. */
const ONE_THREAD = '--v8-pool-size=0';

/** What the one who runs the tests prefers is not what they are about. */
const { FORCE_COLOR: _, NO_COLOR: __, COLUMNS: ___, ...PLAIN } = process.env;

export interface ScmpResult {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: string;
}

/** Run the built command as a user would. A hang is a failure: it is killed after 50 seconds. */
export function scmp(
  args: readonly string[],
  options: { input?: string | Uint8Array; cwd?: string; env?: NodeJS.ProcessEnv } = {},
): ScmpResult {
  if (!existsSync(SCMP)) throw new Error('dist/scmp.cjs is missing: run ./build.sh (npm test does)');
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [ONE_THREAD, SCMP, ...args], {
    cwd: ROOT,
    timeout: 50_000,
    ...options,
    env: { ...PLAIN, ...options.env },
    input: options.input ?? '',
  });
  return { status, signal, stdout, stderr: stderr.toString() };
}
