import { ACTION_NAMES, type ActionKind } from '../action.js';
import { ARCHITECTURES, type ArchitectureName, parseArchitecture } from '../architecture.js';
import { errnoNames, errnoNumber } from '../errno.js';
import { BUILTIN_NAMES, BUILTIN_PREFIX, BUILTIN_PURPOSES } from '../profile/builtin/names.js';
import { CAPABILITIES } from '../profile/model/capability.js';
import { familyConstants } from '../syscalls/constants.js';
import { firstLinux } from '../syscalls/first-linux.js';
import { syscallPurpose } from '../syscalls/purposes.js';
import { knownSyscalls, type SyscallParameter, syscallSignature } from '../syscalls/signature.js';
import { syscallNumber } from '../syscalls/syscall-name.js';

/** A word that may be written, and what it means. */
export interface Word {
  readonly label: string;
  /** What is inserted, where it is not the label. */
  readonly apply?: string;
  readonly detail?: string;
  readonly info?: string;
  readonly kind:
    | 'call'
    | 'action'
    | 'architecture'
    | 'capability'
    | 'group'
    | 'constant'
    | 'keyword'
    | 'profile'
    | 'key';
}

/** What may stand in the place of the text between two offsets. */
export interface Completions {
  from: number;
  to: number;
  options: readonly Word[];
}

const ACTION_WORDS: Readonly<Record<ActionKind, string>> = {
  KILL_PROCESS: 'kill the process, with SIGSYS',
  KILL_THREAD: 'kill the thread that made the call, with SIGSYS',
  TRAP: 'send SIGSYS to the thread, whose handler may answer',
  ERRNO: 'do not make the call; it fails with an errno',
  TRACE: 'ask the tracer; without one the call fails with ENOSYS',
  NOTIFY: 'ask the agent that has the listener',
  LOG: 'make the call, and log it',
  ALLOW: 'make the call',
};

export const actionPurpose = (kind: ActionKind): string => ACTION_WORDS[kind];

export const CALL_NAMES: ReadonlySet<string> = new Set(knownSyscalls());

/** `openat(dirfd, pathname, flags, mode)` */
function signatureText(name: string, architecture?: ArchitectureName): string {
  const parameters = syscallSignature(name, architecture);
  return `${name}(${parameters ? parameters.map((each) => each.name).join(', ') : '…'})`;
}

const callWords = new Map<ArchitectureName, readonly Word[]>();

/** Every system call, with its number on an architecture, its signature and what it does. */
export function callVocabulary(architecture: ArchitectureName): readonly Word[] {
  const known = callWords.get(architecture);
  if (known) return known;
  const words = [...CALL_NAMES].sort().map((name): Word => {
    const number = syscallNumber(name, architecture);
    const on = number === undefined ? `not on ${architecture}` : `${architecture} ${number}`;
    return {
      label: name,
      kind: 'call',
      detail: `${on} · ${signatureText(name).slice(name.length)}`,
      info: callInfo(name, architecture),
    };
  });
  callWords.set(architecture, words);
  return words;
}

/** What a call does, and since which Linux an architecture has it. */
function callInfo(name: string, architecture: ArchitectureName): string {
  const purpose = syscallPurpose(name) ?? 'a system call';
  if (syscallNumber(name, architecture) === undefined) return `${purpose}; ${architecture} does not have it`;
  return `${purpose}; ${sinceText(name, architecture)}`;
}

/** `since Linux 5.6`; the table begins with 3.0. */
export function sinceText(name: string, architecture: ArchitectureName): string {
  const { version, revision } = firstLinux(name, parseArchitecture(architecture));
  const text = `${version}.${revision}`;
  return text === '3.0' ? 'since before Linux 3.1' : `since Linux ${text}`;
}

export const ACTIONS: readonly Word[] = ACTION_NAMES.map((label) => {
  const kind = label === 'SCMP_ACT_KILL' ? 'KILL_THREAD' : (label.slice('SCMP_ACT_'.length) as ActionKind);
  return { label, kind: 'action', info: ACTION_WORDS[kind] };
});

/** Actions by the words of a format. */
export const actionWords = (words: Readonly<Record<string, ActionKind>>): readonly Word[] =>
  Object.entries(words).map(([label, kind]) => ({ label, kind: 'action', info: ACTION_WORDS[kind] }));

export const OCI_ARCHITECTURES: readonly Word[] = ARCHITECTURES.map(({ name, ociName, goName, wordSize }) => ({
  label: ociName,
  kind: 'architecture',
  detail: goName ?? name,
  info: `${wordSize} bits`,
}));

export const GO_ARCHITECTURES: readonly Word[] = ARCHITECTURES.flatMap(({ name, goName }): Word[] =>
  goName ? [{ label: goName, kind: 'architecture', detail: name }] : [],
);

export const ARCHITECTURE_WORDS: readonly Word[] = ARCHITECTURES.map(({ name, ociName }) => ({
  label: name,
  kind: 'architecture',
  detail: ociName,
}));

export const CAPABILITY_WORDS: readonly Word[] = CAPABILITIES.map((label) => ({ label, kind: 'capability' }));

export const BUILTIN_WORDS: readonly Word[] = BUILTIN_NAMES.map((name) => ({
  label: `${BUILTIN_PREFIX}${name}`,
  kind: 'profile',
  info: BUILTIN_PURPOSES[name],
}));

export const keywords = (names: readonly string[], info?: string): readonly Word[] =>
  names.map((label) => ({ label, kind: 'keyword', ...(info === undefined ? {} : { info }) }));

/** errnos by name, with their numbers. */
export const errnoWords = (architecture: ArchitectureName): readonly Word[] =>
  [...errnoNames()].sort().map((label) => ({
    label,
    kind: 'constant',
    detail: `${errnoNumber(label, architecture) ?? `not on ${architecture}`}`,
  }));

/** The constants that people write for an argument of a call. */
export function constantWords(
  parameter: SyscallParameter | undefined,
  architecture: ArchitectureName,
): readonly Word[] {
  if (!parameter?.constants) return [];
  return [...familyConstants(parameter.constants, architecture)].map(([label, value]) => ({
    label,
    kind: 'constant',
    detail: value < 4096n ? `${value}` : `0x${value.toString(16)}`,
    info: `for ${parameter.name}`,
  }));
}

/** Groups of calls of a format, with what is in them. */
export const groupWords = (groups: ReadonlyMap<string, readonly string[]>): readonly Word[] =>
  [...groups].map(([label, members]) => ({
    label,
    kind: 'group',
    detail: `${members.length} members`,
    info: members.length > 12 ? `${members.slice(0, 12).join(' ')} …` : members.join(' '),
  }));
