import { nearestName } from '../../../nearest-name.js';
import { quote } from '../../../text.js';
import type { ProfileIssueCode } from '../../document/profile-error.js';
import type { SystemdVersion } from '../systemd-versions.js';
import {
  addressFamily,
  denyWriteExecute,
  lockPersonality,
  NAMESPACES,
  type Restriction,
  restrictAddressFamilies,
  restrictNamespaces,
  restrictRealtime,
  restrictSuidSgid,
  usualNamespaces,
  whole,
} from './restrictions.js';
import type { Assignment, UnitWord } from './unit.js';

/** What is wrong with a value, which systemd would ignore with a warning. */
export type Complain = (code: ProfileIssueCode, offset: number, message: string, hint?: string) => void;

/** The state of a unit's options after some assignments. */
interface State {
  readonly version: SystemdVersion;
  /** Options that are on, and where they were turned on. */
  on: Map<string, number>;
  /** Undefined: RestrictNamespaces= says nothing. */
  namespaces: Set<string> | undefined;
  families: { set: Set<bigint>; isAllowList: boolean } | undefined;
  personality: string | undefined;
}

type Members = (group: string) => readonly string[];

/**
 * Options that are on or off, and what they deny (exec_child, and exec_invoke of 262). On Linux 6.3 and newer 262 has the
 * kernel itself do as MemoryDenyWriteExecute says (PR_SET_MDWE of prctl(2)), and installs no filter.
 */
const SWITCHES: Readonly<Record<string, (state: State, members: Members) => readonly Restriction[]>> = {
  MemoryDenyWriteExecute: denyWriteExecute,
  RestrictRealtime: restrictRealtime,
  RestrictSUIDSGID: restrictSuidSgid,
  ProtectKernelTunables: () => [whole(['_sysctl'])],
  ProtectKernelModules: (_, members) => [whole(members('@module'))],
  ProtectKernelLogs: () => [whole(['syslog'])],
  ProtectClock: (_, members) => [whole(members('@clock'))],
  ProtectHostname: () => [whole(['sethostname', 'setdomainname'])],
  PrivateDevices: (_, members) => [whole(members('@raw-io'))],
  LockPersonality: ({ personality }) => lockPersonality(personality),
};

/** Options that turn another one on, whatever that says itself (unit_patch_contexts). */
const IMPLIED: Readonly<Record<string, string>> = { DynamicUser: 'RestrictSUIDSGID' };

const LISTS = ['RestrictNamespaces', 'RestrictAddressFamilies'];

/** Options for which systemd installs filters beside that of SystemCallFilter=. */
export const FILTER_OPTIONS: readonly string[] = [...Object.keys(SWITCHES), ...LISTS, ...Object.keys(IMPLIED)];

/** A restriction, and the option that it comes from. */
export interface OptionRestriction extends Restriction {
  option: string;
  offset: number;
}

/** What a unit's options deny, besides SystemCallFilter=; `members` are the calls of a group. */
export function restrictionsOf(
  assignments: readonly Assignment[],
  version: SystemdVersion,
  members: Members,
  complain: Complain,
): readonly OptionRestriction[] {
  const state: State = { version, on: new Map(), namespaces: undefined, families: undefined, personality: undefined };
  for (const assignment of assignments) assign(state, assignment, complain);
  for (const [option, implied] of Object.entries(IMPLIED)) {
    const offset = state.on.get(option);
    if (offset !== undefined && !state.on.has(implied)) state.on.set(implied, offset);
  }
  return [...state.on].flatMap(([option, offset]) =>
    restrictionsBy(option, state, members).map((restriction) => ({ ...restriction, option, offset })),
  );
}

function restrictionsBy(option: string, state: State, members: Members): readonly Restriction[] {
  const { version, namespaces, families } = state;
  if (option === 'RestrictNamespaces') return namespaces ? restrictNamespaces(namespaces, version) : [];
  if (option === 'RestrictAddressFamilies') {
    return families ? restrictAddressFamilies(families.set, families.isAllowList) : [];
  }
  return SWITCHES[option]?.(state, members) ?? [];
}

function assign(state: State, assignment: Assignment, complain: Complain): void {
  const { key, words, offset } = assignment;
  switch (key) {
    case 'Personality':
      state.personality = personalityOf(words);
      return;
    case 'RestrictNamespaces':
      state.namespaces = namespacesAfter(state.namespaces, usualNamespaces(state.version), words, complain);
      state.on.set(key, offset);
      return;
    case 'RestrictAddressFamilies':
      state.families = familiesAfter(state.families, words, complain);
      state.on.set(key, offset);
      return;
  }
  const [word, more] = words;
  const value = word && !more ? switchOf(key, word.text, state.version) : undefined;
  if (value === undefined) {
    const message = `${key}= is ${quote(words.map(({ text }) => text).join(' '))}, and takes yes or no`;
    complain('bad-syntax', word?.offset ?? offset, message, `systemd ${state.version} ignores anything else`);
  } else if (value) {
    state.on.set(key, offset);
  } else {
    state.on.delete(key);
  }
}

/** ProtectHostname= of 262 may also name the host, or let the unit name it (config_parse_protect_hostname). */
function switchOf(option: string, text: string, version: SystemdVersion): boolean | undefined {
  if (option !== 'ProtectHostname' || version === '252') return booleanOf(text);
  const [, value = text, name] = /^([^:]*):(.*)$/.exec(text) ?? [];
  if (name === '') return undefined;
  const isOn = value === 'private' ? false : booleanOf(value);
  return name !== undefined && isOn === false && value !== 'private' ? undefined : isOn;
}

/** parse_boolean */
function booleanOf(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  if (['1', 'yes', 'y', 'true', 't', 'on'].includes(lower)) return true;
  return ['0', 'no', 'n', 'false', 'f', 'off'].includes(lower) ? false : undefined;
}

/** A list of which the first word may begin with `~`. */
function listOf(words: readonly UnitWord[]): { isInverted: boolean; list: readonly UnitWord[] } {
  const [first, ...others] = words;
  if (!first?.text.startsWith('~')) return { isInverted: false, list: words };
  const bare = { text: first.text.slice(1), offset: first.offset + 1 };
  return { isInverted: true, list: bare.text === '' ? others : [bare, ...others] };
}

/** The namespaces that are permitted (config_parse_restrict_namespaces). */
function namespacesAfter(
  before: ReadonlySet<string> | undefined,
  usual: readonly string[],
  words: readonly UnitWord[],
  complain: Complain,
): Set<string> | undefined {
  const [first, second] = words;
  if (!first) return undefined;
  const value = second ? undefined : booleanOf(first.text);
  if (value !== undefined) return new Set(value ? [] : usual);
  const { isInverted, list } = listOf(words);
  const permitted = new Set(before ?? (isInverted ? usual : []));
  for (const { text, offset } of list) {
    if (!NAMESPACES.has(text)) {
      const nearest = nearestName(text, NAMESPACES.keys());
      const hint = nearest ? `did you mean ${nearest}?` : `there are ${[...NAMESPACES.keys()].join(', ')}, yes and no`;
      complain('bad-syntax', offset, `${quote(text)} is no kind of namespace`, hint);
    } else if (isInverted) permitted.delete(text);
    else permitted.add(text);
  }
  return permitted;
}

/** config_parse_address_families: the first assignment decides, until an empty one, what is listed. */
function familiesAfter(before: State['families'], words: readonly UnitWord[], complain: Complain): State['families'] {
  const [first, second] = words;
  if (!first) return undefined;
  if (first.text === 'none' && !second) return { set: new Set(), isAllowList: true };
  const { isInverted, list } = listOf(words);
  const { set, isAllowList } = before ?? { set: new Set<bigint>(), isAllowList: !isInverted };
  for (const { text, offset } of list) {
    const family = addressFamily(text);
    if (family === undefined) {
      const hint = 'see address_families(7): AF_UNIX, AF_INET, AF_INET6, AF_NETLINK…';
      complain('bad-syntax', offset, `${quote(text)} is no address family`, hint);
    } else if (isInverted === isAllowList) set.delete(family);
    else set.add(family);
  }
  return { set, isAllowList };
}

/** Personality= names an architecture: that of a 64-bit machine, or its 32-bit one. */
function personalityOf([word]: readonly UnitWord[]): string | undefined {
  if (!word) return undefined;
  return /^(?:x86|arm|s390|ppc|ppc-le|mips|mips-le|parisc)$/.test(word.text) ? 'PER_LINUX32' : 'PER_LINUX';
}
