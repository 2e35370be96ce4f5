import { maxErrnoRet } from '../../../action.js';
import {
  ARCHITECTURES,
  type ArchitectureName,
  findArchitecture,
  nearestArchitecture,
  parseArchitecture,
} from '../../../architecture.js';
import { errnoNames, isErrnoName } from '../../../errno.js';
import { nearestName } from '../../../nearest-name.js';
import { isCall, syscallNumber } from '../../../syscalls/syscall-name.js';
import { quote } from '../../../text.js';
import type { ProfileIssue, ProfileIssueCode } from '../../document/profile-error.js';
import { failOnIssues } from '../../document/profile-error.js';
import type { SourceText } from '../../document/source-text.js';
import { dockerNames } from '../../model/conditional-entry.js';
import { finishProfile } from '../../model/finish-profile.js';
import type { ParsedProfile, Place } from '../../model/parsed-profile.js';
import { type DockerSeccomp, type DockerSyscall, NATIVE_ARCHITECTURE } from '../../model/schema.js';
import { archMapOf, type CompatArchitectures } from '../compat-architectures.js';
import { NEWEST_SYSTEMD, type SystemdVersion } from '../systemd-versions.js';
import { findSystemdArchitecture, systemdArchitecture } from './architectures.js';
import { systemd } from './format.js';
import { SYSTEMD_GROUPS_TEXTS } from './groups.js';
import { FILTER_OPTIONS, type OptionRestriction, restrictionsOf } from './options.js';
import { abisOf, entriesOf } from './restrictions.js';
import { type Assignment, parseUnit, type UnitWord } from './unit.js';

type Action = Pick<DockerSyscall, 'action' | 'errno' | 'errnoRet'>;

const MAX_ERRNO_RET = maxErrnoRet('SCMP_ACT_ERRNO') as number;
const ALLOW: Action = { action: 'SCMP_ACT_ALLOW' };
const LOG: Action = { action: 'SCMP_ACT_LOG' };
const KILL: Action = { action: 'SCMP_ACT_KILL_PROCESS' };
const ENOSYS: Action = { action: 'SCMP_ACT_ERRNO', errno: 'ENOSYS' };

/** The settings that are about the filter itself. */
export const SETTINGS = ['SystemCallFilter', 'SystemCallErrorNumber', 'SystemCallArchitectures', 'SystemCallLog'];

/** The sections of units that execute something (systemd.exec(5)); elsewhere systemd ignores these settings. */
const SECTIONS = ['Service', 'Socket', 'Mount', 'Swap'];

/** Other architectures of a machine, whose calls systemd filters too (seccomp_local_archs in seccomp-util.c). */
const LOCAL_ARCHITECTURES: CompatArchitectures = {
  x86_64: ['x86', 'x32'],
  aarch64: ['arm'],
  mips64: ['mips', 'mips64n32'],
  mipsel64: ['mipsel', 'mipsel64n32'],
  parisc64: ['parisc'],
  ppc64: ['ppc'],
  s390x: ['s390'],
};

/** The same for every machine, as a profile has it. */
export const LOCAL_ARCH_MAP = archMapOf(LOCAL_ARCHITECTURES);

/**
 * What 262's groups have and no architecture has as a call: names of functions in the kernel. systemd leaves out of a group
 * what its libseccomp does not know (seccomp_add_syscall_filter_item).
 */
const NO_CALLS: ReadonlySet<string> = new Set(['fstatat', 'llseek', 'newfstat']);

const groupsOf = new Map<SystemdVersion, ReadonlyMap<string, readonly string[]>>();

/** The groups of a systemd, with the `@` of their names. Their members are system calls and other groups. */
export function systemdGroups(version: SystemdVersion = NEWEST_SYSTEMD): ReadonlyMap<string, readonly string[]> {
  let groups = groupsOf.get(version);
  if (groups) return groups;
  groups = new Map(
    SYSTEMD_GROUPS_TEXTS[version]
      .trim()
      .split(/\n(?=@)/)
      .map((entry) => {
        const [name, ...members] = entry.split(/\s+/) as [string, ...string[]];
        return [name.slice(0, -1), members];
      }),
  );
  groupsOf.set(version, groups);
  return groups;
}

/**
 * Read the SystemCallFilter=, SystemCallErrorNumber=, SystemCallArchitectures= and SystemCallLog= of a unit, and the
 * options for which systemd installs more filters. They are read as by systemd.exec(5) and systemd's source
 * (config_parse_syscall_filter, seccomp_parse_syscall_filter, apply_syscall_filter). systemd installs the filter, the
 * log, and a filter for each option and architecture; here they become one profile, since the kernel obeys the strictest. systemd ignores some faults with a warning. They are errors here where the unit would run
 * with a weaker filter than it says.
 */
export function readSystemdUnit(
  text: SourceText,
  { systemd: version = NEWEST_SYSTEMD }: { systemd?: SystemdVersion | undefined } = {},
): ParsedProfile {
  return new UnitReader(text, version).read(parseUnit(text));
}

/** A set of calls with an action other than the default's. */
interface CallSet {
  /** The first assignment decides, until an empty one: only what is listed, or all but what is listed. */
  isAllowList: boolean;
  words: FilterWord[];
  offset: number;
}

/** A word of a set, and whether it is in a list that begins with `~`. */
interface FilterWord {
  name: string;
  members: readonly string[];
  error: Action | undefined;
  isInverted: boolean;
  offset: number;
}

type ListedCalls = ReadonlyMap<string, Pick<FilterWord, 'error' | 'offset'>>;

class UnitReader {
  readonly #issues: ProfileIssue[] = [];
  #filter: CallSet | undefined;
  #log: CallSet | undefined;
  #error: { action: Action; offset: number } = { action: KILL, offset: 0 };
  #architectures: { name: string; offset: number }[] = [];
  #restrictions: readonly OptionRestriction[] = [];
  /** Other settings, and unknown groups: each is reported once. */
  readonly #reported = new Set<string>();
  /** The calls of each group named, those of the groups in it included. */
  readonly #groups = new Map<string, readonly string[]>();
  /** Of each entry made: the setting that it comes from, and the offsets of its names. */
  readonly #origins: { setting: string; offsets: readonly number[] }[] = [];

  readonly #text: SourceText;
  readonly #version: SystemdVersion;

  constructor(text: SourceText, version: SystemdVersion) {
    this.#text = text;
    this.#version = version;
  }

  read(assignments: readonly Assignment[]): ParsedProfile {
    this.#refuseNspawn(assignments);
    const own = assignments.filter((assignment) => this.#isOwn(assignment));
    if (own.length === 0) {
      const hint = 'it needs a SystemCallFilter=, or another such option, as RestrictNamespaces=';
      this.#issue('no-seccomp-section', 0, 'no setting of this unit makes systemd install a filter', hint);
    }
    for (const assignment of own) this.#assign(assignment);
    this.#restrictions = restrictionsOf(
      assignments.filter(({ key }) => FILTER_OPTIONS.includes(key) || key === 'Personality'),
      this.#version,
      (group) => this.#members({ text: group, offset: 0 }),
      (...issue) => this.#issue(...issue),
    );
    failOnIssues(this.#issues, this.#text.source);
    return finishProfile(systemd, this.#text, {
      seccomp: this.#seccomp(),
      locate: (...path) => this.#locate(path),
    });
  }

  /** systemd.nspawn(5) has a setting with the same name and another meaning. */
  #refuseNspawn(assignments: readonly Assignment[]): void {
    const setting = assignments.find(({ key }) => key === 'SystemCallFilter');
    if (!this.#text.source?.endsWith('.nspawn') && setting?.section !== 'Exec') return;
    const message = "this is a .nspawn file, whose SystemCallFilter= means something else than a unit's";
    this.#issue('unknown-format', setting?.offset ?? 0, message, 'read it as one: --from nspawn');
    failOnIssues(this.#issues, this.#text.source);
  }

  #issue(code: ProfileIssueCode, offset: number, message: string, hint?: string, path = ''): void {
    this.#issues.push({ code, message, hint, path, position: this.#text.positionAt(offset) });
  }

  #isOwn({ key, section, offset }: Assignment): boolean {
    const isNew = !this.#reported.has(key);
    this.#reported.add(key);
    if (!SETTINGS.includes(key) && !FILTER_OPTIONS.includes(key)) {
      // Many settings of units are called much like these options.
      const nearest = isNew ? (nearestName(key, SETTINGS, 3) ?? nearestName(key, FILTER_OPTIONS, 2)) : undefined;
      if (nearest) this.#issue('misspelt-key', offset, `unknown setting ${quote(key)}`, `did you mean ${nearest}=?`);
      return false;
    }
    if (section !== undefined && !SECTIONS.includes(section)) {
      const hint = `put it into [Service]`;
      this.#issue('wrong-section', offset, `systemd ignores ${key}= in [${section}]`, hint);
    }
    return true;
  }

  #assign({ key, words, offset }: Assignment): void {
    switch (key) {
      case 'SystemCallFilter':
        this.#filter = this.#merge(this.#filter, words, offset, 'filter');
        break;
      case 'SystemCallLog':
        this.#log = this.#merge(this.#log, words, offset, 'log');
        break;
      case 'SystemCallErrorNumber':
        this.#error = { action: this.#errorNumber(words), offset };
        break;
      case 'SystemCallArchitectures':
        if (words.length === 0) this.#architectures = [];
        for (const word of words) this.#addArchitecture(word);
        break;
    }
  }

  #merge(
    before: CallSet | undefined,
    words: readonly UnitWord[],
    offset: number,
    kind: 'filter' | 'log',
  ): CallSet | undefined {
    const [first] = words;
    if (!first) return undefined;
    const isInverted = first.text.startsWith('~');
    const bare = isInverted ? [{ text: first.text.slice(1), offset: first.offset + 1 }, ...words.slice(1)] : words;
    const set = before ?? { isAllowList: !isInverted, words: [], offset };
    // Only a filter can keep a process from starting; a log cannot.
    if (!before && !isInverted && kind === 'filter') this.#add(set, { text: '@default', offset }, false);
    for (const word of bare) if (word.text !== '') this.#add(set, word, isInverted);
    return set;
  }

  /** seccomp_parse_syscall_filter, with the word's suffix that parse_syscall_and_errno reads. */
  #add(set: CallSet, { text, offset }: UnitWord, isInverted: boolean): void {
    const [, name = '', suffix] = /^([^:]*)(?::(.*))?$/.exec(text) as unknown as [string, string, string | undefined];
    let error: Action | undefined;
    if (suffix !== undefined) {
      if (!isInverted) {
        const hint = 'errors go with what a "~" list denies';
        this.#issue('bad-syntax', offset, `${quote(text)} is allowed, so it cannot have an error`, hint);
        return;
      }
      error = suffix === 'kill' ? KILL : this.#errno({ text: suffix, offset: offset + name.length + 1 }, 0);
      if (!error) return;
    }
    const members = this.#members({ text: name, offset });
    if (members.length > 0) set.words.push({ name, members, error, isInverted, offset });
  }

  /** The calls a name stands for: those of a group, and of the groups in it. */
  #members({ text, offset }: UnitWord): readonly string[] {
    if (!text.startsWith('@')) {
      if (/^\w+$/.test(text)) return [text];
      this.#issue('bad-syntax', offset, `${quote(text)} is no name of a system call`);
      return [];
    }
    const groups = systemdGroups(this.#version);
    const members = groups.get(text);
    if (members) {
      const all =
        this.#groups.get(text) ??
        members.flatMap((member) => (NO_CALLS.has(member) ? [] : this.#members({ text: member, offset })));
      this.#groups.set(text, all);
      return all;
    }
    if (this.#reported.has(text)) return [];
    this.#reported.add(text);
    const nearest = nearestName(text, groups.keys());
    const hint = nearest ? `did you mean ${nearest}?` : `known are ${[...groups.keys()].join(', ')}`;
    this.#issue('unknown-group', offset, `systemd ${this.#version} has no group ${quote(text)}`, hint);
    return [];
  }

  #errorNumber(words: readonly UnitWord[]): Action {
    const [first, second] = words;
    if (!first || first.text === 'kill') return KILL;
    if (second) this.#issue('bad-syntax', second.offset, 'one errno, by name or number, is all it takes');
    return this.#errno(first, 1) ?? KILL;
  }

  #errno({ text, offset }: UnitWord, least: number): Action | undefined {
    if (/^\d{1,10}$/.test(text)) {
      if (Number(text) >= least && Number(text) <= MAX_ERRNO_RET)
        return { action: 'SCMP_ACT_ERRNO', errnoRet: BigInt(text) };
      this.#issue('out-of-range', offset, `an errno is a number from ${least} to ${MAX_ERRNO_RET}, not ${text}`);
      return undefined;
    }
    if (isErrnoName(text)) return { action: 'SCMP_ACT_ERRNO', errno: text };
    const nearest = nearestName(text, errnoNames());
    this.#issue(
      'unknown-errno',
      offset,
      `unknown errno ${quote(text)}`,
      nearest ? `did you mean ${nearest}?` : 'see errno(3)',
    );
    return undefined;
  }

  #addArchitecture({ text, offset }: UnitWord): void {
    const name = text === 'native' ? NATIVE_ARCHITECTURE : findSystemdArchitecture(text);
    if (name) {
      this.#architectures.push({ name, offset });
      return;
    }
    const known = ['native', ...ARCHITECTURES.map(({ name }) => systemdArchitecture(name))];
    const meant = findArchitecture(text) ?? nearestArchitecture(text);
    const nearest = meant ? systemdArchitecture(meant.name) : nearestName(text, known);
    const hint = nearest ? `did you mean ${nearest}?` : `known are ${known.join(', ')}`;
    this.#issue('unknown-architecture', offset, `unknown architecture ${quote(text)}`, hint);
  }

  #seccomp(): DockerSeccomp {
    const [filter, log] = [this.#filter, this.#log];
    const denied = this.#error.action;
    const known = this.#knownCalls();
    const filterDefault = filter?.isAllowList ? (known.size > 0 ? ENOSYS : denied) : ALLOW;
    const logDefault = log && !log.isAllowList ? LOG : ALLOW;
    const isAllowed = ({ action }: Action) => action === 'SCMP_ACT_ALLOW';
    const byDefault = isAllowed(filterDefault) ? logDefault : filterDefault;

    const [filteredCalls, loggedCalls] = [listedCalls(filter), listedCalls(log)];
    const decisionOf = (name: string): Action => {
      const filtered = filteredCalls.get(name);
      const logged = loggedCalls.get(name);
      const listed = filter?.isAllowList ? ALLOW : denied;
      const action = filtered ? (filtered.error ?? listed) : known.has(name) ? denied : filterDefault;
      const logAction = logged ? (log?.isAllowList ? LOG : ALLOW) : logDefault;
      return isAllowed(action) ? logAction : action;
    };
    const isDefault = (decision: Action) => key(decision) === key(byDefault);

    const restricted = new Scopes();
    const syscalls: DockerSyscall[] = [];
    for (const restriction of this.#restrictions) {
      for (const calls of groupBy(restriction.calls, (name) => key(decisionOf(name))).values()) {
        const standing = decisionOf(calls[0] as string);
        // Both filters refuse it, and the kernel takes the answer of the newer one, which is SystemCallFilter='s.
        if (standing.action !== 'SCMP_ACT_ALLOW' && standing.action !== 'SCMP_ACT_LOG') continue;
        for (const name of calls) restricted.add(name, restriction.onlyOn);
        const { option, offset, errno } = restriction;
        const isDenied = isDefault({ action: 'SCMP_ACT_ERRNO', errno });
        const made = entriesOf({ ...restriction, calls }, isDefault(standing) ? undefined : standing)
          .filter(({ action }) => !isDenied || action !== 'SCMP_ACT_ERRNO')
          .map((entry) => ({ ...entry, impliedBy: option }));
        syscalls.push(...made);
        this.#origins.push(...made.map(() => ({ setting: option, offsets: calls.map(() => offset) })));
      }
    }
    const entries = new Map<string, { entry: DockerSyscall; offsets: number[] }>();
    for (const name of new Set([...filteredCalls.keys(), ...loggedCalls.keys(), ...known])) {
      const decision = decisionOf(name);
      const onlyOn = restricted.rest(name);
      if (isDefault(decision) || onlyOn?.length === 0) continue;
      const listed = filteredCalls.get(name) ?? loggedCalls.get(name);
      const lacking = listed ? [] : machinesWithout(name);
      const id = `${key(decision)} ${onlyOn ?? ''} ${listed !== undefined} ${lacking}`;
      const found = entries.get(id) ?? {
        entry: {
          ...decision,
          names: [],
          ...(onlyOn ? { abis: abisOf(onlyOn) } : {}),
          // What nobody wrote is of the machines that there are, and no finding is about it.
          ...(listed ? {} : { impliedBy: 'SystemCallFilter', isUnlisted: true }),
          ...(lacking.length > 0 ? { excludes: { arches: lacking } } : {}),
        },
        offsets: [],
      };
      found.entry.names!.push(name);
      found.offsets.push(listed?.offset ?? filter?.offset ?? 0);
      entries.set(id, found);
    }
    this.#origins.push(...[...entries.values()].map(({ offsets }) => ({ setting: 'SystemCallFilter', offsets })));
    syscalls.push(...[...entries.values()].map(({ entry }) => entry));
    const { action: defaultAction, errno: defaultErrno, errnoRet: defaultErrnoRet } = byDefault;
    return {
      defaultAction,
      ...(defaultErrno === undefined ? {} : { defaultErrno }),
      ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
      ...this.#architectureKeys(),
      syscalls,
    };
  }

  /**
   * What a list of allowed calls leaves out by intent: the calls that systemd knows, and no groups in them, as @obsolete.
   * All others answer ENOSYS (seccomp_load_syscall_filter_set_raw). In 252 both are refused alike.
   */
  #knownCalls(): ReadonlySet<string> {
    if (!this.#filter?.isAllowList || this.#version === '252') return new Set();
    return new Set(systemdGroups(this.#version).get('@known')?.filter(isCall));
  }

  /** Without SystemCallArchitectures= every architecture of the machine is filtered alike, and none is forbidden. */
  #architectureKeys(): Pick<DockerSeccomp, 'architectures' | 'archMap'> {
    if (this.#architectures.length > 0) return { architectures: this.#architectures.map(({ name }) => name) };
    return { archMap: LOCAL_ARCH_MAP };
  }

  #locate([key, entry, part, index]: readonly (string | number)[]): Place {
    const place = (path: string, offset: number) => ({ path, position: this.#text.positionAt(offset) });
    if (key === 'syscalls' && typeof entry === 'number') {
      const { setting = 'SystemCallFilter', offsets = [] } = this.#origins[entry] ?? {};
      const at = part === 'names' && typeof index === 'number' ? offsets[index] : offsets[0];
      return place(setting, at ?? this.#filter?.offset ?? 0);
    }
    if (key === 'architectures') {
      return place('SystemCallArchitectures', this.#architectures[Number(entry ?? 0)]?.offset ?? 0);
    }
    if (key === 'defaultErrno' || key === 'defaultErrnoRet') return place('SystemCallErrorNumber', this.#error.offset);
    return place('SystemCallFilter', this.#filter?.offset ?? this.#log?.offset ?? 0);
  }
}

/**
 * The machines with other architectures that have a call while they themselves have not, by the names that `arches` takes.
 * systemd looks calls up as the machine's own, and knows no others in the filters of those architectures.
 */
function machinesWithout(name: string): string[] {
  return Object.keys(LOCAL_ARCHITECTURES)
    .map((machine) => parseArchitecture(machine))
    .filter((machine) => syscallNumber(name, machine.name) === undefined)
    .flatMap(dockerNames);
}

/** The architectures on which options restrict a call. */
class Scopes {
  readonly #left = new Map<string, readonly ArchitectureName[]>();

  add(name: string, onlyOn: readonly ArchitectureName[] | undefined): void {
    const left = this.#left.get(name) ?? ARCHITECTURES.map((architecture) => architecture.name);
    this.#left.set(name, onlyOn ? left.filter((each) => !onlyOn.includes(each)) : []);
  }

  /** Those on which none does; undefined: on no architecture does any. */
  rest(name: string): readonly ArchitectureName[] | undefined {
    return this.#left.get(name);
  }
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/**
 * The calls to which a set's action applies. A later word replaces an earlier one of the same name, whatever their
 * errors, so only the last one of each name counts. A group that is named a thousand times is expanded once.
 */
function listedCalls(set: CallSet | undefined): ListedCalls {
  const { words, isAllowList } = set ?? { words: [], isAllowList: false };
  const last = new Map(words.map((word) => [word.name, word]));
  const calls = new Map<string, Pick<FilterWord, 'error' | 'offset'>>();
  for (const word of words) {
    if (last.get(word.name) !== word) continue;
    const { members, error, isInverted, offset } = word;
    for (const call of members) {
      if (isInverted !== isAllowList || error) calls.set(call, { error, offset });
      else calls.delete(call);
    }
  }
  return calls;
}

function key({ action, errno, errnoRet }: Action): string {
  return `${action} ${(errnoRet === 1n ? 'EPERM' : errno) ?? errnoRet ?? ''}`;
}
