import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstallOptions } from '../../native-loader/index.js';
import type { FilterContext } from '../../src/libseccomp/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import type { Action } from '../../src/policy.js';
import { type ChildTools, describeKernel, inChild, nodeCommand, spawnChild } from '../kernel/child.js';
import { ALLOW, type Build, errno, KILL, KILL_PROCESS, type LiveInput, type Machine, TRAP } from './port.js';
import { build as buildBasicDie } from './ports/20-live-basic-die.js';
import { build as buildBasicAllow } from './ports/21-live-basic-allow.js';
import { build as buildArgAllow } from './ports/24-live-arg-allow.js';
import { build as buildTsyncAllow } from './ports/32-live-tsync-allow.js';
import { build as buildA2Order, DEFAULT_ERRNO } from './ports/44-live-a2-order.js';
import { build as buildKillProcess } from './ports/47-live-kill-process.js';
import { build as buildNotification, buildSecond } from './ports/51-live-user-notification.js';
import { build as buildLoad } from './ports/52-basic-load.js';
import { build as buildBinaryTree } from './ports/54-live-binary-tree.js';
import { build as buildTsyncNotify } from './ports/58-live-tsync-notify.js';
import { parseTable, type TableEntry } from './regression-table.js';
import { readUpstream, upstreamArchitecture, upstreamTestNames, upstreamTests, upstreamTool } from './source.js';

type LiveEntry = TableEntry & { type: 'live' };

// What the C programs end with, by the action of the row (tests/regression); killed is as a shell says it.
const SIGSYS = constants.signals.SIGSYS;
const STATUS: Record<string, { action: Action; status: number }> = {
  KILL: { action: KILL, status: 128 + SIGSYS },
  KILL_PROCESS: { action: KILL_PROCESS, status: 128 + SIGSYS },
  ALLOW: { action: ALLOW, status: 160 },
  TRAP: { action: TRAP, status: 161 },
  ERRNO: { action: errno(163), status: 163 },
};

/**
 * A filter in the form that a child process gets: the program in hexadecimal, and what libseccomp would load it with.
 */
interface Loadable {
  program: string;
  options: InstallOptions;
}

const machine = (): Machine => ({ libseccomp: loadLibseccompSync(), architecture: upstreamArchitecture() });

function loadable(context: FilterContext): Loadable {
  const options: InstallOptions = {
    noNewPrivs: context.getAttribute('CTL_NNP'),
    tsync: context.getAttribute('CTL_TSYNC'),
    log: context.getAttribute('CTL_LOG'),
    specAllow: context.getAttribute('CTL_SSB'),
  };
  return { program: Buffer.from(context.exportBpf()).toString('hex'), options };
}

function make(build: Build, live: LiveInput): Loadable {
  using context = build(machine(), live);
  return loadable(context);
}

/**
 * In place of the C programs' handler for SIGSYS, which exits with 161, stands _exit(2) itself: no JavaScript could run in
 * a signal handler. It gets the signal's number for its argument.
 */
const handled = (status: number) => (status === SIGSYS ? 161 : status);

// The scenarios run in a process of their own and bind what they call before the filter is there, run it once, and make
// no system call of their own between the filter and their end: the filters allow a handful.

/** util.c, `util_file_write`, on a file opened under the filter or, as number `fd`, before. */
function writeAFile({ loader, require }: ChildTools, { program, options, fd }: Loadable & { fd?: number }): void {
  const koffi = require('koffi');
  const { O_WRONLY, O_CREAT } = require('node:fs').constants;
  const c = koffi.load(null);
  const open = c.func('int open(void *, int, int)');
  const dup2 = c.func('int dup2(int, int)');
  const write = c.func('long write(int, void *, size_t)');
  const close = c.func('int close(int)');
  const exit = c.func('void _exit(int)');
  const path = Buffer.from('/dev/null\0');
  const text = Buffer.from('testing');
  const openFile = () => open(path, O_WRONLY | O_CREAT, 0o600);
  const openedBefore = fd === undefined ? undefined : () => dup2(openFile(), fd);
  const run = (opened: number | undefined) => {
    const file = opened ?? openFile();
    if (file < 0) return koffi.errno();
    if (write(file, text, text.length) < text.length) return koffi.errno();
    return close(file) < 0 ? koffi.errno() : 160;
  };
  if (run(openedBefore?.()) !== 160) exit(1);
  c.func('uintptr_t signal(int, uintptr_t)')(require('node:os').constants.signals.SIGSYS, c.symbol('_exit'));
  const opened = openedBefore?.();
  loader.installFilter(Buffer.from(program, 'hex'), options);
  exit(run(opened));
}

/** 44: reads of some sizes, and what becomes of each: the count, or the negative errno. */
function readSizes(
  { loader, require }: ChildTools,
  { program, options, reads }: Loadable & { reads: number[][] },
): void {
  const koffi = require('koffi');
  const c = koffi.load(null);
  const open = c.func('int open(void *, int, int)');
  const read = c.func('long read(int, void *, size_t)');
  const close = c.func('int close(int)');
  const exit = c.func('void _exit(int)');
  const path = Buffer.from('/dev/zero\0');
  const buffer = Buffer.alloc(1 << 16);
  const run = (cases: number[][]) => {
    for (let index = 0; index < cases.length; index++) {
      const [size, expected] = cases[index]!;
      const file = open(path, 0, 0);
      const count = read(file, buffer, size);
      if ((count < 0 ? -koffi.errno() : count) !== expected) return index;
      close(file);
    }
    return 160;
  };
  if (
    run([
      [1, 1],
      [64, 64],
    ]) !== 160
  )
    exit(100);
  loader.installFilter(Buffer.from(program, 'hex'), options);
  exit(run(reads));
}

/** 47: a thread that is not the main one calls what the filter forbids. */
async function openInAThread({ startWorker }: ChildTools): Promise<string> {
  const worker = await startWorker();
  await worker.attempt(({ loader, require }) => {
    const { program, options } = JSON.parse(process.env.LOADABLE!) as Loadable;
    const open = require('koffi').load(null).func('int open(void *, int, int)');
    const path = Buffer.from('/dev/null\0');
    open(path, 0, 0);
    loader.installFilter(Buffer.from(program, 'hex'), options);
    open(path, 0, 0);
  });
  return 'survived';
}

/** A child that hangs shall not outlive its test. */
const LIMIT = { timeout: 20_000, killSignal: 'SIGKILL' } as const;

/**
 * 51 and 58: asks for its process id, which another process answers. (C's program answers a fork of itself. Node asks at
 * times of its own, so that here the supervisor is the parent, which has no filter.)
 */
function askForPid({ loader, require, attempt }: ChildTools, { program, options, second }: Asking) {
  const getpid = require('koffi').load(null).func('int getpid()');
  loader.installFilter(Buffer.from(program, 'hex'), { ...options, listener: true });
  const pid: number = getpid();
  if (!second) return { pid };
  const filter = Buffer.from(second.program, 'hex');
  const another = attempt(() => loader.installFilter(filter, { ...second.options, listener: true }));
  return { pid, another: another.error?.code, same: attempt(() => loader.installFilter(filter, second.options)) };
}

interface Asking extends Loadable {
  /** The filter that is loaded after the first one's answer. */
  second?: Loadable;
}

/**
 * Run {@link askForPid} and answer every notification with this process's id: its result, and the numbers of the system
 * calls that were asked about.
 */
async function answerWithOwnPid(asking: Asking) {
  const asker = spawn(...nodeCommand(askForPid, asking), { stdio: ['ignore', 'pipe', 'inherit'], ...LIMIT });
  const ended = once(asker, 'close');
  const output = text(asker.stdout);
  const listener = takeDescriptor(asker.pid!, await listenerOf(asker.pid!));
  const numbers = new Set<number>();
  const answering = setInterval(() => answerPending(listener, numbers), 2);
  try {
    const result = JSON.parse(await output);
    await ended;
    return { result, numbers: [...numbers] };
  } finally {
    clearInterval(answering);
    asker.kill('SIGKILL');
    closeSync(listener);
  }
}

/**
 * The number of a process's listener, as soon as it has one. It cannot be asked for it: with TSYNC the filter covers Node's
 * own threads too, which may wait for an answer before the process says anything.
 */
async function listenerOf(pid: number): Promise<number> {
  for (const end = Date.now() + LIMIT.timeout; Date.now() < end; await sleep(2)) {
    const folder = `/proc/${pid}/fd`;
    const found = readdirSync(folder).find((fd) => {
      try {
        return readlinkSync(`${folder}/${fd}`).endsWith('seccomp notify');
      } catch {
        return false; // closed meanwhile
      }
    });
    if (found !== undefined) return Number(found);
  }
  throw new Error(`process ${pid} has no listener`);
}

/** A copy of another process's file descriptor: pidfd_open(2) and pidfd_getfd(2), whose numbers are the same everywhere. */
function takeDescriptor(pid: number, fd: number): number {
  const syscall = koffi.load(null).func('long syscall(long, long, long, long)');
  const process = syscall(434, pid, 0, 0);
  const copy = syscall(438, process, fd, 0);
  if (copy < 0) throw new Error(`pidfd_getfd(2) of process ${pid}, file ${fd}: errno ${koffi.errno()}`);
  closeSync(process);
  return copy;
}

// linux/seccomp.h: SECCOMP_IOCTL_NOTIF_RECV, _SEND, _ID_VALID; struct seccomp_notif has 80 bytes, its response 24
const [NOTIF_RECV, NOTIF_SEND, NOTIF_ID_VALID] = [0xc0502100, 0xc0182101, 0x40082102];
const POLLIN = 1;

function answerPending(listener: number, numbers: Set<number>): void {
  const c = koffi.load(null);
  const poll = c.func('int poll(void *, unsigned long, int)');
  const ioctl = c.func('int ioctl(int, unsigned long, void *)');
  const request = (operation: number, data: ArrayBuffer) => {
    if (ioctl(listener, operation, new Uint8Array(data)) < 0) throw new Error(`errno ${koffi.errno()}`);
  };
  const ready = new Int16Array([listener, 0, POLLIN, 0]);
  while (poll(ready, 1, 0) === 1 && (ready[3]! & POLLIN) !== 0) {
    const notification = new ArrayBuffer(80);
    request(NOTIF_RECV, notification);
    request(NOTIF_ID_VALID, notification);
    numbers.add(new Int32Array(notification)[4]!);
    const [id] = new BigUint64Array(notification);
    request(NOTIF_SEND, new BigUint64Array([id!, BigInt(process.pid), 0n]).buffer);
  }
}

/** How the process ended that runs a scenario. A main thread that was killed alone counts as the C program's one. */
function statusOf(command: readonly [string, string[]]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(...command, { stdio: 'ignore', ...LIMIT });
    const watch = setInterval(() => {
      const signal = killedMainThread(child.pid!);
      if (signal === undefined) return;
      clearInterval(watch);
      child.removeAllListeners('exit');
      child.once('exit', () => resolve(128 + signal)).kill('SIGKILL');
    }, 20);
    child.on('error', reject);
    child.on('exit', (status, signal) => {
      clearInterval(watch);
      resolve(signal === null ? handled(status!) : 128 + constants.signals[signal]);
    });
  });
}

/** The signal that ended the main thread of a process whose other threads live on. proc(5), /proc/pid/stat. */
function killedMainThread(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const [state, exitCode] = [fields[0], Number(fields[52 - 3])];
    const others = readdirSync(`/proc/${pid}/task`).length > 1;
    // Of a process that is just exiting, the main thread looks so too, but for the signal.
    return state === 'Z' && others && (exitCode & 0x7f) !== 0 ? exitCode & 0x7f : undefined;
  } catch {
    return undefined; // the process is gone
  }
}

/** A number that no file has: the child gives it to the one it opens. */
const FD = 100;

const SCENARIOS: Record<string, (entry: LiveEntry, live: LiveInput) => Promise<number>> = {
  '20-live-basic_die': (_, live) => statusOf(nodeCommand(writeAFile, make(buildBasicDie, live))),
  '21-live-basic_allow': (_, live) => statusOf(nodeCommand(writeAFile, make(buildBasicAllow, live))),
  '24-live-arg_allow': (_, live) => statusOf(nodeCommand(writeAFile, { ...make(buildArgAllow, live), fd: live.fd })),
  '32-live-tsync_allow': (_, live) => statusOf(nodeCommand(writeAFile, make(buildTsyncAllow, live))),
  '44-live-a2_order': (_, live) => statusOf(nodeCommand(readSizes, { ...make(buildA2Order, live), reads: READS })),
  '47-live-kill_process': async (_, live) => {
    const env = { ...process.env, LOADABLE: JSON.stringify(make(buildKillProcess, live)) };
    const { status, signal, stdout } = await spawnChild(openInAThread, undefined, { env });
    expect(stdout).toBe('');
    return status ?? 128 + constants.signals[signal!];
  },
  '51-live-user_notification': async (_, live) => {
    const second = make(buildSecond, live);
    const { result, numbers } = await answerWithOwnPid({ ...make(buildNotification, live), second });
    // The kernel has one listener a process; C's library keeps the first, and asks for no other.
    expect(result).toEqual({ pid: process.pid, another: 'INSTALL_EBUSY', same: {} });
    return answered(numbers);
  },
  '54-live-binary_tree': (_, live) =>
    statusOf(nodeCommand(writeAFile, { ...make(buildBinaryTree, live), fd: live.fd })),
  '58-live-tsync_notify': async (_, live) => {
    const { result, numbers } = await answerWithOwnPid(make(buildTsyncNotify, live));
    expect(result).toEqual({ pid: process.pid });
    return answered(numbers);
  },
};

/** The sizes and outcomes that 44 names; those above 64 and up to 128 are for the filter's default. */
const READS = [
  [1, 1],
  [10, 10],
  [50, 50],
  [100, -DEFAULT_ERRNO],
  [200, -5],
  [256, -5],
  [257, -6],
  [400, -6],
  [800, -7],
  [1600, -8],
  [3200, -9],
  [4095, -9],
  [4096, -9],
  [4097, -10],
  [8000, -10],
  [8192, -10],
  [16383, -11],
  [16384, -11],
  [16385, -12],
  [35000, -12],
];

/** What the C program ends with once its child was answered on getpid(2), and on nothing else. */
function answered(numbers: number[]): number {
  const { libseccomp, architecture } = machine();
  expect(numbers).toEqual([libseccomp.resolveSyscallName('getpid', architecture)]);
  return STATUS.ALLOW!.status;
}

const live = upstreamTestNames().flatMap((name) =>
  parseTable(readUpstream(`${name}.tests`)).filter((entry): entry is LiveEntry => entry.type === 'live'),
);

describeKernel('upstream’s live tests, through our loader', () => {
  const apiLevel = Number(execFileSync(upstreamTool('scmp_api_level')).toString());

  it('have a scenario each', () => {
    expect([...new Set(live.map(({ test }) => test))]).toEqual(Object.keys(SCENARIOS));
  });

  // Upstream skips as we do what is beyond the kernel's API level.
  for (const entry of live) {
    it.skipIf(entry.apiLevel > apiLevel)(`${entry.test} ${entry.action}`, async () => {
      const { action, status } = STATUS[entry.action]!;
      expect(await SCENARIOS[entry.test]!(entry, { action, fd: FD })).toBe(status);
    });
  }

  // a "basic" test by its table, for all that it loads a filter
  it('52-basic-load', async () => {
    const filters = await inChild(
      ({ loader, status }, { program, options }: Loadable) => {
        loader.installFilter(Buffer.from(program, 'hex'), options);
        return [status().Seccomp, status().Seccomp_filters];
      },
      make(buildLoad, { action: ALLOW, fd: FD }),
    );
    expect(filters).toEqual(['2', '1']);
  });
});

describe('the program that upstream’s live tests load', () => {
  let directory: string;
  let preload: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'upstream-live-'));
    preload = join(directory, 'dump-installed.so');
    const source = fileURLToPath(new URL('./dump-installed.c', import.meta.url));
    execFileSync('gcc', ['-O2', '-shared', '-fPIC', source, '-o', preload, '-ldl']);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const programs: [name: string, action: string, build: Build][] = [
    ['20-live-basic_die', 'KILL', buildBasicDie],
    ['20-live-basic_die', 'TRAP', buildBasicDie],
    ['20-live-basic_die', 'ERRNO', buildBasicDie],
    ['21-live-basic_allow', 'ALLOW', buildBasicAllow],
    ['24-live-arg_allow', 'ALLOW', buildArgAllow],
    ['32-live-tsync_allow', 'ALLOW', buildTsyncAllow],
    ['44-live-a2_order', 'ALLOW', buildA2Order],
    ['47-live-kill_process', 'KILL_PROCESS', buildKillProcess],
    ['51-live-user_notification', 'ALLOW', buildNotification],
    ['52-basic-load', '', buildLoad],
    ['54-live-binary_tree', 'ALLOW', buildBinaryTree],
    ['58-live-tsync_notify', 'ALLOW', buildTsyncNotify],
  ];

  it.each(programs)('is byte for byte ours: %s %s', (name, action, build) => {
    const args = action === '' ? [] : [action];
    const theirs = execFileSync(`${upstreamTests}${name}`, args, { env: { LD_PRELOAD: preload } });
    // 3 is the first number that a file gets
    expect(make(build, { action: STATUS[action]?.action ?? ALLOW, fd: 3 }).program).toBe(theirs.toString('hex'));
  });
});
