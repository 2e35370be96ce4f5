import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A default profile as the distribution packages it; fetched by `./build.sh --test`. */
export function packagedProfile(name: 'podman' | 'moby'): Uint8Array {
  const path = fileURLToPath(new URL(`../../build/test-inputs/${name}-default.json`, import.meta.url));
  if (!existsSync(path)) throw new Error(`${path} is missing: run ./build.sh --test (npm test does)`);
  return readFileSync(path);
}

/**
 * Docker's default of the version in src/profile/builtin/docker.lock; fetched by `./build.sh --test`. Undefined where the
 * mirror has no such version any more.
 */
export function publishedDockerProfile(): Uint8Array | undefined {
  const path = fileURLToPath(new URL('../../build/test-inputs/docker-default.json', import.meta.url));
  if (existsSync(path)) return readFileSync(path);
  if (process.env.CI) throw new Error(`${path} is missing: take a newer version into src/profile/builtin/docker.lock`);
  console.warn(`SKIPPED: ${path} is missing: run ./build.sh testinputs`);
  return undefined;
}
