import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostArchitecture } from '../../native-loader/index.js';
import { INSTALL_FLAGS } from '../../native-loader/libc/seccomp-abi.js';
import { decodeFailure, LAUNCH_STEPS } from '../../native-loader/run/launch-protocol.js';
import { encodeRequest, type LaunchRequest } from '../../native-loader/run/launch-request.js';
import type { ArchitectureName } from '../../src/architecture.js';
import { parseArchitecture } from '../../src/architecture.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { isOnPath } from '../on-path.js';
import { allowAll, allowOnly, answer, assemble, EPERM, errno, exit42Executable, KILL_PROCESS, ret } from './bpf.js';
import { EMULATORS } from './emulators.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = join(ROOT, 'native-loader/launcher');
const SOURCE = readFileSync(join(SOURCES, 'launcher.c'), 'utf8');
const LINUX = readFileSync(join(SOURCES, 'linux.h'), 'utf8');
const BUILT = join(ROOT, 'build/launcher');
const { SECCOMP_FILTER_FLAG_NEW_LISTENER: LISTENER, SECCOMP_FILTER_FLAG_TSYNC: TSYNC } = INSTALL_FLAGS;
const { EINVAL, ENOENT, ENOSYS } = constants.errno;

const linux = process.platform === 'linux';
const isBuilt = linux && existsSync(BUILT);
const hasClang = linux && ['clang-19', 'clang'].some(isOnPath);
const lacking = [
  ...(isBuilt ? [] : ['the launchers (./build.sh launcher)']),
  ...(hasClang ? [] : ['clang']),
  ...EMULATORS.filter(([arch, qemu]) => !isOnPath(qemu) || !existsSync(join(BUILT, `launcher-linux-${arch}`))).map(
    ([arch]) => `the launcher of ${arch} and its qemu`,
  ),
];
if (lacking.length > 0) {
  if (linux && process.env.CI) throw new Error(`there is no ${lacking.join(', no ')}`);
  console.warn(`SKIPPED tests of the native launcher: there is no ${lacking.join(', no ')}`);
}

const endianness = parseArchitecture(hostArchitecture()).endianness;
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'launcher-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const request = (
  file: string,
  program: Uint8Array = allowAll(),
  { flags = 0, argv = [file], environment = [] }: Partial<LaunchRequest & { flags: number }> = {},
) => encodeRequest({ installation: { program, flags, listener: false, noNewPrivs: true }, file, argv, environment });

/** Run a launcher with a request as spawnSandboxed does; what it answered, and how it ended. */
async function launch(
  bytes: Uint8Array,
  command = [join(BUILT, `launcher-linux-${hostArchitecture()}`)],
  number = '3',
) {
  const path = join(directory, 'request');
  writeFileSync(path, bytes);
  const child: ChildProcess = spawn(command[0]!, [...command.slice(1), number], {
    stdio: ['ignore', 'pipe', 'pipe', openSync(path, 'r'), 'pipe', 'pipe'],
    env: { IGNORED: 'by the launcher' },
  });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  const [stdout, stderr, answered, exit] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    buffer(child.stdio[4] as Readable),
    ended,
  ]);
  return { stdout, stderr, answered, exit };
}

/** The bytes of a failure, after those before it. */
const failure = (started: '' | '!', step: keyof typeof LAUNCH_STEPS, errno: number) =>
  Buffer.concat([Buffer.from(started), new Uint8Array(Uint32Array.of(LAUNCH_STEPS[step], errno).buffer)]);

describe.skipIf(!isBuilt)('the native launcher', () => {
  it('executes the file with the arguments and the environment of the request, and no more', async () => {
    const file = '/bin/sh';
    const argv = ['name', '-c', 'echo "$0|$1|$2"; env; ls /proc/self/fd', 'zero', '', 'ä'];
    const environment = ['PATH=/bin:/usr/bin', 'ONE=eins=1'];
    const { stdout, stderr, answered, exit } = await launch(request(file, allowAll(), { argv, environment }));
    expect({ stderr, answered, exit }).toEqual({ stderr: '', answered: Buffer.from('!'), exit: 0 });
    const [words, ...rest] = stdout.trim().split('\n');
    expect(words).toBe('zero||ä');
    expect(rest.filter((line) => line.includes('=') && !/^(PWD|SHLVL|_|OLDPWD)=/.test(line)).sort()).toEqual(
      [...environment].sort(),
    );
    // 5 is the listener's socket, which a request without a listener leaves alone.
    expect(rest.filter((line) => /^[34]$/.test(line))).toEqual(['3']); // of ls itself
  });

  it.each([
    ['no argument', []],
    ['two', ['3', '4']],
    ['no number', ['3x']],
    ['a number past all descriptors', ['12345678']],
    ['a standard stream', ['2']],
  ])('says what it is when it is started with %s', (_, args) => {
    const { status, stdout, stderr } = spawnSync(join(BUILT, `launcher-linux-${hostArchitecture()}`), args, {
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 126,
      stdout: '',
      stderr: 'launcher: spawnSandboxed of libseccomp-wasm starts this program\n',
    });
  });

  const good = () => request('/bin/echo', allowAll(), { argv: ['echo', 'executed'] });
  const changed = (index: number, value: number) => {
    const bytes = good();
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(4 * index, value, endianness === 'little');
    return bytes;
  };
  it.each([
    ['nothing', () => new Uint8Array(0)],
    ['half a header', () => good().subarray(0, 14)],
    ['a header alone', () => good().subarray(0, 28)],
    ['the last byte missing', () => good().subarray(0, -1)],
    ['another magic number', () => changed(0, 1)],
    ['a size of nothing', () => changed(1, 0)],
    ['a size that cuts a string', () => changed(1, good().length - 1)],
    ['a size that cuts the program', () => changed(1, 30)],
    ['a size of 4 GB', () => changed(1, 0xffffffff)],
    ['TSYNC', () => changed(2, TSYNC)],
    ['an unknown flag', () => changed(2, 1 << 20)],
    ['no_new_privs: 2', () => changed(3, 2)],
    ['no instruction', () => changed(4, 0)],
    ['4097 instructions', () => changed(4, 4097)],
    ['instructions past the end', () => changed(4, 4000)],
    ['no argument', () => changed(5, 0)],
    ['more arguments than strings', () => changed(5, 3)],
    ['4 billion arguments', () => changed(5, 0xffffffff)],
    ['fewer strings than there are', () => changed(5, 1)],
    ['more variables than strings', () => changed(6, 1)],
    ['4 billion variables', () => changed(6, 0xffffffff)],
  ])('refuses a request with %s', async (_, bytes) => {
    const { stdout, answered, exit } = await launch(bytes());
    expect({ stdout, answered, exit }).toEqual({ stdout: '', answered: failure('', 'request', EINVAL), exit: 126 });
  });

  it('executes nothing when the kernel refuses the filter', async () => {
    const invalid = assemble([0x94, 0, 0, 7], ret(0x7fff0000));
    const { stdout, answered, exit } = await launch(request('/bin/echo', invalid, { argv: ['echo', 'executed'] }));
    expect({ stdout, answered, exit }).toEqual({ stdout: '', answered: failure('!', 'install', EINVAL), exit: 126 });
  });

  it('needs nothing of the filter but execve', async () => {
    const file = join(directory, 'exit42');
    writeFileSync(file, exit42Executable());
    chmodSync(file, 0o755);
    const filter = allowOnly(['execve', 'exit_group'], KILL_PROCESS);
    for (let round = 0; round < 10; round++) {
      expect(await launch(request(file, filter))).toMatchObject({ exit: 42, answered: Buffer.from('!') });
    }
  });

  it('reports a failed execve whatever the filter forbids', async () => {
    const filter = allowOnly(['execve'], KILL_PROCESS);
    expect(await launch(request('/does/not/exist', filter))).toMatchObject({
      exit: 127,
      answered: failure('!', 'execute', ENOENT),
    });
    expect(await launch(request('/bin/true', answer('execve', errno(EPERM))))).toMatchObject({ exit: 126 });
  });

  it.each([
    ['the process', KILL_PROCESS],
    ['the thread', 0],
  ])('ends by SIGSYS when the filter kills %s at execve', async (_, action) => {
    expect(await launch(request('/bin/true', answer('execve', action)))).toMatchObject({
      exit: 'SIGSYS',
      answered: Buffer.from('!'),
    });
  });
});

describe('linux.h', () => {
  // Each #if of an architecture is followed by its numbers.
  const blocks = [...LINUX.matchAll(/^#(?:el)?if (defined.*)\n(?:\/\/.*\n)?enum \{([^}]*)\}/gm)];
  const conditions: readonly (readonly [RegExp, readonly ArchitectureName[]])[] = [
    [/__x86_64__/, ['x86_64']],
    [/__aarch64__/, ['aarch64', 'riscv64', 'loongarch64']],
    [/__arm__/, ['arm']],
    [/__powerpc64__/, ['ppc64le']],
    [/__s390x__/, ['s390x']],
  ];

  it.each(conditions)('has the numbers of %s', (condition, architectures) => {
    const libseccomp = loadLibseccompSync();
    const [, , text] = blocks.find(([, found]) => condition.test(found!)) ?? [];
    const numbers = [...text!.matchAll(/(\w+) = (\d+)(?: \/\* (\w+) \*\/)?/g)];
    expect(numbers.length).toBe(architectures.includes('x86_64') ? 34 : 30);
    for (const arch of architectures) {
      for (const [, name, number, exact] of numbers) {
        const resolved = libseccomp.resolveSyscallName(exact ?? name!.toLowerCase(), arch);
        // Where there is socketcall(2) too, libseccomp has a number of its own for both; qemu below takes the kernel's.
        if (resolved !== undefined && resolved < 0) expect(name).toBe('SENDMSG');
        else expect(resolved, `${name} of ${arch}`).toBe(Number(number));
      }
    }
  });

  it('is, with what lies beside it, all that the programs include', () => {
    const included: Readonly<Record<string, string[]>> = {
      'launcher.c': ['linux.h', 'launch.h'],
      'tracer.c': ['linux.h', 'launch.h', 'seen-filter.h'],
    };
    for (const name of readdirSync(SOURCES)) {
      const found = readFileSync(join(SOURCES, name), 'utf8').matchAll(/#\s*include "(\S+)"|#\s*include (\S+)/g);
      expect([...found].map(([, file]) => file)).toEqual(included[name] ?? []);
    }
    expect(blocks).toHaveLength(conditions.length);
  });
});

/** A tree with build.sh and a launcher's source in it, and what it makes. */
function build(name: string, source = SOURCE): string {
  const tree = join(directory, name);
  mkdirSync(join(tree, 'native-loader/launcher'), { recursive: true });
  for (const path of ['build.sh', 'wasm', 'native-loader/launcher']) {
    cpSync(join(ROOT, path), join(tree, path), { recursive: true });
  }
  writeFileSync(join(tree, 'native-loader/launcher/launcher.c'), source);
  execFileSync('./build.sh', ['launcher'], { cwd: tree, stdio: 'pipe' });
  return join(tree, 'build/launcher');
}

const contents = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));

describe.skipIf(!isBuilt || !hasClang)('./build.sh launcher', () => {
  it('makes the same bytes in any folder, of a few kilobytes', () => {
    const built = contents(BUILT);
    expect(contents(build('one'))).toEqual(built);
    expect(contents(build('a folder of another length'))).toEqual(built);
    for (const name of readdirSync(BUILT).filter((name) => name.includes('-linux-'))) {
      expect(readFileSync(join(BUILT, name)).length).toBeLessThan(name.startsWith('launcher') ? 4608 : 13_312);
    }
  });
});

// qemu-user refuses seccomp(2) with ENOSYS. So the launcher as it is runs up to there, and one in which another call stands
// for it (fcntl(2), which duplicates a descriptor as the listener) runs to its end.
describe.skipIf(lacking.length > 0)('a launcher under qemu-user', () => {
  const CALL = 'call(SECCOMP, SECCOMP_SET_MODE_FILTER, launch.request.flags, &filter)';
  let others: string;
  beforeAll(() => {
    expect(SOURCE).toContain(CALL);
    others = build('others', SOURCE.replace(CALL, 'call(FCNTL, 1, 0 /* F_DUPFD */, 10 + (long)(filter.length * 0))'));
  });

  /** The request in the byte order of the architecture. */
  const requestFor = (arch: ArchitectureName, flags = 0) => {
    const bytes = Buffer.from(
      request('/bin/sh', allowAll(), { argv: ['sh', '-c', 'echo "$ONE"; exit 7'], flags, environment: ['ONE=1'] }),
    );
    if (parseArchitecture(arch).endianness !== endianness) bytes.subarray(0, 28).swap32();
    return bytes;
  };

  it.each(EMULATORS)('%s: fails at seccomp(2), and executes nothing', async (arch, qemu) => {
    for (const flags of [0, LISTENER]) {
      const command = [qemu, join(BUILT, `launcher-linux-${arch}`)];
      const { stdout, answered, exit } = await launch(requestFor(arch, flags), command);
      const started = flags === 0 ? '!' : '';
      expect({ stdout, exit, started: answered.subarray(0, -8).toString() }).toEqual({
        stdout: '',
        exit: 126,
        started,
      });
      expect(decodeFailure(answered.subarray(-8), parseArchitecture(arch).endianness)).toEqual({
        step: LAUNCH_STEPS.install,
        errno: ENOSYS,
        text: '',
      });
    }
  });

  it.each(EMULATORS)('%s: hands over, and executes, where seccomp(2) would have succeeded', async (arch, qemu) => {
    for (const flags of [0, LISTENER]) {
      const command = [qemu, join(others, `launcher-linux-${arch}`)];
      expect(await launch(requestFor(arch, flags), command)).toMatchObject({
        stdout: '1\n',
        stderr: '',
        answered: Buffer.from('!'),
        exit: 7,
      });
    }
  });
});
