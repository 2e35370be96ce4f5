import { traitsOf } from '../../profile/formats/index.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';

/**
 * How container engines see a file. All read JSON into one structure (Go's encoding/json), and ignore the keys that it
 * does not have. A profile without a default action and without entries means "no filter": to moby and
 * containers/common (setupSeccomp), and to runc for containerd (libcontainer/specconv, SetupSeccomp).
 */
export type FileView =
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
export function fileView(text: string | undefined, profile: ParsedProfile): FileView {
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

const MESSAGES: Readonly<Record<Exclude<FileView, 'profile'>, (who: string) => string>> = {
  nothing: (who) =>
    `unknown keys are ignored by ${who}, and in this file there is nothing else: given it the container starts without a filter, and nothing is said`,
  'no-default': (who) =>
    `"extends" and "remove" are ignored by ${who}, and the entries that are left have no default action: the container does not start`,
  'without-base': (who) =>
    `"extends" and "remove" are ignored by ${who}: given this file the filter is its own entries alone, without what it extends`,
  'not-json': (who) => `JSON alone is read by ${who}: given this file the container does not start`,
};

/** What a view of a file comes to. */
export const viewMessage = (view: Exclude<FileView, 'profile'>, who: string): string => MESSAGES[view](who);
