import { MAX_ERRNO } from '../../src/action.js';
import { errnoNumber } from '../../src/errno.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { quote } from '../../src/text.js';
import { hostArchitecture } from '../libc/host.js';
import { type RawResponse, SECCOMP_USER_NOTIF_FLAG_CONTINUE } from './notify-abi.js';

/** The call fails with an errno: its name, or its number (1 to 4095). The call is not made. */
export interface ErrnoAnswer {
  readonly kind: 'errno';
  readonly errno: string | number;
}

/** The call returns this (64-bit, signed; -4095 to -1 would mean an errno and is refused). The call is not made. */
export interface ValueAnswer {
  readonly kind: 'value';
  readonly value: bigint | number;
}

/**
 * The call returns a new file descriptor in the target, a duplicate of this process's `fd`. SECCOMP_IOCTL_NOTIF_ADDFD
 * does it with SECCOMP_ADDFD_FLAG_SEND, so that a target that is interrupted keeps no descriptor. Where the target has as
 * many as its RLIMIT_NOFILE allows, the call fails with EMFILE.
 */
export interface FdAnswer {
  readonly kind: 'fd';
  readonly fd: number;
  /** Of the new descriptor. Default: false. */
  readonly closeOnExec?: boolean;
  /** Close `fd` here when the answer was given, or could not be. Default: false. */
  readonly closeSource?: boolean;
}

declare const fromNotification: unique symbol;

/** The kernel makes the call, as if there were no filter. Made by `Notification.continue()` only. */
export interface ContinueAnswer {
  readonly kind: 'continue';
  readonly [fromNotification]: true;
}

/** What a handler may answer. */
export type Answer = ErrnoAnswer | ValueAnswer | FdAnswer | ContinueAnswer;

/**
 * An answer that is the same for every call, whatever its arguments. `continue` lets the calls through unseen. That is
 * right for counting and for defaults, and no more a security boundary than SCMP_ACT_ALLOW.
 */
export type ConstantAnswer = ErrnoAnswer | ValueAnswer | { readonly kind: 'continue' };

/**
 * An answer as the kernel takes it.
 *
 * @throws {InvalidArgumentError} when it is no answer
 */
export function encodeAnswer(answer: ConstantAnswer | ContinueAnswer): RawResponse {
  switch (answer?.kind) {
    case 'errno':
      return { value: 0n, error: errnoValue(answer.errno), flags: 0 };
    case 'value':
      return { value: returnValue(answer.value), error: 0, flags: 0 };
    case 'continue':
      return { value: 0n, error: 0, flags: SECCOMP_USER_NOTIF_FLAG_CONTINUE };
    default:
      throw new InvalidArgumentError(
        `no answer to a system call: ${describe(answer)}; answers are {kind: 'errno', errno}, {kind: 'value', value}, {kind: 'fd', fd} and notification.continue()`,
      );
  }
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { kind } = value as { kind?: unknown };
  return `an object of kind ${typeof kind === 'string' ? quote(kind) : String(kind)}`;
}

function errnoValue(errno: string | number): number {
  const value = typeof errno === 'string' ? errnoNumber(errno, hostArchitecture()) : errno;
  if (value === undefined || !Number.isInteger(value) || value < 1 || value > MAX_ERRNO) {
    throw new InvalidArgumentError(
      `no errno: ${quote(String(errno))}; it is a name such as EPERM, or 1 to ${MAX_ERRNO}`,
    );
  }
  return value;
}

function returnValue(value: bigint | number): bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`no return value: ${value}; it is an integer, a bigint where it is large`);
  }
  const big = BigInt(value);
  if (big !== BigInt.asIntN(64, big)) {
    throw new InvalidArgumentError(`no return value: ${big} does not fit 64 bits (signed)`);
  }
  if (big < 0n && big >= -MAX_ERRNO) {
    throw new InvalidArgumentError(
      `the return value ${big} means an errno to the C library: use {kind: 'errno', errno}`,
    );
  }
  return big;
}
