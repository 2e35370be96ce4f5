import type { Identity } from '../libc/file-calls.js';
import type { OpenCall } from './open-call.js';

// The messages between the process's main thread and a thread that opens files. Descriptors are the process's.

/** How the thread that makes the call sees the file system. The descriptors are O_PATH, and the main thread's. */
export interface Viewpoint {
  /** Its root directory. */
  readonly root: number;
  /** Where a relative path begins; undefined for an absolute path that needs none. */
  readonly start: number | undefined;
  readonly umask: number;
  readonly identity: Identity;
  /** Of its process and of itself, from the outermost PID namespace that we see to its own. */
  readonly processIds: readonly number[];
  readonly threadIds: readonly number[];
  /** Of its session, as we see it. */
  readonly session: number;
}

export interface OpenRequest {
  readonly id: number;
  readonly call: OpenCall;
  readonly viewpoint: Viewpoint;
  /** The paths of the virtual files, from the caller's root. */
  readonly virtual: readonly string[];
  /** Open what is not virtual; else only say that it is not. */
  readonly openOthers: boolean;
}

export type OpenOutcome =
  | { readonly kind: 'errno'; readonly errno: number }
  | { readonly kind: 'virtual'; readonly path: string }
  | { readonly kind: 'other' }
  /** `awaitsWriter`: a FIFO, which open(2) gives to a reader only once there is a writer. */
  | { readonly kind: 'opened'; readonly fd: number; readonly awaitsWriter: boolean }
  /** open(2) would wait: for a reader of a FIFO, or for somebody to give up a lease. */
  | { readonly kind: 'would-wait' };

export type OpenReply = OpenOutcome & { readonly id: number };

/** What the thread is started with. */
export interface OpenerStart {
  readonly role: 'opener';
}
