// Builds the playground into a folder that any static host can serve: node scripts/build-playground.mjs [FOLDER]
// (default: dist/playground). It needs build/libseccomp.wasm.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What imports the built-in profiles. */
const BUILTINS = 'src/profile/builtin/index.ts';

export async function buildPlayground(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'examples'), { recursive: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    // One graph of chunks for the page and its worker; what takes a while to load is asked for when it is needed.
    entryPoints: {
      main: 'src/playground/main.ts',
      worker: 'src/playground/engine/worker.ts',
      style: 'src/playground/styles/main.css',
      later: 'src/playground/styles/later.css',
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
    metafile: true,
  });
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/playground/service-worker.ts'],
    outdir: folder,
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'icon.svg']) cpSync(join(ROOT, 'src/playground', name), join(folder, name));
  cpSync(join(ROOT, 'build/libseccomp.wasm'), join(folder, 'libseccomp.wasm'));
  cpSync(join(ROOT, 'docs/glossary.md'), join(folder, 'glossary.md'));
  // The profiles to start from are the built-ins, as files: the page shows their text, comments and all.
  const profiles = metafile.inputs[BUILTINS].imports.filter(({ path }) => path.endsWith('.json'));
  for (const { path } of profiles) cpSync(join(ROOT, path), join(folder, 'examples', basename(path)));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await buildPlayground(process.argv[2] ?? join(ROOT, 'dist/playground'));
}
