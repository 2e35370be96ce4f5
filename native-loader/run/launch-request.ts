import { statSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { INSTRUCTION_SIZE } from '../../src/bpf/program/instruction.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { checkInstallation, type Installation } from '../install/install-filter.js';
import { supportsFlag } from '../install/probe.js';
import { type Host, thisHost } from '../libc/host.js';
import { libc } from '../libc/libc.js';
import { INSTALL_FLAGS } from '../libc/seccomp-abi.js';
import { checkCStrings, environmentStrings } from './c-strings.js';
import { findCommand } from './path-lookup.js';
import type { SandboxOptions } from './sandbox-options.js';

/** What the launcher is asked to do. */
export interface LaunchRequest {
  readonly installation: Installation;
  /** What is executed: it was looked up in PATH, and is relative to the command's working directory. */
  readonly file: string;
  readonly argv: readonly string[];
  /** `NAME=value` */
  readonly environment: readonly string[];
}

/** Throws what can be found wrong before there is a process. */
export function launchRequest(command: string, args: readonly string[], options: SandboxOptions): LaunchRequest {
  const { filter, env = process.env, installOptions = {}, onNotification, answers, cwd } = options;
  for (const text of [command, ...args]) {
    if (typeof text !== 'string') throw new InvalidArgumentError('the command and its arguments are strings');
  }
  if (cwd !== undefined && !statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InvalidArgumentError(`cwd: ${cwd} is not a directory`);
  }
  const usesListener = !(filter instanceof Uint8Array) && filter?.usesListener === true;
  const listener = installOptions.listener ?? (usesListener || onNotification !== undefined || answers !== undefined);
  // The calls of a command that has a supervisor are not interrupted once it has them, where the kernel can do that.
  const waitKillable = listener && supportsFlag(libc(), 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV');
  const installation = checkInstallation(
    filter,
    { noNewPrivs: true, ...(waitKillable ? { waitKillable } : {}), ...installOptions, listener, tsync: false },
    thisHost,
  );
  const argv = [command, ...args];
  const environment = environmentStrings(env);
  checkCStrings([...argv, ...environment]);
  const file = findCommand(command, env.PATH, cwd instanceof URL ? fileURLToPath(cwd) : cwd);
  return { installation, file, argv, environment };
}

// The bytes of a request, `struct request` of launcher/launch.h. First seven 32-bit numbers in this machine's byte order:
// a magic number, the size of all, SECCOMP_FILTER_FLAG_…, no_new_privs as 0 or 1, and three counts. These are of the
// instructions, arguments and environment variables. Then the instructions of 8 bytes, and NUL-terminated strings: the
// file, the arguments from argv[0] on, and the environment.

const MAGIC = 0x314c4353; // "SCL1"
const HEADER_SIZE = 7 * 4;

export function encodeRequest({ installation, file, argv, environment }: LaunchRequest): Uint8Array {
  const { program, flags, noNewPrivs } = installation;
  const text = Buffer.from([file, ...argv, ...environment].map((string) => `${string}\0`).join(''));
  const size = HEADER_SIZE + program.length + text.length;
  const counts = [program.length / INSTRUCTION_SIZE, argv.length, environment.length];
  const header = Uint32Array.of(MAGIC, size, flags, Number(noNewPrivs), ...counts);
  return Buffer.concat([new Uint8Array(header.buffer), program, text]);
}

/** As {@link encodeRequest} made it. */
export function decodeRequest(bytes: Uint8Array, endianness: Host['endianness']): LaunchRequest {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const number = (index: number) => view.getUint32(4 * index, endianness === 'little');
  if (bytes.length < HEADER_SIZE || number(0) !== MAGIC || number(1) !== bytes.length) {
    throw new InvalidArgumentError('this is no request to a launcher');
  }
  const flags = number(2);
  const programEnd = HEADER_SIZE + number(4) * INSTRUCTION_SIZE;
  const [file, ...strings] = Buffer.from(bytes.subarray(programEnd)).toString().split('\0').slice(0, -1);
  const argumentCount = number(5);
  return {
    installation: {
      program: bytes.slice(HEADER_SIZE, programEnd),
      flags,
      listener: (flags & INSTALL_FLAGS.SECCOMP_FILTER_FLAG_NEW_LISTENER) !== 0,
      noNewPrivs: number(3) === 1,
    },
    file: file!,
    argv: strings.slice(0, argumentCount),
    environment: strings.slice(argumentCount),
  };
}

/** Into a file without a name, whose position stays 0: the launcher reads from the descriptor as it is. */
export function writeRequest(fd: number, request: LaunchRequest): void {
  const bytes = encodeRequest(request);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
}
