import { closeSync, constants as fileConstants, fstatSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError } from '../../src/errors.js';
import { ANYTHING, checkOptions, type OptionTable } from '../../src/options.js';
import { quote } from '../../src/text.js';
import { F_GETFL, O_CLOEXEC, O_PATH } from '../libc/fcntl.js';
import { fileCalls } from '../libc/file-calls.js';
import { errnoName } from '../libc/libc.js';
import { type Answer, type ErrnoAnswer, encodeAnswer } from '../supervise/answer.js';
import type { Notification } from '../supervise/notification.js';
import { SupervisorError } from '../supervise/supervisor-error.js';
import { type OpenCall, OpenFailure, readOpenCall } from './open-call.js';
import type { OpenOutcome } from './opener-protocol.js';
import { openInThread } from './opener-threads.js';
import { readViewpoint } from './viewpoint.js';
import { answerWithBytes, answerWithDescriptor, refusedVirtual } from './virtual-file.js';

/** What a function may give for its virtual file; undefined: what `otherwise` says. */
export type VirtualFileAnswer = number | Uint8Array | Answer | undefined;

/**
 * What a virtual file has in it.
 *
 * - Bytes: read-only, copied when the handler is made. Every open has a file of its own. To write is EROFS.
 * - A descriptor of this process, which stays open as long as the handler is used. A regular file is opened anew, so that
 *   each open begins at its start, with no more access than the descriptor has (else EACCES). Pipes, sockets and devices are
 *   passed on as they are.
 * - A function that is asked at each open.
 */
export type VirtualFile =
  | number
  | Uint8Array
  | ((call: Notification) => VirtualFileAnswer | Promise<VirtualFileAnswer>);

export interface VirtualFilesOptions {
  /**
   * For opens of all other files. `openAsChild`: open the file as the caller would, and give it the descriptor. Default:
   * the errno EACCES.
   */
  otherwise?:
    | 'openAsChild'
    | ErrnoAnswer
    | ((call: Notification) => Answer | undefined | Promise<Answer | undefined>)
    | undefined;
}

/** Answers `open`, `openat`, `openat2` and `creat`; undefined for all other calls, at once. */
export type VirtualFilesHandler = (call: Notification) => Answer | Promise<Answer | undefined> | undefined;

const OPTIONS: OptionTable<VirtualFilesOptions> = { otherwise: [ANYTHING] };

/** How long to wait before it is tried again what open(2) would wait for, in milliseconds: the first time, and at most. */
const FIRST_DELAY = 2;
const MAX_DELAY = 100;

/**
 * A handler that gives a sandboxed program files that it would not find, or others than it would find, by their paths. The
 * filter has to notify of `open`, `openat`, `openat2` and `creat`.
 *
 * The path is copied once, and followed as the caller sees it: from its root and working directory or `dirfd`, through
 * symbolic links and `/proc/self`, within openat2's `resolve`. A path that leads to the name of a virtual file is that
 * file. It hides a real one of the name, and need not have real directories above it. Hard links and other names of a
 * real file that is hidden still lead to that.
 *
 * With `openAsChild` another file is opened by a thread with the caller's user, groups, capabilities and umask. It never
 * lets the call continue. What cannot be done in another process's stead is refused: see the guide.
 *
 * @throws {InvalidArgumentError} when a path is not absolute and plain, or what is at it is no virtual file
 * @throws {UnsupportedHostError} when this is not Linux or there is no koffi
 *
 * @example
 * ```js
 * import { compileProfile } from 'libseccomp-wasm';
 * import { hostArchitecture, spawnSandboxed, virtualFiles } from 'libseccomp-wasm/loader';
 *
 * const profile = {
 *   defaultAction: 'SCMP_ACT_ALLOW',
 *   syscalls: [{ names: ['open', 'openat', 'openat2', 'creat'], action: 'SCMP_ACT_NOTIFY' }],
 * };
 * const child = await spawnSandboxed('cat', ['/virtual/greeting'], {
 *   filter: await compileProfile(profile, { arch: hostArchitecture() }),
 *   onNotification: virtualFiles({ '/virtual/greeting': Buffer.from('hello') }, { otherwise: 'openAsChild' }),
 * });
 * for await (const chunk of child.stdout) console.log(String(chunk)); // hello
 * ```
 */
export function virtualFiles(
  files: Readonly<Record<string, VirtualFile>>,
  options: VirtualFilesOptions = {},
): VirtualFilesHandler {
  checkOptions('virtualFiles', options, OPTIONS);
  const { otherwise = { kind: 'errno', errno: 'EACCES' } } = options;
  checkOtherwise(otherwise);
  const sources = checkFiles(files);
  const asChild = otherwise === 'openAsChild';
  const other = (call: Notification) =>
    typeof otherwise === 'function' ? otherwise(call) : (otherwise as ErrnoAnswer);

  const answer = async (call: Notification, request: OpenCall): Promise<Answer | undefined> => {
    let paths = [...sources.keys()];
    for (;;) {
      const outcome = await open(call, request, paths, asChild);
      if (outcome.kind !== 'virtual') return answerOf(outcome, request) ?? other(call);
      const answered = await answerFrom(sources.get(outcome.path)!, call, request, outcome.path);
      if (answered) return answered;
      if (!asChild) return other(call);
      // A function had nothing to give: what else the path leads to.
      paths = paths.filter((path) => path !== outcome.path);
    }
  };

  return (call) => {
    const request = readOpenCall(call);
    if (request === undefined) return undefined;
    return request instanceof OpenFailure ? { kind: 'errno', errno: request.errno } : answer(call, request);
  };
}

function answerOf(outcome: OpenOutcome, { flags }: OpenCall): Answer | undefined {
  if (outcome.kind === 'errno') return { kind: 'errno', errno: outcome.errno };
  if (outcome.kind !== 'opened') return undefined;
  return { kind: 'fd', fd: outcome.fd, closeOnExec: (flags & O_CLOEXEC) !== 0, closeSource: true };
}

/** As often as open(2) would go on waiting, and as long as the call does. */
async function open(
  call: Notification,
  request: OpenCall,
  virtual: readonly string[],
  openOthers: boolean,
): Promise<OpenOutcome> {
  const viewpoint = readViewpoint(call, request);
  if (viewpoint instanceof OpenFailure) return { kind: 'errno', errno: viewpoint.errno };
  try {
    for (let delay = FIRST_DELAY; ; delay = Math.min(2 * delay, MAX_DELAY)) {
      const outcome = await openInThread({ call: request, viewpoint, virtual, openOthers });
      if (outcome.kind === 'opened' && outcome.awaitsWriter) await untilWriter(call, outcome.fd);
      if (outcome.kind !== 'would-wait') return outcome;
      await pause(call, delay);
    }
  } finally {
    closeSync(viewpoint.root);
    if (viewpoint.start !== undefined) closeSync(viewpoint.start);
  }
}

async function untilWriter(call: Notification, fifo: number): Promise<void> {
  try {
    for (let delay = FIRST_DELAY; fileCalls().hasWriter(fifo) === false; delay = Math.min(2 * delay, MAX_DELAY)) {
      await pause(call, delay);
    }
  } catch (error) {
    closeSync(fifo);
    throw error;
  }
}

async function pause(call: Notification, milliseconds: number): Promise<void> {
  await sleep(milliseconds, undefined, { ref: false });
  if (call.signal.aborted || !call.isPending()) {
    throw new SupervisorError('NOTIFICATION_GONE', `call ${call.id} is no longer waiting`);
  }
}

async function answerFrom(
  source: VirtualFile,
  call: Notification,
  { flags }: OpenCall,
  path: string,
): Promise<Answer | undefined> {
  const refused = refusedVirtual(flags);
  if (refused) return { kind: 'errno', errno: refused };
  const given = typeof source === 'function' ? await source(call) : source;
  if (given instanceof Uint8Array) return answerWithBytes(given, flags, path);
  return typeof given === 'number' ? answerWithDescriptor(given, flags) : given;
}

function checkOtherwise(otherwise: unknown): void {
  if (otherwise === 'openAsChild' || typeof otherwise === 'function') return;
  const { kind } = (otherwise ?? {}) as { kind?: unknown };
  if (kind !== 'errno') {
    throw new InvalidArgumentError(
      "virtualFiles: otherwise is 'openAsChild', {kind: 'errno', errno} or a function; the call cannot continue, for its path was read",
    );
  }
  encodeAnswer(otherwise as ErrnoAnswer);
}

/** By the path, whose bytes are latin1 text. */
function checkFiles(files: Readonly<Record<string, VirtualFile>>): ReadonlyMap<string, VirtualFile> {
  if (typeof files !== 'object' || files === null || Array.isArray(files)) {
    throw new InvalidArgumentError('virtualFiles takes an object of paths and files');
  }
  const sources = new Map<string, VirtualFile>();
  for (const [path, file] of Object.entries(files)) {
    checkPath(path);
    checkFile(path, file);
    sources.set(Buffer.from(path).toString('latin1'), file instanceof Uint8Array ? Uint8Array.from(file) : file);
  }
  for (const path of sources.keys()) {
    const below = [...sources.keys()].find((other) => other.startsWith(`${path}/`));
    if (below === undefined) continue;
    throw new InvalidArgumentError(
      `virtualFiles: ${quote(path)} is a file, so that ${quote(below)} cannot be below it`,
    );
  }
  return sources;
}

function checkPath(path: string): void {
  const plain = /^(\/[^/]+)+$/.test(path) && !path.includes('\0') && !/\/\.\.?(\/|$)/.test(path);
  if (plain) return;
  throw new InvalidArgumentError(
    `virtualFiles: ${quote(path)} is no path of a file: it begins with /, and has no empty name, "." or ".." in it`,
  );
}

function checkFile(path: string, file: unknown): void {
  if (file instanceof Uint8Array || typeof file === 'function') return;
  const where = `virtualFiles: ${quote(path)}`;
  if (typeof file !== 'number') {
    const hint = typeof file === 'string' ? '; of a text it is Buffer.from(text)' : '';
    throw new InvalidArgumentError(`${where} takes a descriptor, bytes or a function, not ${typeof file}${hint}`);
  }
  checkDescriptor(where, file);
}

function checkDescriptor(where: string, fd: number): void {
  const flags = Number.isInteger(fd) && fd >= 0 ? fileCalls().fcntl(fd, F_GETFL, 0) : -1;
  if (flags < 0)
    throw new InvalidArgumentError(
      `${where}: ${fd} is no open descriptor${flags < -1 ? ` (${errnoName(-flags)})` : ''}`,
    );
  const directory = (fstatSync(fd).mode & fileConstants.S_IFMT) === fileConstants.S_IFDIR;
  if (directory) throw new InvalidArgumentError(`${where}: descriptor ${fd} is a directory`);
  if (flags & O_PATH)
    throw new InvalidArgumentError(`${where}: descriptor ${fd} is O_PATH, and gives no access to its file`);
}
