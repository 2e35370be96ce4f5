import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { compileProfileSync } from '../../src/compiler/index.js';
import { ROOT } from './installed-package.js';

// The library call of an admission decision: for programs it has neither Node's built-ins nor wasm, and it is small.
it('implies of /bpf is a bundle for any place, that needs nothing', async () => {
  const { outputFiles, metafile, warnings } = await build({
    stdin: {
      contents: `import { implies } from './dist/bpf.js'; globalThis.answer = (a, b) => implies(a, b);`,
      resolveDir: ROOT,
    },
    ...{ bundle: true, format: 'iife', platform: 'neutral', minify: true, write: false, metafile: true },
    // The package's files have no side effects; of an installed package esbuild says nothing about that.
    logOverride: { 'ignored-bare-import': 'silent' },
  });
  expect(warnings).toEqual([]);
  const [output] = Object.values(metafile.outputs);
  expect(output?.imports).toEqual([]);
  const inputs = Object.keys(metafile.inputs).filter((name) => (output?.inputs[name]?.bytesInOutput ?? 0) > 0);
  expect(inputs.filter((name) => /node_modules|wasm/.test(name))).toEqual([]);
  const text = outputFiles[0]?.text ?? '';
  expect(/\bWebAssembly\b|\brequire\(|\bprocess\.|\.wasm\b|["'`]node:/.exec(text)).toBeNull();
  expect(text.length / 1000).toBeLessThan(60);

  // A realm with the language alone: no process, no require, no WebAssembly.
  const compile = (names: string[]) =>
    compileProfileSync(
      { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] },
      { arch: 'x86_64' },
    );
  const context = createContext({}, { codeGeneration: { strings: false, wasm: false } });
  runInContext(`delete globalThis.WebAssembly;${text}`, context);
  const asked = (a: object, b: object) =>
    JSON.parse(
      runInContext(
        `var filter = ({ program, arches }) => ({ program: Uint8Array.from(program), arches });
        JSON.stringify(answer(...${JSON.stringify([a, b].map(plain))}.map(filter)), (_, value) => typeof value === 'bigint' ? String(value) : value)`,
        context,
      ),
    );
  const [small, large] = [compile(['read']), compile(['read', 'write'])];
  expect(asked(small, large)).toMatchObject({ holds: true });
  expect(asked(large, small)).toMatchObject({
    holds: false,
    witnesses: [{ architecture: 'x86_64', numbers: [{ from: 1, to: 1 }], a: { kind: 'ALLOW' } }],
  });
});

const plain = (filter: object) => {
  const { program, arches } = filter as { program: Uint8Array; arches: string[] };
  return { program: [...program], arches };
};
