import { SupervisorError } from '../supervise/supervisor-error.js';

/** The state of a container, OCI runtime spec, runtime.md "State". */
export interface ContainerState {
  ociVersion: string;
  id: string;
  status: string;
  /** The container's process, in the runtime's PID namespace. */
  pid?: number | undefined;
  bundle: string;
  annotations?: Record<string, string> | undefined;
}

/** What a runtime sends with a listener, OCI runtime spec, config-linux.md "The Container Process State". */
export interface ContainerProcessState {
  ociVersion: string;
  /** What the descriptors are that came along, in their order; the listener is `seccompFd`. */
  fds: string[];
  /** The process that the filter is for, in the runtime's PID namespace. */
  pid: number;
  /** `listenerMetadata` of the profile. */
  metadata?: string | undefined;
  state: ContainerState;
}

/** `SeccompFdName` of the spec. */
export const SECCOMP_FD_NAME = 'seccompFd';

/**
 * Read a message. Fields that the spec does not know are left out.
 *
 * @throws {SupervisorError} CONTAINER_STATE, when it is not as the spec says, or names another number of descriptors
 */
export function parseContainerProcessState(text: string, descriptors: number): ContainerProcessState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SupervisorError('CONTAINER_STATE', 'the runtime’s message is not JSON', { cause });
  }
  const message = object(value, 'the message');
  const fds = message.fds;
  if (!Array.isArray(fds) || !fds.every((name): name is string => typeof name === 'string')) {
    throw invalid('fds is not a list of names');
  }
  if (fds.length !== descriptors) throw invalid(`fds names ${fds.length} descriptors, ${descriptors} came along`);
  if (fds.filter((name) => name === SECCOMP_FD_NAME).length !== 1)
    throw invalid(`fds does not name one ${SECCOMP_FD_NAME}`);
  const state = object(message.state, 'state');
  const { metadata, pid } = message;
  if (metadata !== undefined && typeof metadata !== 'string') throw invalid('metadata is no string');
  return {
    ociVersion: string(message.ociVersion, 'ociVersion'),
    fds,
    pid: processId(pid, 'pid'),
    metadata,
    state: {
      ociVersion: string(state.ociVersion, 'state.ociVersion'),
      id: string(state.id, 'state.id'),
      status: string(state.status, 'state.status'),
      pid: state.pid === undefined ? undefined : processId(state.pid, 'state.pid'),
      bundle: string(state.bundle, 'state.bundle'),
      annotations:
        state.annotations === undefined || state.annotations === null ? undefined : strings(state.annotations),
    },
  };
}

function invalid(why: string): SupervisorError {
  return new SupervisorError('CONTAINER_STATE', `the runtime’s message is no ContainerProcessState: ${why}`);
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${what} is no object`);
  return value as Record<string, unknown>;
}

function string(value: unknown, what: string): string {
  if (typeof value !== 'string') throw invalid(`${what} is no string`);
  return value;
}

function processId(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw invalid(`${what} is no process id`);
  return value;
}

function strings(value: unknown): Record<string, string> {
  const entries = Object.entries(object(value, 'state.annotations'));
  return Object.fromEntries(entries.map(([name, text]) => [name, string(text, `state.annotations.${name}`)]));
}
