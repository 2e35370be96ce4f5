import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXPORT_NAMES } from '../../src/libseccomp/exports.js';

/** What the linker exports beyond wasm/exports, each with its use; anything else would be a surprise. */
const LINKER_EXPORTS = [
  'memory',
  // constructors of a module without main (wasm-ld --no-entry)
  '_initialize',
  // for callers of function pointers and of exceptions, of which we have none (emscripten's standalone mode)
  '__indirect_function_table',
  '__errno_location',
  'stackAlloc',
  'stackRestore',
  'stackSave',
];

const root = new URL('../../', import.meta.url);
const listed = (path: string) =>
  readFileSync(new URL(path, root), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
const module = new WebAssembly.Module(readFileSync(new URL('src/libseccomp/libseccomp.wasm', root)));

describe('the module', () => {
  it('asks of its host exactly what wasm/imports lists', () => {
    const imports = WebAssembly.Module.imports(module);
    expect(imports.map((entry) => `${entry.module}.${entry.name}`).sort()).toEqual(listed('wasm/imports').sort());
    expect(new Set(imports.map(({ kind }) => kind))).toEqual(new Set(['function']));
  });

  it('exports exactly what wasm/exports lists and the linker adds', () => {
    const exports = WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(exports.sort()).toEqual([...listed('wasm/exports'), ...LINKER_EXPORTS].sort());
  });

  it('exports what the binding declares, and the binding declares all that wasm/exports lists', () => {
    expect([...EXPORT_NAMES].sort()).toEqual([...listed('wasm/exports'), 'memory', '_initialize'].sort());
  });

  it('is the file that build.sh built, with no name of the machine it was built on', () => {
    const bytes = readFileSync(new URL('src/libseccomp/libseccomp.wasm', root));
    expect(bytes.equals(readFileSync(new URL('build/libseccomp.wasm', root)))).toBe(true);
    // assert(3) prints __FILE__: a relative path is fine, an absolute one would make the build irreproducible
    expect(bytes.toString('latin1')).not.toMatch(/\/(home|root|tmp|usr|work|build)\//);
  });
});
