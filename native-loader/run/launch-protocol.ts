import type { ScmpError } from '../../src/errors.js';
import { installError } from '../install/install-error.js';
import { type Installation, noNewPrivsError } from '../install/install-filter.js';
import type { Host } from '../libc/host.js';
import { errnoName, libc } from '../libc/libc.js';
import { SupervisorError } from '../supervise/supervisor-error.js';
import { describeExecFailure } from './exec-failure.js';
import { CommandNotExecutableError } from './path-lookup.js';

// What spawnSandboxed and its launcher send each other. The launcher finds three descriptors. The first is the request, a
// file without a name (launch-request.ts). The second is a socket on which it answers. If there is to be a listener, the
// third is a socket to send it on with one byte. The answer is STARTED, once the listener was sent or, without one, as the last thing before seccomp(2). What
// follows is a failure, or nothing: the socket ends when the command is executed. The launcher is launcher/launcher.c, or
// where that was not built launcher.ts.

export const STARTED = Uint8Array.of('!'.charCodeAt(0));

/** Where a launcher failed: `enum step` of launcher/launch.h. */
export const LAUNCH_STEPS = {
  request: 1,
  memory: 2,
  noNewPrivs: 3,
  thread: 4,
  install: 5,
  execute: 6,
  /** Of launcher.ts alone. */
  other: 7,
  /** Of launcher/tracer.c alone. */
  attach: 8,
} as const;

export interface LaunchFailure {
  step: number;
  /** 0: `text` says it. */
  errno: number;
  text: string;
}

/** Two 32-bit numbers in this machine's byte order, the step and the errno, and text in UTF-8. */
export function encodeFailure({ step, errno, text }: LaunchFailure): Uint8Array {
  return Buffer.concat([new Uint8Array(Uint32Array.of(step, errno).buffer), Buffer.from(text)]);
}

/** Undefined for bytes that are no failure. */
export function decodeFailure(bytes: Uint8Array, endianness: Host['endianness']): LaunchFailure | undefined {
  if (bytes.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const little = endianness === 'little';
  return {
    step: view.getUint32(0, little),
    errno: view.getUint32(4, little),
    text: Buffer.from(bytes.subarray(8)).toString(),
  };
}

/** The error that the launcher had, as it would have been thrown here. */
export function launchError(
  { step, errno, text }: LaunchFailure,
  { file, installation }: { file: string; installation: Installation },
): ScmpError {
  switch (step) {
    case LAUNCH_STEPS.noNewPrivs:
      return noNewPrivsError(errno);
    case LAUNCH_STEPS.install:
      return installError(libc(), errno, installation);
    case LAUNCH_STEPS.execute:
      return new CommandNotExecutableError(describeExecFailure(file, errno));
    default: {
      const what = Object.entries(LAUNCH_STEPS).find(([, number]) => number === step)?.[0] ?? `step ${step}`;
      const why = text === '' ? `${what}: ${errnoName(errno)}` : text;
      return new SupervisorError('LAUNCH', `the sandbox did not start: ${why}`, {
        ...(errno === 0 ? {} : { errno: errnoName(errno) }),
      });
    }
  }
}
