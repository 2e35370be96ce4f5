// Bundle src/inline.ts: the library in one file without imports, libseccomp.wasm inside. That takes a plugin, and so is
// no command line.
//
//   node scripts/bundle-inline.mjs OUTPUT
import { build } from 'esbuild';

const [outfile] = process.argv.slice(2);
await build({
  entryPoints: ['src/inline.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  mainFields: ['module', 'main'],
  loader: { '.wasm': 'binary' },
  logLevel: 'warning',
  plugins: [
    {
      name: 'wasm-inside',
      setup({ onLoad }) {
        onLoad({ filter: /\/default-wasm\.ts$/ }, () => ({
          contents: "import bytes from './libseccomp.wasm'; export const defaultWasm = () => bytes;",
        }));
      },
    },
  ],
});
