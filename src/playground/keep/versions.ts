import type { ProfileText, Settings } from '../engine/protocol.js';

/** A text as it once was, with what it was compiled for. */
export interface Version extends ProfileText {
  settings: Settings;
  /** In milliseconds since 1970. */
  time: number;
}

export interface KeptVersion extends Version {
  id: number;
}

/** What is kept in this browser at most. A site has some room for all that it keeps, and other parts want some too. */
export const VERSION_LIMITS = {
  versions: 100,
  /** Of all texts, in UTF-16 code units. */
  characters: 8_000_000,
  /** Of one text: a longer one is not kept. */
  text: 1_000_000,
} as const;

const sizeOf = ({ text, source, settings }: Version) => text.length + source.length + JSON.stringify(settings).length;

const isSame = (one: Version, other: Version) =>
  one.text === other.text &&
  one.source === other.source &&
  JSON.stringify(one.settings) === JSON.stringify(other.settings);

/** Whether a version is kept at all: nobody misses an empty text. */
export const isWorthKeeping = ({ text }: Version): boolean => text.trim() !== '' && text.length <= VERSION_LIMITS.text;

/**
 * Which of the kept versions go when another one is added: those that are the same, and the oldest where there are too
 * many. `share`: the part of the limits that may be used, where the browser has less room than these.
 */
export function outdated(kept: readonly KeptVersion[], added: Version, share = 1): number[] {
  const gone: number[] = [];
  let [count, size] = [1, sizeOf(added)];
  for (const version of [...kept].sort((one, other) => other.time - one.time || other.id - one.id)) {
    const isFull =
      count + 1 > VERSION_LIMITS.versions * share || size + sizeOf(version) > VERSION_LIMITS.characters * share;
    if (isFull || isSame(version, added)) {
      gone.push(version.id);
      continue;
    }
    count++;
    size += sizeOf(version);
  }
  return gone;
}
