// Builds the playground into a folder that any static host can serve: node scripts/build-playground.mjs [FOLDER]
// (default: dist/playground). It needs build/libseccomp.wasm.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The profiles to start from are the built-ins, as files: the page shows their text, comments and all. */
const EXAMPLES = {
  'container-default': 'examples/container-default.json',
  'no-network': 'examples/no-network.json',
  'deny-dangerous': 'examples/deny-list.json',
  'no-new-processes': 'src/profile/builtin/no-new-processes.json',
  'read-only-inspection': 'src/profile/builtin/read-only-inspection.json',
  node: 'src/profile/builtin/node.json',
};

export async function buildPlayground(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'examples'), { recursive: true });
  await build({
    absWorkingDir: ROOT,
    // One graph of chunks for the page and its worker; what takes a while to load is asked for when it is needed.
    entryPoints: {
      main: 'src/playground/main.ts',
      worker: 'src/playground/engine/worker.ts',
      style: 'src/playground/styles/main.css',
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'icon.svg']) cpSync(join(ROOT, 'src/playground', name), join(folder, name));
  cpSync(join(ROOT, 'build/libseccomp.wasm'), join(folder, 'libseccomp.wasm'));
  for (const [name, file] of Object.entries(EXAMPLES)) {
    cpSync(join(ROOT, file), join(folder, 'examples', `${name}.json`));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await buildPlayground(process.argv[2] ?? join(ROOT, 'dist/playground'));
}
