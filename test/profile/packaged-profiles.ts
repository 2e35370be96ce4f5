import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A default profile as the distribution packages it; fetched by `./build.sh --test`. */
export function packagedProfile(name: 'podman' | 'moby'): Uint8Array {
  const path = fileURLToPath(new URL(`../../build/test-inputs/${name}-default.json`, import.meta.url));
  if (!existsSync(path)) throw new Error(`${path} is missing: run ./build.sh --test (npm test does)`);
  return readFileSync(path);
}
