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

/**
 * Modules that every start imports, and that compiling a right profile does not use. Each is a chunk of its own, which is
 * loaded when something of it is asked for first.
 */
const LATER = [
  'node_modules/jsonc-parser/lib/esm/impl/edit.js',
  'node_modules/jsonc-parser/lib/esm/impl/format.js',
  'node_modules/jsonc-parser/lib/esm/impl/parser.js',
  'node_modules/jsonc-parser/lib/esm/impl/scanner.js',
  'node_modules/jsonc-parser/lib/esm/impl/string-intern.js',
  'node_modules/jsonc-parser/lib/esm/main.js',
  'src/bpf/assembly/sources/c.ts',
  'src/bpf/decisions/call-ranges.ts',
  'src/bpf/decisions/witness.ts',
  'src/bpf/execution/simulate.ts',
  'src/cli/examples.ts',
  'src/cli/usage-error.ts',
  'src/compiler/enosys-stub.ts',
  'src/compiler/miscompiled.ts',
  'src/compiler/newer-calls-stub.ts',
  'src/compiler/rule-conflict.ts',
  'src/profile/model/schema-issues.ts',
  'src/syscalls/first-linux.ts',
  'src/syscalls/nearest-syscall.ts',
  'src/syscalls/signature.ts',
  'src/syscalls/signatures.ts',
];

// Two bundlers: the one reads TypeScript and CommonJS, the other makes chunks of CommonJS and knows which go together.
const [command, compile] = ['src/cli/scmp.ts', 'src/cli/commands/compile.ts'];
const { outputFiles, metafile } = await build({
  entryPoints: [command, compile, ...LATER],
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

/** Where another module shares the chunk, all of it is needed at once. */
function isLater(output) {
  const modules = Object.entries(metafile.outputs[output]?.inputs ?? {}).flatMap(([module, { bytesInOutput }]) =>
    bytesInOutput > 0 ? [module] : [],
  );
  return modules.length > 0 && modules.every((module) => LATER.includes(module));
}

/** A chunk and, from its import statements, all that has to be there with it. */
function together(output, found = new Set()) {
  if (found.has(output) || isLater(output)) return found;
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

const later = new Set(
  Object.keys(metafile.outputs)
    .filter(isLater)
    .map((path) => resolve(path)),
);

/** In the code of the start: a module's names, which is loaded when the first of them is asked for. */
const ASKED_FOR = `function later(load,names){const module={};for(const name of names)Object.defineProperty(module,name,{configurable:true,get(){const all=load();for(const each of names)Object.defineProperty(module,each,{value:all[each]});return all[name]}});return module}`;

/**
 * What the start exports, hundreds of names for the other chunks, is put together when one of them is loaded, and what it
 * imports is loaded when it is used: neither is work for a command that needs none of it.
 */
const onDemand = {
  name: 'on-demand',
  renderChunk(code, chunk, _, { chunks }) {
    const isStart = chunk.isEntry;
    const start = Object.values(chunks).find(({ isEntry }) => isEntry).fileName;
    const isLaterChunk = (name) => chunks[name]?.moduleIds.some((id) => later.has(id));
    const required = code.replace(/require\('\.\/([^']+)'\)/g, (call, name) => {
      if (name === start) return `${call}.all()`;
      if (!isStart || !isLaterChunk(name)) return call;
      return `later(()=>${call},${JSON.stringify(chunk.importedBindings[name])})`;
    });
    if (!isStart) return required;
    const [exports] = /(?:exports\.[\w$]+=[\w$]+;)+$/.exec(required) ?? [''];
    const own = required.slice(0, required.length - exports.length);
    // A name that is assigned again would keep its first value.
    if (exports === '' || /\bexports\.[\w$]+=(?!=)/.test(own)) this.error('a name of the start is assigned again');
    const names = exports.slice(0, -1).replaceAll('exports.', '').replaceAll('=', ':').replaceAll(';', ',');
    return `${own}${ASKED_FOR}let all;exports.all=()=>all??={${names}};`;
  },
};

const bundle = await rollup({
  input: entry,
  external: (id) => id === 'koffi' || id.startsWith('node:'),
  onwarn(warning) {
    // What is loaded later imports from what is loaded first.
    if (warning.code !== 'CIRCULAR_CHUNK') throw new Error(`${warning.code}: ${warning.message}`);
  },
  plugins: [
    {
      name: 'of-esbuild',
      resolveId: (id, importer) => {
        const path = importer ? resolve(importer, '..', id) : id;
        return chunks.has(path) ? path : undefined;
      },
      // A module that is loaded later has no effects of its own: where no name of it is used, it is not needed.
      load: (id) =>
        chunks
          .get(id)
          ?.replace(/import"(\.[^"]+)";/g, (bare, path) => (later.has(resolve(id, '..', path)) ? '' : bare)),
    },
    onDemand,
  ],
});
const { output } = await bundle.write({
  dir: directory,
  format: 'cjs',
  exports: 'named',
  dynamicImportInCjs: false,
  hashCharacters: 'hex',
  compact: true,
  // src/cli/compile-cache.ts: only the code is wanted.
  intro: 'if(require.main?.isOnlyCompiling)return;',
  generatedCode: 'es2015',
  hoistTransitiveImports: false,
  entryFileNames: 'scmp-command-[hash].cjs',
  chunkFileNames: ({ name }) => `scmp-${basename(name).replace(/-[A-Z0-9]{8}$/, '')}-[hash].cjs`,
  manualChunks: (id) => (start.has(id) ? 'scmp' : later.has(id) ? basename(id, '.js') : undefined),
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
