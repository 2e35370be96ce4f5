import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hostArchitecture } from '../../native-loader/index.js';
import { LAUNCH_STEPS } from '../../native-loader/run/launch-protocol.js';
import { encodeRequest } from '../../native-loader/run/launch-request.js';
import { Account } from '../../native-loader/trace/account.js';
import { decodeEvent, EVENT_SIZE, type TraceEvent } from '../../native-loader/trace/trace-events.js';
import { parseArchitecture } from '../../src/architecture.js';
import { isOnPath } from '../on-path.js';
import { assemble, ret } from './bpf.js';
import { EMULATORS } from './emulators.js';

// What `scmp record` and `run --trace` do with the tracer is in test/cli/observe.test.ts.

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILT = join(ROOT, 'build/launcher');
const TRACE = 0x7ff00000;
const { ENOSYS, EINVAL, ENOENT } = constants.errno;

const linux = process.platform === 'linux';
const isBuilt = linux && existsSync(join(BUILT, `tracer-linux-${hostArchitecture()}`));
const others = EMULATORS.filter(([arch]) => arch !== 'x86_64');
const emulated = others.filter(([arch, qemu]) => isOnPath(qemu) && existsSync(join(BUILT, `tracer-linux-${arch}`)));
if (!isBuilt || emulated.length < others.length) {
  if (linux && process.env.CI) throw new Error('there is no tracer, or not every qemu-user: ./build.sh --test');
  console.warn('SKIPPED some tests of the tracer: it was not built (./build.sh launcher), or there is no qemu-user');
}

const request = (file: string, argv: string[], program = assemble(ret(TRACE))) =>
  encodeRequest({
    installation: { program, flags: 0, listener: false, noNewPrivs: true },
    file,
    argv,
    environment: [],
  });

/** Run a tracer as spawnTraced does; what it told, and what it counted. */
async function trace(bytes: Uint8Array, arch = hostArchitecture(), qemu: string[] = []) {
  const { endianness } = parseArchitecture(arch);
  const account = new Account({ tally: new Map(), maySetNoNewPrivs: false, openFiles: 64n }, { endianness });
  const [command, ...args] = [...qemu, join(BUILT, `tracer-linux-${arch}`), '3'];
  const child: ChildProcess = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe', account.fd], env: {} });
  const socket = child.stdio[3] as Duplex;
  socket.write(bytes);
  const [stdout, stderr, told, exit] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    received(socket),
    new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code))),
  ]);
  const events: TraceEvent[] = [];
  for (let at = 0; at < told.length; at += EVENT_SIZE) events.push(decodeEvent(told.subarray(at), endianness));
  const { calls } = account.read();
  account.close();
  return { stdout, stderr, events, exit, calls };
}

/** All that comes. A tracer that ends before it has read all of its request resets the connection behind what it sent. */
async function received(socket: Duplex): Promise<Buffer> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of socket) pieces.push(piece as Buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
  return Buffer.concat(pieces);
}

describe.skipIf(!isBuilt)('the tracer', () => {
  it('says what it is when somebody else starts it', () => {
    for (const args of [[], ['2'], ['3x'], ['3', '4']]) {
      const { status, stderr } = spawnSync(join(BUILT, `tracer-linux-${hostArchitecture()}`), args, {
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({
        status: 126,
        stderr: 'tracer: scmp of libseccomp-wasm starts this program\n',
      });
    }
  });

  it('executes, counts, and tells the end; the command has the limit that was asked for', async () => {
    const { stdout, stderr, events, exit, calls } = await trace(request('/bin/sh', ['sh', '-c', 'ulimit -n; exit 7']));
    expect({ stdout, stderr, exit }).toEqual({ stdout: '64\n', stderr: '', exit: 0 });
    expect(events).toEqual([
      { kind: 'started', pid: expect.any(Number) },
      { kind: 'ended', status: 7 << 8 },
    ]);
    expect(calls.length).toBeGreaterThan(5);
  });

  it('executes nothing of what it cannot read, and says why it did not execute', async () => {
    for (const bad of [
      new Uint8Array(28),
      request('/bin/true', ['true']).map((byte, index) => (index === 17 ? 0xff : byte)),
    ]) {
      expect(await trace(bad)).toMatchObject({
        exit: 126,
        events: [{ kind: 'failed', step: LAUNCH_STEPS.request, errno: EINVAL }],
      });
    }
    expect(await trace(request('/does/not/exist', ['x']))).toMatchObject({
      exit: 0,
      events: [{ kind: 'failed', step: LAUNCH_STEPS.execute, errno: ENOENT }],
    });
  });

  it('refuses an account that is none', () => {
    const stdio = ['ignore', 'pipe', 'pipe', 'pipe', openSync('/dev/zero', 'r')] as const;
    const child = spawn(join(BUILT, `tracer-linux-${hostArchitecture()}`), ['3'], { stdio: [...stdio] });
    (child.stdio[3] as unknown as Duplex).write(request('/bin/true', ['true']));
    return new Promise<void>((resolve) => {
      child.once('exit', (code) => {
        expect(code).toBe(126);
        resolve();
      });
    });
  });
});

// qemu-user has no ptrace(2): the tracer gets up to there, and leaves nothing running.
describe.skipIf(emulated.length === 0)('the tracer under qemu-user', () => {
  it.each(emulated)('%s: reads its request and its account, and fails at ptrace(2)', async (arch, qemu) => {
    const bytes = Buffer.from(request('/bin/sh', ['sh', '-c', 'echo executed']));
    if (parseArchitecture(arch).endianness !== parseArchitecture(hostArchitecture()).endianness) {
      bytes.subarray(0, 28).swap32();
    }
    const { stdout, events, exit } = await trace(bytes, arch, [qemu]);
    expect({ stdout, events, exit }).toEqual({
      stdout: '',
      events: [{ kind: 'failed', step: LAUNCH_STEPS.attach, errno: ENOSYS }],
      exit: 126,
    });
  });
});

it('tracer.c has the structures that account.ts and trace-events.ts have', () => {
  const source = readFileSync(join(ROOT, 'native-loader/launcher/tracer.c'), 'utf8');
  const kinds = /enum kind \{([^}]*)\}/
    .exec(source)![1]!
    .split(',')
    .map((each) => each.trim().split(' ')[0]!.toLowerCase());
  expect(kinds).toEqual(['started', 'ended', 'failed', 'signal', 'stopped', 'tracer', 'killed', 'returned']);
});
