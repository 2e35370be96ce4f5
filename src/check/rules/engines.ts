import { traitsOf } from '../../profile/formats/index.js';
import type { CheckContext } from '../context.js';
import type { CheckRule, RuleFinding } from '../rule.js';

/**
 * How Docker and Podman read a file. Both read JSON into one structure (Go's encoding/json), and ignore the keys that
 * it does not have. For both, a profile without a default action and without entries means "no filter" (moby,
 * profiles/seccomp, setupSeccomp; containers/common, pkg/seccomp).
 */
export type EngineView =
  /** They find nothing in it, and start the container without a filter. */
  | 'nothing'
  /** They find entries and no default action, which runtimes refuse. */
  | 'no-default'
  /** They ignore `extends` and `remove`, and take the rest. */
  | 'without-base'
  /** It is not JSON: they refuse it. */
  | 'not-json'
  | 'profile';

/** For a text; without one only the format is known. */
function engineView(text: string | undefined, profile: CheckContext['profile']): EngineView {
  if (text === undefined) return traitsOf(profile).readBy?.includes('engine') ? 'profile' : 'nothing';
  const keys = parseObject(text.replace(/^\uFEFF/, ''));
  if (keys === undefined) return 'not-json';
  const isThere = (key: string) => Object.hasOwn(keys, key) && keys[key] !== null;
  if (!isThere('defaultAction')) {
    const { syscalls } = keys;
    return Array.isArray(syscalls) && syscalls.length > 0 ? 'no-default' : 'nothing';
  }
  return isThere('extends') || isThere('remove') ? 'without-base' : 'profile';
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const MESSAGES: Readonly<Record<Exclude<EngineView, 'profile'>, string>> = {
  nothing:
    'Docker and Podman ignore keys they do not know, and in this file there is nothing else: given it they start the container without a filter, and say nothing',
  'no-default':
    'Docker and Podman ignore "extends" and "remove", and the entries that are left have no default action: the container does not start',
  'without-base':
    'Docker and Podman ignore "extends" and "remove": given this file their filter is its own entries alone, without what it extends',
  'not-json': 'Docker and Podman read JSON alone: given this file the container does not start',
};

const engineReadsNothing: CheckRule = {
  id: 'engine-reads-nothing',
  severity: 'advice',
  summary: 'A file in which Docker and Podman find no profile: the container starts without a filter.',
  *checkText({ profile, engine, raw }) {
    const view = engineView(raw, profile);
    if (view === 'profile' && engine === 'docker') yield* refusedComments(profile);
    // What an engine refuses with an error matters only where the file is for that engine.
    if (view === 'profile' || (view !== 'nothing' && engine === undefined)) return;
    yield {
      place: { path: '', position: raw === undefined ? undefined : { line: 1, column: 1, offset: 0 } },
      severity: engine === undefined ? undefined : 'error',
      message: MESSAGES[view],
      advice: 'give an engine what "scmp convert --to docker" makes of it, and never this file',
    } satisfies RuleFinding;
  },
};

/**
 * Docker reads a comment as a string (moby, profiles/seccomp, Syscall; run with 20.10.24), and refuses anything else.
 */
function* refusedComments({ seccomp, locate }: CheckContext['profile']): Generator<RuleFinding> {
  for (const [index, { comment }] of (seccomp.syscalls ?? []).entries()) {
    if (typeof comment === 'string' || comment === undefined || comment === null) continue;
    yield {
      place: locate('syscalls', index, 'comment'),
      severity: 'error',
      message: 'Docker takes a comment that is one text, and no other: given this file the container does not start',
      advice: 'write it as one text, or give Docker what "scmp convert --to docker" makes of it',
    };
  }
}

export const ENGINE_RULES: readonly CheckRule[] = [engineReadsNothing];
