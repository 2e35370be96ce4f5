import type { EntryPlace } from './engine/entry-places.js';

/**
 * What is looked at, in every view at once: entries of the profile by their index, and the call of them that is meant,
 * where it is one.
 */
export interface Focus {
  entries: readonly number[];
  call?: string | undefined;
  /** Where it was chosen: the other views bring it into sight. */
  from: 'profile' | 'map' | 'program' | 'simulate';
}

/** How many colours entries have; neighbours get different ones. */
const HUES = 8;

/** The colour of an entry: the class and the custom property are `entry-` and this number. */
export const hueOf = (entry: number): number => (entry * 3) % HUES;

/** The entry at an offset of the text; at the end of one it is still that one. */
export function entryAt(entries: readonly EntryPlace[], offset: number): number | undefined {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle] as EntryPlace).from <= offset) low = middle + 1;
    else high = middle;
  }
  const found = entries[low - 1];
  return found && offset <= found.to ? low - 1 : undefined;
}

/** What the caret is at: an entry, and a call where it is in its name. */
export function focusAt(
  entries: readonly EntryPlace[],
  text: { slice(from: number, to: number): string },
  offset: number,
): Focus | undefined {
  const entry = entryAt(entries, offset);
  if (entry === undefined) return undefined;
  const before = /\w*$/.exec(text.slice(Math.max(0, offset - 64), offset))?.[0] ?? '';
  const after = /^\w*/.exec(text.slice(offset, offset + 64))?.[0] ?? '';
  const word = before + after;
  const call = entries[entry]?.calls.includes(word) ? word : undefined;
  return { entries: [entry], call, from: 'profile' };
}

/** The entries that name a call. */
export function focusOfCall(entries: readonly EntryPlace[], call: string, from: Focus['from']): Focus {
  return { entries: entries.flatMap(({ calls }, index) => (calls.includes(call) ? [index] : [])), call, from };
}

/** Whether something that belongs to these entries and calls is looked at. */
export function isFocused(
  focus: Focus | undefined,
  { entries, calls }: { entries: readonly number[]; calls: readonly string[] },
): boolean {
  if (!focus) return false;
  if (focus.call !== undefined) return calls.includes(focus.call);
  return entries.some((entry) => focus.entries.includes(entry));
}

export const isSameFocus = (one: Focus | undefined, other: Focus | undefined): boolean =>
  one?.call === other?.call && one?.entries.join() === other?.entries.join();
