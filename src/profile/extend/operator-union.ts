import { isStricter } from '../../action.js';
import type { Locate } from '../model/parsed-profile.js';
import type { DockerSyscall, SeccompArgument } from '../model/schema.js';
import type { MergedEntry } from './merged-entry.js';

/**
 * The Security Profiles Operator by how it unites a profile with its base: the release 1.0.0, and its main branch as of
 * June 2026. docs/extends.md says what each does.
 */
export const OPERATOR_VERSIONS = ['1.0.0', 'main-2026-06'] as const;
export type OperatorVersion = (typeof OPERATOR_VERSIONS)[number];
export const DEFAULT_OPERATOR: OperatorVersion = '1.0.0';

/** What happened to a call that several entries name. */
export interface UnitedCall {
  name: string;
  /** The entries, in order. */
  of: readonly MergedEntry[];
  /** Whether they have different actions, of which the least restrictive is taken. */
  hasOtherAction: boolean;
  /** Whether conditions of several are in one entry now, where all of them must hold. */
  hasJoinedArgs: boolean;
}

/**
 * Entries as the operator's main branch unites them (saschagrunert/security-profiles-merger, seccomp, UnionSyscalls,
 * pickSyscall and unionArgs of June 2026). Each name gets one entry, with the less restrictive of two actions; among
 * equal ones the first entry's errno. It has no conditions where one of the two has none, and else the conditions of
 * both.
 */
export function uniteByName(entries: readonly MergedEntry[]): { entries: MergedEntry[]; united: UnitedCall[] } {
  const byName = new Map<string, { merged: MergedEntry; call: UnitedCall }>();
  for (const entry of entries) {
    const { name: alone, names } = entry.entry;
    (alone ? [alone] : (names ?? [])).forEach((name, index) => {
      const single = only(entry, name, index);
      const known = byName.get(name);
      if (!known) {
        byName.set(name, { merged: single, call: { name, of: [entry], hasOtherAction: false, hasJoinedArgs: false } });
        return;
      }
      const merged = pick(known.merged, single);
      const count = merged.entry.args?.length ?? 0;
      const most = Math.max(known.merged.entry.args?.length ?? 0, single.entry.args?.length ?? 0);
      const { of, hasOtherAction, hasJoinedArgs } = known.call;
      const isOther = known.merged.entry.action !== single.entry.action;
      byName.set(name, {
        merged,
        call: {
          name,
          of: [...of, entry],
          hasOtherAction: hasOtherAction || isOther,
          hasJoinedArgs: (hasJoinedArgs && count > 0) || count > most,
        },
      });
    });
  }
  const all = [...byName.values()];
  return {
    entries: all.map(({ merged }) => merged),
    united: all.flatMap(({ call }) => (call.of.length > 1 ? [call] : [])),
  };
}

/** An entry about one of its names. */
function only({ entry, locate }: MergedEntry, name: string, index: number): MergedEntry {
  const { name: alone, names: _names, ...rest } = entry;
  return {
    entry: { ...rest, names: [name] },
    locate: (...path) => {
      if (path[0] !== 'names' || path[1] === undefined) return locate(...path);
      return alone ? locate('name') : locate('names', index);
    },
  };
}

function pick(left: MergedEntry, right: MergedEntry): MergedEntry {
  const taken = isStricter(left.entry.action, right.entry.action) ? right : left;
  const [first, second] = [left.entry.args ?? [], right.entry.args ?? []];
  const { args: _args, ...rest } = taken.entry;
  const isOpen = first.length === 0 || second.length === 0;
  const added = isOpen ? [] : second.flatMap((each, index) => (first.some(isSame(each)) ? [] : [index]));
  const args = isOpen ? [] : [...first, ...added.map((index) => second[index] as SeccompArgument)];
  const entry: DockerSyscall = { ...rest, names: left.entry.names, ...(args.length > 0 ? { args } : {}) };
  const locate: Locate = (...path) => {
    const [key, index, ...deeper] = path;
    if (key === 'args' && typeof index === 'number') {
      return index < first.length
        ? left.locate('args', index, ...deeper)
        : right.locate('args', added[index - first.length] ?? 0, ...deeper);
    }
    return (key === 'names' ? left : taken).locate(...path);
  };
  return { entry, locate };
}

const isSame =
  (one: SeccompArgument) =>
  (other: SeccompArgument): boolean =>
    one.index === other.index &&
    one.op === other.op &&
    one.value === other.value &&
    (one.valueTwo ?? 0n) === (other.valueTwo ?? 0n);
