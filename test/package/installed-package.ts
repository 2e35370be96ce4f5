import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compileProfileSync } from '../../src/index.js';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const run = promisify(execFile);

/** What every consumer compiles, and the program it has to come to. That our own is libseccomp's is tested elsewhere. */
export const PROFILE = JSON.parse(readFileSync(`${ROOT}examples/container-default.json`, 'utf8')) as object;
export const ARCH = 'arm64';
export const PROGRAM = Buffer.from(compileProfileSync(PROFILE, { arch: ARCH }).program).toString('base64');

/** Run a program to its end; what it wrote to stdout. Its stderr is in the error of one that fails. */
export async function output(command: string, args: readonly string[], cwd: string): Promise<string> {
  // npm's own variables (of `npm test`) would reach the npm that is started here.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS$)/.test(name)));
  try {
    return (await run(command, args, { cwd, env, maxBuffer: 1 << 26, timeout: 120_000 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}

const NPM_QUIET = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline', '--no-package-lock'];

/** The package as it is published. */
async function pack(): Promise<{ filename: string; bytes: Buffer }> {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-pack-'));
  try {
    const report = await output('npm', ['pack', ROOT, '--json', '--ignore-scripts', '--loglevel=error'], folder);
    const [{ filename }] = JSON.parse(report) as [{ filename: string }];
    return { filename, bytes: readFileSync(join(folder, filename)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
let packed: ReturnType<typeof pack> | undefined;

/** The published package as a file in a folder: its path. */
export async function packInto(folder: string): Promise<string> {
  packed ??= pack();
  const { filename, bytes } = await packed;
  writeFileSync(join(folder, filename), bytes);
  return join(folder, filename);
}

/** Projects of users: folders below one that this package was packed for and installed into, as `npm install` does. */
export class InstalledPackage {
  private constructor(readonly folder: string) {}

  static async install(options: readonly string[] = []): Promise<InstalledPackage> {
    if (!existsSync(`${ROOT}dist/index.js`)) throw new Error('dist/ is missing: run ./build.sh (npm test does)');
    const folder = mkdtempSync(join(tmpdir(), 'scmp-package-'));
    const tarball = await packInto(folder);
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    await output('npm', ['install', ...NPM_QUIET, ...options, tarball], folder);
    // Node's types, which a TypeScript project for Node has.
    mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
    cpSync(`${ROOT}node_modules/@types/node`, join(folder, 'node_modules/@types/node'), { recursive: true });
    cpSync(`${ROOT}node_modules/undici-types`, join(folder, 'node_modules/undici-types'), { recursive: true });
    return new InstalledPackage(folder);
  }

  /** A project with these files. */
  project(name: string, files: Readonly<Record<string, string>>): string {
    const project = join(this.folder, name);
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(project, file)), { recursive: true });
      writeFileSync(join(project, file), text);
    }
    return project;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The executable of a version of Node.js, from npm's package of it for this machine; undefined as for `tool`. */
export async function nodeOf(version: string): Promise<string | undefined> {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = await tool(name, version);
  return folder && join(folder, 'node_modules', name, 'bin/node');
}

/**
 * The folder of a tool that only these tests use, kept below build/ from one run to the next. Undefined where it can not
 * be fetched; in CI that is an error.
 */
export async function tool(name: string, version: string): Promise<string | undefined> {
  const folder = `${ROOT}build/package-tools/${name}-${version}`;
  mkdirSync(dirname(folder), { recursive: true });
  // Two test files want the same at once, and to fetch it is most of their work: one does, the other waits for it.
  const fetching = `${folder}.fetching`;
  for (const end = Date.now() + 60_000; Date.now() < end; await setTimeout(100)) {
    if (existsSync(folder)) return folder;
    try {
      mkdirSync(fetching);
      break;
    } catch {
      // Where the other was stopped in the middle, its folder stays: then this one fetches after all.
    }
  }
  const fresh = mkdtempSync(`${folder}.`);
  try {
    writeFileSync(join(fresh, 'package.json'), '{ "private": true }\n');
    await output('npm', ['install', ...NPM_QUIET, `${name}@${version}`], fresh);
    renameSync(fresh, folder);
    return folder;
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (existsSync(folder)) return folder; // another test was faster
    if (process.env.CI) throw error;
    console.warn(`SKIPPED: the tests with ${name} ${version}, which cannot be installed here`);
    return undefined;
  } finally {
    rmSync(fetching, { recursive: true, force: true });
  }
}
