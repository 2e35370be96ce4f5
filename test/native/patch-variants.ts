import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Patch {
  number: number;
  file: string;
  /** The first release that has it; none has where this is undefined. */
  appliedUpstream: string | undefined;
}

/** wasm/patches. */
export const PATCHES: readonly Patch[] = readdirSync(path('wasm/patches'))
  .sort()
  .map((name) => {
    const file = path(`wasm/patches/${name}`);
    const appliedUpstream = /^Applied-Upstream: ([\d.]+)/m.exec(readFileSync(file, 'utf8'))?.[1];
    return { number: Number.parseInt(name, 10), file, appliedUpstream };
  });

/** Those that a release needs; build.sh chooses in the same way. */
export function neededPatches(release: string): Patch[] {
  const isOlder = (other: string) => release.localeCompare(other, 'en', { numeric: true }) < 0;
  return PATCHES.filter(({ appliedUpstream }) => appliedUpstream === undefined || isOlder(appliedUpstream));
}

/** What a lock file says: wasm/libseccomp.lock, or the one of the second oracle. */
export function readLock(name: 'libseccomp' | 'libseccomp-second'): ReadonlyMap<string, string> {
  const text = readFileSync(path(`wasm/${name}.lock`), 'utf8');
  return new Map([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value]));
}

/** Those of build/source, by number. */
export const APPLIED: ReadonlyMap<number, Patch> = new Map(
  neededPatches(readLock('libseccomp').get('version') ?? '').map((patch) => [patch.number, patch]),
);

/** The C programs linked with libseccomp; each says in its head what it is for. */
const PROGRAMS = {
  oracle: path('test/native/oracle.c'),
  internals: path('test/native/internals.c'),
};

export interface Variant {
  /** The numbers of the patches to leave out; all are applied without it. */
  without?: readonly number[] | undefined;
  /** With AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer. What is undefined is reported on standard error alone. */
  sanitize?: boolean;
  /** With a count of the basic blocks of gen_bpf.c that run, on standard error (count-blocks.c). */
  count?: boolean;
}

/** What build.sh makes of the table, src/syscalls.csv, and how. */
const PERF = 'build/source/src/syscalls.perf.c';
const MAKE_PERF =
  './arch-gperf-generate syscalls.csv syscalls.perf.template && gperf -m 100 --null-strings --pic -tCEG -T -S1 syscalls.perf >syscalls.perf.c';

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

/** libseccomp alone, for programs that other tests write: its archive, and the folder of its header. */
export function buildLibrary(variant: Variant = {}): { library: string; include: string } {
  const { source, objects, base } = compile([], variant);
  const library = join(CACHE, `libseccomp-${digest(base, ...objects)}.a`);
  make(library, (output) => run('ar', ['rcs', output, ...objects]));
  return { library, include: join(source, 'include') };
}

function link(name: string, programs: readonly string[], variant: Variant): string {
  const { objects, base } = compile(programs, variant);
  const executable = join(CACHE, `${name}-${digest(base, ...objects)}`);
  const flags = variant.sanitize ? SANITIZERS : [];
  make(executable, (output) => run(COMPILER, [...flags, ...objects, '-o', output, '-lpthread']));
  return executable;
}

/** The objects of libseccomp and of programs, the source they are of, and the digest of what all depend on. */
function compile(programs: readonly string[], variant: Variant) {
  const { without = [], sanitize = false, count = false } = variant;
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
  return { source, objects, base };
}

/** The source files that a program takes in whole, for their static functions: they are not linked with it again. */
function includedSources(program: string): string[] {
  return [...readFileSync(program, 'utf8').matchAll(/^#include "(\w+\.c)"$/gm)].map(([, name]) => name as string);
}

/** The folder of libseccomp's source with all patches but some. */
function unpack(without: readonly number[]): string {
  const absent = without.filter((number) => !APPLIED.has(number));
  if (absent.length > 0) throw new Error(`build/source has no patch ${absent}`);
  const applied = [...APPLIED.values()];
  const patches = applied.filter(({ number }) => !without.includes(number)).map(({ file }) => file);
  const folder = join(
    CACHE,
    `source-${digest(tarballDigest(), ...[...patches, path(PERF)].map((file) => readFileSync(file)))}`,
  );
  make(folder, (output) => {
    // build/source has all patches
    for (const part of ['src', 'include'])
      cpSync(path(`build/source/${part}`), join(output, part), { recursive: true });
    copyFileSync(path('build/native/configure.h'), join(output, 'configure.h'));
    const left = applied.filter(({ number }) => without.includes(number)).reverse();
    for (const { file } of left) run('patch', ['-R', '-d', output, '-p1', '-s', '--no-backup-if-mismatch', '-i', file]);
    if (left.some(({ file }) => readFileSync(file, 'utf8').includes('\n--- a/src/syscalls.csv')))
      run('sh', ['-c', `cd "$0" && ${MAKE_PERF}`, join(output, 'src')]);
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
  const name = readLock('libseccomp').get('file');
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
