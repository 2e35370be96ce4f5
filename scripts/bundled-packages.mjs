// Which npm packages have code in the files that are published: asked of the bundler, part by part.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const INLINE = 'src/inline.ts';

/** What the entries of the package are made of, by the types that package.json has for each. */
const entries = new Set(
  [...JSON.stringify(manifest.exports).matchAll(/dist\/types\/([\w/-]+)\.d\.ts/g)].map(([, path]) => `${path}.ts`),
);

const PARTS = {
  'the library': {
    entryPoints: [...entries].filter((path) => path !== INLINE),
    external: ['zod', 'yaml', 'koffi'],
  },
  inline: { entryPoints: [INLINE], external: ['koffi'] },
  'the command scmp': { entryPoints: ['src/cli/scmp.ts'], external: ['koffi'] },
  'the playground': { entryPoints: ['src/playground/main.ts', 'src/playground/engine/worker.ts'], platform: 'browser' },
};

/** Names of packages, each with the parts that it is in. */
export async function bundledPackages() {
  const found = new Map();
  for (const [part, options] of Object.entries(PARTS)) {
    const { metafile } = await build({
      absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
      bundle: true,
      splitting: true,
      write: false,
      outdir: 'out',
      format: 'esm',
      platform: 'node',
      mainFields: ['module', 'main'],
      loader: { '.wasm': 'binary' },
      metafile: true,
      logLevel: 'error',
      ...options,
    });
    for (const { inputs } of Object.values(metafile.outputs)) {
      for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
        const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
        if (name && bytesInOutput > 0) found.set(name, (found.get(name) ?? new Set()).add(part));
      }
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
