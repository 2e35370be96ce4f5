// Builds the playground into a folder that any static host can serve: node scripts/build-playground.mjs [FOLDER]
// (default: dist/playground). It needs build/libseccomp.wasm.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What imports the built-in profiles. */
const BUILTINS = 'src/profile/builtin/index.ts';

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
};

/**
 * The scripts of the page or of its worker: one file with all that it starts with, and one for each thing that is loaded
 * when it is asked for. esbuild alone would cut the first into a file for each set of things that share a module: some
 * fifty requests before the first verdict.
 */
async function buildScripts(folder, entry) {
  const name = basename(entry, '.ts');
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    entryPoints: [entry],
    // Chunks of the page and of its worker are not the same, though they may have the same content.
    entryNames: '[name]',
    chunkNames: name === 'main' ? '[name]-[hash]' : `${name}-[name]-[hash]`,
    outdir: folder,
    splitting: true,
    write: false,
    metafile: true,
  });
  const outputs = new Map(
    Object.entries(metafile.outputs).map(([path, output]) => [
      basename(path),
      { ...output, text: outputFiles.find((file) => basename(file.path) === basename(path)).text },
    ]),
  );
  const importsOf = (chunk, kind) =>
    outputs.get(chunk).imports.flatMap((each) => (each.kind === kind ? [basename(each.path)] : []));
  const start = `${name}.js`;
  const first = new Set([start]);
  for (const chunk of first) for (const other of importsOf(chunk, 'import-statement')) first.add(other);
  const later = [...outputs.keys()].filter((chunk) => !first.has(chunk));

  /** What of the first file the others use: under a name with the chunk's, which nobody else has. */
  const shared = [...first].filter((chunk) =>
    later.some((each) => importsOf(each, 'import-statement').includes(chunk)),
  );
  const renamed = (chunk) =>
    outputs.get(chunk).exports.map((own) => [own, `_${chunk.replace(/^.*-(\w+)\.js$/, '$1')}_${own}`]);
  const exportFrom = (chunk, names) => `export { ${names.join(', ')} } from "./${chunk}";`;

  const bundle = (contents, load) =>
    build({
      ...OPTIONS,
      stdin: { contents, resolveDir: folder, sourcefile: start },
      write: false,
      plugins: [
        {
          name: 'chunks',
          setup(building) {
            building.onResolve({ filter: /^\.\// }, ({ path }) => {
              const chunk = basename(path);
              const isInside = load(chunk) !== undefined;
              return isInside ? { path: chunk, namespace: 'chunk' } : { path, external: true };
            });
            building.onLoad({ filter: /./, namespace: 'chunk' }, ({ path }) => ({
              contents: load(path),
              resolveDir: folder,
            }));
          },
        },
      ],
    });
  const write = ({ outputFiles: [file] }, path) => writeFileSync(join(folder, path), file.contents);

  const reexports = shared.map((chunk) =>
    exportFrom(
      chunk,
      renamed(chunk).map(([own, outer]) => `${own} as ${outer}`),
    ),
  );
  const all = [`import "./${start}";`, ...reexports].join('\n');
  write(await bundle(all, (chunk) => (first.has(chunk) ? outputs.get(chunk).text : undefined)), start);
  for (const chunk of later) {
    const shim = (wanted) =>
      shared.includes(wanted)
        ? exportFrom(
            start,
            renamed(wanted).map(([own, outer]) => `${outer} as ${own}`),
          )
        : undefined;
    write(await bundle(outputs.get(chunk).text, shim), chunk);
  }
  return metafile;
}

export async function buildPlayground(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'examples'), { recursive: true });
  await buildScripts(folder, 'src/playground/main.ts');
  const metafile = await buildScripts(folder, 'src/playground/engine/worker.ts');
  await build({
    ...OPTIONS,
    entryPoints: { style: 'src/playground/styles/main.css', later: 'src/playground/styles/later.css' },
    outdir: folder,
  });
  await build({
    ...OPTIONS,
    entryPoints: ['src/playground/service-worker.ts'],
    outdir: folder,
    format: 'iife',
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
