import type { Host } from '../libc/host.js';
import { MAX_STRING, PROC_MEMORY, readBytes, readUntilNul } from '../supervise/target-memory.js';

// What the tracer tells: `struct event` of launcher/tracer.c, in this machine's byte order.

export const EVENT_SIZE = 72;

/** `enum kind` of tracer.c. */
const KINDS = {
  started: 1,
  ended: 2,
  failed: 3,
  signal: 4,
  stopped: 5,
  tracer: 6,
  killed: 7,
  returned: 8,
} as const;

/** A call that waits: its thread is in a ptrace stop. */
export interface StoppedCall {
  /** The thread's id. */
  readonly pid: number;
  /** AUDIT_ARCH_… */
  readonly auditArch: number;
  readonly number: number;
  readonly instructionPointer: bigint;
  /** Its six registers. */
  readonly args: readonly bigint[];
}

export type TraceEvent =
  | { kind: 'started'; pid: number }
  /** The command's end: what wait4(2) says. */
  | { kind: 'ended'; status: number }
  /** LAUNCH_STEPS of launch-protocol.ts, and a positive errno. */
  | { kind: 'failed'; step: number; errno: number }
  /** The tracer, which is in this process's group, had it. */
  | { kind: 'signal'; signal: number }
  | { kind: 'stopped'; call: StoppedCall }
  /** The call would make another thread a tracee: it fails. */
  | { kind: 'tracer'; call: StoppedCall }
  /** A thread ends by SIGSYS; `wasSent`: somebody sent it that signal, and no filter did. */
  | { kind: 'killed'; pid: number; auditArch: number; wasSent: boolean }
  /** A reported call returned; a negative result is an errno. */
  | { kind: 'returned'; pid: number; result: bigint };

export function decodeEvent(bytes: Uint8Array, endianness: Host['endianness']): TraceEvent {
  const little = endianness === 'little';
  const view = new DataView(bytes.buffer, bytes.byteOffset, EVENT_SIZE);
  const [kind, pid, auditArch, number] = [0, 4, 8, 12].map((at) => view.getUint32(at, little)) as [
    number,
    number,
    number,
    number,
  ];
  const detail = view.getBigUint64(16, little);
  switch (kind) {
    case KINDS.started:
      return { kind: 'started', pid };
    case KINDS.ended:
      return { kind: 'ended', status: number };
    case KINDS.failed:
      return { kind: 'failed', step: number, errno: Number(detail) };
    case KINDS.signal:
      return { kind: 'signal', signal: number };
    case KINDS.killed:
      return { kind: 'killed', pid, auditArch, wasSent: number !== 0 };
    case KINDS.returned:
      return { kind: 'returned', pid, result: BigInt.asIntN(64, detail) };
    case KINDS.stopped:
    case KINDS.tracer: {
      const args = Array.from({ length: 6 }, (_, index) => view.getBigUint64(24 + 8 * index, little));
      const call = { pid, auditArch, number: number | 0, instructionPointer: detail, args };
      return { kind: kind === KINDS.tracer ? 'tracer' : 'stopped', call };
    }
    default:
      throw new Error(`an event of the tracer is of the unknown kind ${kind}`);
  }
}

/**
 * A string in the memory of a stopped thread.
 *
 * @throws {SupervisorError} when there is none, or it cannot be read
 */
export function readStringOf({ pid }: StoppedCall, address: bigint): Uint8Array {
  return readUntilNul(PROC_MEMORY, pid, address, MAX_STRING);
}

/**
 * Bytes in the memory of a stopped thread.
 *
 * @throws {SupervisorError} when they cannot be read
 */
export function readBytesOf({ pid }: Pick<StoppedCall, 'pid'>, address: bigint, length: number): Uint8Array {
  return readBytes(PROC_MEMORY, pid, address, length);
}
