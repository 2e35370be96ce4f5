import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** wasm/patches as files by number. */
export const PATCHES: ReadonlyMap<number, string> = new Map(
  readdirSync(path('wasm/patches'))
    .sort()
    .map((name) => [Number.parseInt(name, 10), path(`wasm/patches/${name}`)]),
);

/** The C programs linked with libseccomp; each says in its head what it is for. */
const PROGRAMS = {
  oracle: path('test/native/oracle.c'),
  internals: path('test/native/internals.c'),
};

export interface Variant {
  /** The number of the patch to leave out; all are applied without it. */
  without?: number | undefined;
  /** With AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer. What is undefined is reported on standard error alone. */
  sanitize?: boolean;
  /** With a count of the basic blocks of gen_bpf.c that run, on standard error (count-blocks.c). */
  count?: boolean;
}

/** The patch of src/syscalls.csv, and what build.sh makes of it. */
const TABLE_PATCH = 8;
const PERF = 'build/source/src/syscalls.perf.c';

const CACHE = path('build/patch-variants');
const COMPILER = 'gcc';
const FLAGS = ['-g', '-O0']; // far more is compiled than run
const COUNTER = '-fsanitize-coverage=trace-pc';
const SANITIZERS = ['-fsanitize=address,undefined'];

/**
 * Build a program with native libseccomp of a choice of patches and return its path. Objects are kept by the content they
 * are made from, so that a variant costs its own few files and a second run nothing.
 */
export function buildVariant(program: keyof typeof PROGRAMS, variant: Variant = {}): string {
  const counter = variant.count ? [path('test/native/count-blocks.c')] : [];
  return link(program, [path('wasm/host.c'), PROGRAMS[program], ...counter], variant);
}

/** The same of one of upstream's own test programs (`01-sim-allow`), with upstream's own notion of this machine. */
export function buildUpstreamTest(name: string, variant: Variant = {}): string {
  return link(
    name,
    ['util', name].map((file) => path(`build/source/tests/${file}.c`)),
    variant,
  );
}

function link(name: string, programs: readonly string[], variant: Variant): string {
  const { without, sanitize = false, count = false } = variant;
  const source = unpack(without);
  const flags = [...FLAGS, ...(sanitize ? SANITIZERS : []), ...['', 'include', 'src'].map((d) => `-I${source}/${d}`)];
  const files = [source, `${source}/include`, `${source}/src`].flatMap((d) =>
    readdirSync(d).map((file) => join(d, file)),
  );
  const headers = files.filter((file) => file.endsWith('.h')).map((file) => readFileSync(file));
  const base = digest(compilerVersion(), FLAGS.join(), sanitize ? SANITIZERS.join() : '', ...headers);
  const included = new Set(programs.flatMap(includedSources));
  const library = files.filter(
    (file) => file.endsWith('.c') && basename(file) !== 'arch-syscall-dump.c' && !included.has(basename(file)),
  );
  const objects = [...library, ...programs].map((file) => {
    const of = includedSources(file).length > 0 ? source : '';
    const counter = count && basename(file) === 'gen_bpf.c' ? [COUNTER] : [];
    const object = join(CACHE, `${digest(base, of, ...counter, readFileSync(file))}.o`);
    make(object, (output) => run(COMPILER, [...flags, ...counter, '-c', file, '-o', output]));
    return object;
  });
  const executable = join(CACHE, `${name}-${digest(base, ...objects)}`);
  make(executable, (output) => run(COMPILER, [...(sanitize ? SANITIZERS : []), ...objects, '-o', output, '-lpthread']));
  return executable;
}

/** The source files that a program takes in whole, for their static functions: they are not linked with it again. */
function includedSources(program: string): string[] {
  return [...readFileSync(program, 'utf8').matchAll(/^#include "(\w+\.c)"$/gm)].map(([, name]) => name as string);
}

/** The folder of libseccomp's source with all patches but one. */
function unpack(without: number | undefined): string {
  const patches = [...PATCHES].filter(([number]) => number !== without).map(([, file]) => file);
  if (without !== undefined && !PATCHES.has(without)) throw new Error(`there is no patch ${without}`);
  const folder = join(
    CACHE,
    `source-${digest(tarballDigest(), ...[...patches, path(PERF)].map((file) => readFileSync(file)))}`,
  );
  make(folder, (output) => {
    // build/source has all patches
    for (const part of ['src', 'include'])
      cpSync(path(`build/source/${part}`), join(output, part), { recursive: true });
    copyFileSync(path('build/native/configure.h'), join(output, 'configure.h'));
    if (without === undefined) return;
    run('patch', ['-R', '-d', output, '-p1', '-s', '--no-backup-if-mismatch', '-i', PATCHES.get(without) as string]);
    // The lookup code is made from the table by gperf, and shipped made from the table that the release has.
    const perf = `${basename(tarball(), '.tar.gz')}/src/syscalls.perf.c`;
    if (without === TABLE_PATCH) run('tar', ['-xzf', tarball(), '-C', output, '--strip-components=1', perf]);
  });
  return folder;
}

/** Make `output` unless it is there. Written elsewhere and moved, so that two test files may want the same at once. */
function make(output: string, write: (temporary: string) => void): void {
  if (existsSync(output)) return;
  mkdirSync(CACHE, { recursive: true });
  const temporary = `${output}.${process.pid}`;
  rmSync(temporary, { recursive: true, force: true });
  write(temporary);
  try {
    renameSync(temporary, output);
  } catch (error) {
    if (!existsSync(output)) throw error;
    rmSync(temporary, { recursive: true });
  }
}

function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const compilerVersion = once(() => run(COMPILER, ['--version']));

const tarball = once(() => {
  const name = /^file=(.*)$/m.exec(readFileSync(path('wasm/libseccomp.lock'), 'utf8'))?.[1];
  const file = path(`build/${name}`);
  if (!existsSync(file) || !existsSync(path('build/native/configure.h'))) {
    throw new Error(`build/${name} or build/native is missing: run ./build.sh --native (npm test does)`);
  }
  return file;
});

const tarballDigest = once(() => digest(readFileSync(tarball())));

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function digest(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(createHash('sha256').update(part).digest());
  return hash.digest('hex').slice(0, 24);
}

function path(name: string): string {
  return fileURLToPath(new URL(`../../${name}`, import.meta.url));
}
