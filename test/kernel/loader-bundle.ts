import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A bundle of the loader and of the tests' own BPF helper, for child processes, which know no TypeScript. */
export interface LoaderBundle {
  readonly directory: string;
  /** file: URLs */
  readonly loader: string;
  readonly bpf: string;
  remove(): void;
}

/** What starts a sandboxed command: launcher/launcher.c, or Node where that was not built. */
export type Launcher = 'native' | 'node';

const launchers = join(root, 'build/launcher');

/** Those that can be tested here. */
export function launchersHere(): Launcher[] {
  if (existsSync(launchers)) return ['native', 'node'];
  if (process.env.CI) throw new Error('there is no native launcher: ./build.sh launcher');
  console.warn('SKIPPED the tests of the native launcher: it was not built (./build.sh launcher)');
  return ['node'];
}

/** Under build/, so that koffi is found as it is from the built package. */
export function buildLoaderBundle(launcher: Launcher = launchersHere()[0]!): LoaderBundle {
  mkdirSync(join(root, 'build'), { recursive: true });
  const directory = mkdtempSync(join(root, 'build', 'test-kernel-'));
  buildSync({
    entryPoints: { loader: join(root, 'native-loader/index.ts'), bpf: join(root, 'test/kernel/bpf.ts') },
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  });
  // What the loader starts by its file name, as the package has it.
  buildSync({
    entryPoints: { 'loader-worker': join(root, 'native-loader/worker.ts') },
    outdir: directory,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    external: ['koffi'],
    logLevel: 'warning',
  });
  if (launcher === 'native') cpSync(launchers, join(directory, 'launcher'), { recursive: true });
  return {
    directory,
    loader: pathToFileURL(join(directory, 'loader.mjs')).href,
    bpf: pathToFileURL(join(directory, 'bpf.mjs')).href,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
