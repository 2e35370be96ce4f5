import { statSync, writeSync } from 'node:fs';
import { InvalidArgumentError } from '../../src/errors.js';
import { checkInstallation } from '../install/install-filter.js';
import { thisHost } from '../libc/host.js';
import type { LaunchRequest } from './launch-protocol.js';
import type { SandboxOptions } from './sandbox-options.js';

/** What the launcher is asked to do. Throws what can be found wrong before there is a process. */
export function launchRequest(
  command: string,
  args: readonly string[],
  options: SandboxOptions,
  requestFd: number,
): LaunchRequest {
  const { filter, env = process.env, installOptions = {}, onNotification, answers, cwd } = options;
  for (const text of [command, ...args]) {
    if (typeof text !== 'string') throw new InvalidArgumentError('the command and its arguments are strings');
  }
  if (cwd !== undefined && !statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InvalidArgumentError(`cwd: ${cwd} is not a directory`);
  }
  const usesListener = !(filter instanceof Uint8Array) && filter?.usesListener === true;
  const listener = installOptions.listener ?? (usesListener || onNotification !== undefined || answers !== undefined);
  const resolved = { noNewPrivs: true, ...installOptions, listener };
  const { program } = checkInstallation(filter, { ...resolved, tsync: false }, thisHost);
  // The launcher gets bytes only: what the filter asks for is written out.
  const asked = new Set(filter instanceof Uint8Array ? [] : filter.flags);
  return {
    program: Buffer.from(program).toString('base64'),
    installOptions: {
      log: asked.has('SECCOMP_FILTER_FLAG_LOG'),
      specAllow: asked.has('SECCOMP_FILTER_FLAG_SPEC_ALLOW'),
      waitKillable: asked.has('SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'),
      ...resolved,
    },
    command,
    args,
    env: Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    requestFd,
  };
}

/** Into a file without a name, whose position stays 0: the launcher reads from the descriptor as it is. */
export function writeRequest(fd: number, request: LaunchRequest): void {
  const bytes = Buffer.from(JSON.stringify(request));
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
}
