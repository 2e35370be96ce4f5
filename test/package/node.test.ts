import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/version.js';
import { ARCH, InstalledPackage, nodeOf, output, PROFILE, PROGRAM, ROOT } from './installed-package.js';

interface Problem {
  resolutionKind?: string;
}

/** Of every entry what USE needs. */
const NAMES = {
  '': 'compileProfileSync, ScmpError',
  '/bpf': 'decodeProgram, policyTable',
  '/check': 'checkProfile',
  '/compose': 'intersectProfiles',
  '/explain': 'formatPolicy, nameTable',
  '/learn': 'learnProfile, Observations',
  '/libseccomp': 'FilterContext, loadLibseccompSync',
  '/loader': 'installFilter',
  '/minimize': 'minimizeProgram',
  '/profile': 'readProfile',
  '/syscalls': 'syscallSignature',
  '/testing': 'seccompMatchers',
};

/** Every entry is used, and what one makes is given to another. */
const USE = `
const profile = ${JSON.stringify(PROFILE)};
const { program } = compileProfileSync(profile, { arch: '${ARCH}' });
const instructions = decodeProgram(program, 'little').length;
const { pass } = seccompMatchers().toAllow({ program, arches: ['aarch64'] }, 'read');
if (instructions * 8 !== program.length || !pass) throw new Error('the entries do not go together');
const libseccomp = loadLibseccompSync();
const { findings } = checkProfile(readProfile(profile), { libseccomp, targets: ['${ARCH}'] });
const words = formatPolicy(nameTable(policyTable(program, { endianness: 'little' }), libseccomp));
const filter = new FilterContext(libseccomp, { defaultAction: { kind: 'ALLOW' }, architecture: 'aarch64' });
const small = minimizeProgram({ program: filter.exportBpf(), arches: ['aarch64'] }).instructions;
const learned = compileProfileSync(learnProfile(new Observations(), { architecture: 'aarch64' }).profile, { arch: '${ARCH}' });
if (![findings.length, words.includes('openat'), small, learned.program.length, syscallSignature('read')].every(Boolean)) {
  throw new Error('an entry does not do what it is for');
}
try {
  compileProfileSync('{}', { arch: '${ARCH}' });
} catch (error) {
  if (!(error instanceof ScmpError)) throw new Error('one class has become two');
}
if (typeof installFilter !== 'function') throw new Error('no loader');
console.log(Buffer.from(program).toString('base64'));
`;
const eachEntry = (line: (names: string, entry: string) => string) =>
  Object.entries(NAMES)
    .map(([path, names]) => line(names, `libseccomp-wasm${path}`))
    .join('\n');
const ESM = `${eachEntry((names, entry) => `import { ${names} } from '${entry}';`)}${USE}`;
const COMMONJS = `${eachEntry((names, entry) => `const { ${names} } = require('${entry}');`)}${USE}`;
const INLINE = `
import { compileProfile } from 'libseccomp-wasm/inline';
console.log(Buffer.from((await compileProfile(${JSON.stringify(PROFILE)}, { arch: '${ARCH}' })).program).toString('base64'));
`;
const FILES = { 'esm.mjs': ESM, 'commonjs.cjs': COMMONJS, 'inline.mjs': INLINE };

const node = (cwd: string, args: readonly string[], executable = process.execPath) => output(executable, args, cwd);

/** Two inputs in one script: the loader runs a filter of the compiler's, in a process of its own. */
const LOAD = `
import { compileProfileSync } from 'libseccomp-wasm';
import { hostArchitecture, installFilter } from 'libseccomp-wasm/loader';
import { rmdirSync } from 'node:fs';
const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['rmdir', 'unlinkat'], action: 'SCMP_ACT_ERRNO', errnoRet: 95 }] };
installFilter(compileProfileSync(profile, { arch: hostArchitecture() }), { noNewPrivs: true });
try { rmdirSync('/nowhere'); } catch (error) { console.log(error.errno); }
`;

describe('installed', () => {
  let installed: InstalledPackage;
  let project: string;
  beforeAll(async () => {
    installed = await InstalledPackage.install();
    project = installed.project('node', { ...FILES, 'load.mjs': LOAD });
  });
  afterAll(() => installed?.remove());

  it.each(Object.keys(FILES))('compiles from %s', async (file) => {
    expect((await node(project, [file])).trim()).toBe(PROGRAM);
  });

  // As Node 20.16 has it, for which require() of ESM is an error.
  it('needs no ESM where the caller is CommonJS', async () => {
    const flag = process.allowedNodeEnvironmentFlags.has('--no-experimental-require-module');
    const args = flag ? ['--no-experimental-require-module', 'commonjs.cjs'] : ['commonjs.cjs'];
    expect((await node(project, args)).trim()).toBe(PROGRAM);
  });

  it.runIf(process.platform === 'linux')('loads what it compiled', async () => {
    expect((await node(project, ['load.mjs'])).trim()).toBe('-95');
  });

  // That Node is fetched first.
  it.each([['22.23.3'], ['24.21.0']])(
    'runs on Node %s',
    async (version) => {
      const executable = await nodeOf(version);
      if (!executable) return;
      expect((await node(project, ['--version'], executable)).trim()).toBe(`v${version}`);
      for (const file of Object.keys(FILES)) {
        expect((await node(project, [file], executable)).trim(), file).toBe(PROGRAM);
      }
      if (process.platform === 'linux') {
        expect((await node(project, ['load.mjs'], executable)).trim()).toBe('-95');
      }
      const scmp = join(installed.folder, 'node_modules/libseccomp-wasm/dist/scmp.cjs');
      const compiled = [
        scmp,
        'compile',
        `${ROOT}examples/container-default.json`,
        '--arch',
        ARCH,
        '--format',
        'base64',
      ];
      expect((await node(project, compiled, executable)).trim()).toBe(PROGRAM);
    },
    240_000,
  );

  it('has the command, its manual page and its schema', async () => {
    const bin = join(installed.folder, 'node_modules/.bin/scmp');
    expect(await output(bin, ['--version'], project)).toContain(VERSION);
    const contents = readdirSync(join(installed.folder, 'node_modules/libseccomp-wasm/dist'));
    expect(contents).toEqual(expect.arrayContaining(['scmp.1', 'libseccomp.LICENSE.txt', 'libseccomp.SOURCE.txt']));
    const script = `
      import schema from 'libseccomp-wasm/schema.json' with { type: 'json' };
      import { fileURLToPath } from 'node:url';
      import { readFileSync } from 'node:fs';
      const wasm = readFileSync(fileURLToPath(import.meta.resolve('libseccomp-wasm/libseccomp.wasm')));
      console.log(typeof schema.$schema, WebAssembly.validate(wasm));`;
    const { folder } = installed;
    expect((await node(folder, ['--no-warnings', '--input-type=module', '-e', script])).trim()).toBe('string true');
  });

  it('is a package that publint and arethetypeswrong find nothing wrong with', async () => {
    const packed = join(installed.folder, readdirSync(installed.folder).find((name) => name.endsWith('.tgz'))!);
    const bin = `${ROOT}node_modules/.bin`;
    expect(await output(`${bin}/publint`, ['run', packed, '--strict'], ROOT)).toContain('All good!');
    // The wasm is no module, and TypeScript's `node10` knows no `exports`.
    const args = [packed, '--profile', 'node16', '--exclude-entrypoints', 'libseccomp.wasm', '--format', 'json'];
    const { analysis } = JSON.parse(await output(`${bin}/attw`, args, ROOT));
    expect(Object.keys(analysis.entrypoints)).toEqual(expect.arrayContaining(['./inline', './check', './libseccomp']));
    const problems = analysis.problems.filter(({ resolutionKind }: Problem) => resolutionKind !== 'node10');
    expect(problems).toEqual([]);
  }, 240_000);
});

describe('installed without optional dependencies', () => {
  let installed: InstalledPackage;
  beforeAll(async () => {
    installed = await InstalledPackage.install(['--omit=optional']);
  });
  afterAll(() => installed?.remove());

  it('does everything but load', async () => {
    expect(existsSync(join(installed.folder, 'node_modules/koffi'))).toBe(false);
    const project = installed.project('node', { ...FILES, 'load.mjs': LOAD });
    expect((await node(project, ['esm.mjs'])).trim()).toBe(PROGRAM);
    expect((await node(project, ['commonjs.cjs'])).trim()).toBe(PROGRAM);
    // The tracer needs none.
    if (
      process.platform === 'linux' &&
      existsSync(join(installed.folder, 'node_modules/libseccomp-wasm/dist/launcher'))
    ) {
      const scmp = join(installed.folder, 'node_modules/libseccomp-wasm/dist/scmp.cjs');
      expect(await node(project, [scmp, 'record', 'true'])).toContain('"execve"');
    }
    await expect(node(project, ['load.mjs'])).rejects.toThrow(/optional dependency: install it \(npm install koffi\)/);
  });

  it('has types that TypeScript takes in either way of resolving, from either kind of module, without koffi there', async () => {
    const source = `
      import { compileProfileSync, type CompiledFilter } from 'libseccomp-wasm';
      import * as inline from 'libseccomp-wasm/inline';
      import { decodeProgram, type Instruction } from 'libseccomp-wasm/bpf';
      import { type CheckReport, checkProfile } from 'libseccomp-wasm/check';
      import { type NamedPolicy, formatPolicy } from 'libseccomp-wasm/explain';
      import { learnProfile } from 'libseccomp-wasm/learn';
      import { FilterContext, type Libseccomp } from 'libseccomp-wasm/libseccomp';
      import { hostArchitecture, installFilter } from 'libseccomp-wasm/loader';
      import { minimizeProgram } from 'libseccomp-wasm/minimize';
      import { syscallSignature } from 'libseccomp-wasm/syscalls';
      import { seccompMatchers } from 'libseccomp-wasm/testing';
      export const others = [checkProfile, formatPolicy, learnProfile, FilterContext, minimizeProgram, syscallSignature];
      export type Others = [CheckReport, NamedPolicy, Libseccomp];
      const filter: CompiledFilter = compileProfileSync('{}', { arch: hostArchitecture() });
      const same: Promise<inline.CompiledFilter> = inline.compileProfile('{}', { arch: 'x86_64' });
      export const instructions: Instruction[] = decodeProgram(filter.program, 'little');
      export const use = () => [installFilter(filter, { noNewPrivs: true }), seccompMatchers, same];
      // @ts-expect-error an architecture there is none of: the types are real, not any
      compileProfileSync('{}', { arch: 64 });`;
    // skipLibCheck off: the declarations themselves are checked too.
    const options = (module: string, moduleResolution: string) =>
      JSON.stringify({
        compilerOptions: {
          ...{
            module,
            moduleResolution,
            target: 'ES2022',
            strict: true,
            noEmit: true,
            skipLibCheck: false,
            skipDefaultLibCheck: true,
          },
          ...{ lib: ['ES2022', 'ESNext.Disposable', 'DOM'], types: ['node'] },
        },
        include: ['*.mts', '*.cts'],
      });
    // The native compiler, and the last one before it.
    for (const [module, resolution, compiler] of [
      ['Node16', 'Node16', '@typescript/native/bin/tsc'],
      ['ESNext', 'Bundler', 'typescript/bin/tsc6'],
    ] as const) {
      const files: Record<string, string> = { 'esm.mts': source, 'tsconfig.json': options(module, resolution) };
      if (module === 'Node16') files['commonjs.cts'] = source;
      const typescript = installed.project(`typescript-${resolution}`, files);
      expect(await node(typescript, [`${ROOT}node_modules/${compiler}`, '-p', '.'])).toBe('');
    }
  }, 240_000);
});
