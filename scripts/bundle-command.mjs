// Bundle src/cli/scmp.ts, the command: everything in it but koffi, which is native and optional.
//
// Made for its start, which is most of the time of `scmp compile`. CommonJS, since Node.js starts its loader of ES modules
// only when it meets one. What every command needs and what `compile` needs is one file, the rest a chunk a subcommand, so
// that each reads few files and no more than it uses.
//
//   node scripts/bundle-command.mjs DIRECTORY
import { basename, resolve } from 'node:path';
import { build } from 'esbuild';
import { rollup } from 'rollup';

const [directory] = process.argv.slice(2);

/** commander can start other programs as its subcommands. There are none, and this module of Node.js takes 5 ms to load. */
const noSubprograms = {
  name: 'no-subprograms',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/node_modules/commander/') ? { path: 'none', namespace: 'no-subprograms' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'no-subprograms' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** Tables for writing JSON, 5,000 spaces and line breaks, that jsonc-parser makes as soon as it is loaded; it only reads here. */
const noTables = {
  name: 'no-tables',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /\/string-intern$/ }, async ({ path, pluginData, ...where }) =>
      pluginData === noTables
        ? undefined
        : { ...(await resolve(path, { ...where, pluginData: noTables })), sideEffects: false },
    );
  },
};

// Two bundlers: the one reads TypeScript and CommonJS, the other makes chunks of CommonJS and knows which go together.
const [command, compile] = ['src/cli/scmp.ts', 'src/cli/commands/compile.ts'];
const { outputFiles, metafile } = await build({
  entryPoints: [command, compile],
  outdir: 'out',
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  external: ['koffi'],
  metafile: true,
  logLevel: 'warning',
  plugins: [noSubprograms, noTables],
});
const chunks = new Map(outputFiles.map(({ path, text }) => [path, text]));

/** A chunk and, from its import statements, all that has to be there with it. */
function together(output, found = new Set()) {
  if (found.has(output)) return found;
  found.add(output);
  for (const { path, kind } of metafile.outputs[output]?.imports ?? []) {
    if (kind === 'import-statement') together(path, found);
  }
  return found;
}

/** The chunk of an entry point; esbuild names it by the folder that all have in common. */
function outputOf(source) {
  const [output] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === source);
  return output;
}

const entry = resolve(outputOf(command));
const start = new Set(
  [command, compile].flatMap((source) => [...together(outputOf(source))]).map((path) => resolve(path)),
);
const bundle = await rollup({
  input: entry,
  external: (id) => id === 'koffi' || id.startsWith('node:'),
  onwarn(warning) {
    throw new Error(warning.message);
  },
  plugins: [
    {
      name: 'of-esbuild',
      resolveId: (id, importer) => {
        const path = importer ? resolve(importer, '..', id) : id;
        return chunks.has(path) ? path : undefined;
      },
      load: (id) => chunks.get(id),
    },
  ],
});
const { output } = await bundle.write({
  dir: directory,
  format: 'cjs',
  exports: 'named',
  dynamicImportInCjs: false,
  hashCharacters: 'hex',
  compact: true,
  generatedCode: 'es2015',
  entryFileNames: 'scmp-command-[hash].cjs',
  chunkFileNames: ({ name }) => `scmp-${basename(name).replace(/-[A-Z0-9]{8}$/, '')}-[hash].cjs`,
  manualChunks: (id) => (start.has(id) ? 'scmp' : undefined),
});

// What users run, which loads it.
await build({
  entryPoints: { scmp: 'src/cli/start.ts' },
  outdir: directory,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'es2022',
  minify: true,
  define: { COMMAND_FILE: JSON.stringify(output[0].fileName) },
  logLevel: 'warning',
});
