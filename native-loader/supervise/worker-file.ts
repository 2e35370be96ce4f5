import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UnsupportedHostError } from '../../src/errors.js';

/**
 * The path of `loader-worker.js`, beside this file in the built package.
 *
 * @throws {UnsupportedHostError} when a bundler left it behind
 */
export function workerFile(): string {
  const path = fileURLToPath(new URL('./loader-worker.js', import.meta.url));
  if (existsSync(path)) return path;
  throw new UnsupportedHostError(
    `${path} is missing, which the loader starts threads and sandboxes from: keep libseccomp-wasm out of your bundle (external), or copy its dist/loader-worker.js and chunks beside it`,
  );
}
