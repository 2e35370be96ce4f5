import { type ArchitectureName, parseArchitecture } from '../../architecture.js';
import { errnoNumber } from '../../errno.js';
import { InvalidArgumentError } from '../../errors.js';
import { groupCalls } from '../../learn/call-groups.js';
import { essentialEntries, fallbackEntries } from '../../learn/learn-profile.js';
import { CLONE3_WARNING, clone3Entry, type LearnedEntry } from '../../learn/learned-rules.js';
import { ANYTHING, BOOLEAN, checkOptions, NUMBER, OBJECT } from '../../options.js';
import { count, list } from '../../phrases.js';
import type { Warning } from '../../policy.js';
import { readProfile } from '../../profile/formats/read-profile.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import { argumentsOf } from '../../profile/resolve/plain-rule.js';
import { printable } from '../../text.js';
import { Bits } from './bits.js';
import {
  type Conditions,
  compareText,
  conditionsKey,
  covers,
  describeKind,
  joinedConditions,
  widestConditions,
} from './conditions.js';
import { textOfTime } from './origin.js';
import type { Recording, Recordings, SeenKind } from './recordings.js';

export interface MergeRecordingsOptions {
  /** Calls that were seen on fewer nodes are listed, and not taken. Default: 1, all are taken. */
  minNodes?: number | undefined;
  /** Calls that were not seen in so many days before the newest recording are listed, and not taken. */
  staleDays?: number | undefined;
  /** Calls that were not seen since are listed, and not taken. */
  staleBefore?: Date | undefined;
  /** How many kinds of arguments of one call the profile may list. Default: 64. */
  maxKinds?: number | undefined;
  /** What recordings are for that name no architecture. Default: the profile names none for them. */
  architecture?: ArchitectureName | undefined;
  /** Allow what every process may come to make as well: `LearnOptions.essentials`. Default: false. */
  essentials?: boolean | undefined;
}

/** Names of nodes, pods or images: how many, and the first of them in the order of the alphabet. */
export interface SeenNames {
  readonly count: number;
  readonly names: readonly string[];
}

/** Who made calls of one kind. */
export interface MergedCall {
  readonly name: string;
  /** With its arguments, where these are conditions: `socket(domain == AF_UNIX)`. */
  readonly call: string;
  /** How many recordings have it. */
  readonly recordings: number;
  /** The known ones. */
  readonly nodes: SeenNames;
  /** Recordings of no known node have it: together they count as one node. */
  readonly hasUnknownNode: boolean;
  readonly pods: SeenNames;
  readonly containers: SeenNames;
  readonly images: SeenNames;
  readonly architectures: readonly ArchitectureName[];
  /** Lines of logs that have it; a recorded profile does not say how often a call was made. */
  readonly lines: number;
  /** RFC 3339, UTC: of the newest recording or line that has it; undefined where none has a time. */
  readonly last: string | undefined;
}

export interface MergedRecordings {
  readonly profile: ParsedProfile;
  /** What readers of the profile should know. */
  readonly warnings: readonly Warning[];
  /** Of all recordings; `call` and `name` are empty. */
  readonly fleet: MergedCall;
  /** The operator's ProfileRecordings. */
  readonly profileRecordings: SeenNames;
  /** What the profile allows, by name. */
  readonly taken: readonly MergedCall[];
  /** Seen on fewer nodes than asked for, and not taken. */
  readonly rare: readonly MergedCall[];
  /** Not seen since, and not taken. */
  readonly stale: readonly MergedCall[];
  /** RFC 3339, UTC; undefined where nobody asked. */
  readonly staleBefore: string | undefined;
}

/** How many names of one list are kept: a fleet has thousands of pods. */
const MAX_NAMED = 20;
/** Of those in a comment. */
const MAX_SHOWN = 3;
/** Of one name in a comment, in UTF-16 code units. */
const MAX_NAME = 120;
const DEFAULT_MAX_KINDS = 64;
const DAY = 24 * 60 * 60 * 1000;
const CAVEAT = 'observed, not complete';

/**
 * One profile that allows what recordings have seen, with who made each call. The order of the recordings makes no
 * difference, and nothing of the result depends on when it is made.
 *
 * Arguments: what one kind allows, another one need not list. Of a call with more than `maxKinds` kinds, two that differ
 * in one bit of one argument become one, which allows nothing that was not seen. If that is not enough, the call is
 * allowed whatever its arguments, with the warning `merge-widened`.
 *
 * @throws {InvalidArgumentError} when there are no recordings, or an option is unknown
 *
 * @example
 * ```js
 * import { mergeRecordings, Recordings } from 'libseccomp-wasm/compose';
 *
 * const recordings = new Recordings();
 * recordings.addCall({ name: 'sync', architecture: 'x86_64', args: [] }, { source: 'old.log', node: 'a' }, { last: 0 });
 * recordings.addCall({ name: 'read', architecture: 'x86_64', args: [] }, { source: 'new.log', node: 'a' }, { last: 2e9 });
 * const { taken, stale, staleBefore } = mergeRecordings(recordings, { staleDays: 7 });
 * console.log(taken[0].call, stale[0].call, staleBefore); // read sync 1970-01-17T03:33:20Z
 * ```
 */
export function mergeRecordings(recordings: Recordings, options: MergeRecordingsOptions = {}): MergedRecordings {
  checkOptions('mergeRecordings', options, {
    minNodes: [NUMBER],
    staleDays: [NUMBER],
    staleBefore: [OBJECT],
    maxKinds: [NUMBER],
    architecture: [ANYTHING],
    essentials: [BOOLEAN],
  });
  const { minNodes = 1, maxKinds = DEFAULT_MAX_KINDS } = options;
  if (recordings.recordings.length === 0) throw new InvalidArgumentError('there are no recordings to merge');
  const calls = recordings.calls();
  const facts = new Facts(
    recordings.recordings,
    calls.flatMap(({ kinds }) => kinds),
  );
  const limit = staleLimit(facts, options);
  const warnings: Warning[] = [];
  const warn = (warning: Warning) => warnings.push(warning);

  const rules: Rule[] = [];
  const rare: MergedCall[] = [];
  const stale: MergedCall[] = [];
  for (const { name, kinds, isOneKind } of calls) {
    const isRare = (kind: SeenKind) => minNodes > 1 && facts.nodes(kind.seen) < minNodes;
    const isStale = (kind: SeenKind) => limit !== undefined && (facts.last([kind]) ?? limit) < limit;
    const taken = kinds.filter((kind) => !isRare(kind) && !isStale(kind));
    for (const kind of kinds) {
      if (taken.some(({ conditions }) => covers(conditions, kind.conditions))) continue;
      (isRare(kind) ? rare : stale).push(facts.of([kind], name, kind.conditions));
    }
    if (taken.length === 0) continue;
    const widened = widen(taken, maxKinds);
    if (isOneKind || widened.isOpened) {
      const seen = isOneKind
        ? 'too many kinds of arguments to keep'
        : `${count(widened.before, 'kind')} of arguments, more than ${maxKinds}`;
      const shown = taken.slice(0, MAX_SHOWN).map((kind) => facts.of([kind], name, kind.conditions).call);
      const were = isOneKind ? '' : `, as ${shown.join(', ')}`;
      warn({
        code: 'merge-widened',
        message: `${name} was seen with ${seen}${were}: it is allowed whatever its arguments`,
      });
    }
    const whole = taken.find(({ conditions }) => conditions.length === 0);
    if (whole && !isOneKind && taken.length > 1) {
      const others = list(
        taken.filter((kind) => kind !== whole).map((kind) => facts.of([kind], name, kind.conditions).call),
        MAX_SHOWN,
      );
      warn({
        code: 'merge-unconditional',
        message: `${name} is allowed whatever its arguments, since ${count(whole.seen.size, 'recording')} ${whole.seen.size === 1 ? 'has' : 'have'} it so; others have ${others}`,
      });
    }
    for (const conditions of widened.conditions) {
      const covered = taken.filter((kind) => covers(conditions, kind.conditions));
      rules.push({ name, conditions, kinds: covered });
    }
  }

  const architectures = facts.architectures(options.architecture);
  const main = architectures[0] ?? options.architecture;
  const isLeftOut = cloneIsRestricted(rules);
  if (isLeftOut) warnings.push(CLONE3_WARNING);
  const allowed = isLeftOut ? rules.filter(({ name }) => name !== 'clone3') : rules;
  const names = new Set(allowed.map(({ name }) => name));
  const enosys = errnoNumber('ENOSYS', main ?? 'x86_64') as number;
  const denied = deniedEntries(recordings, names, enosys, warn);
  const answered = new Set([...denied.flatMap((entry) => entry.names), ...(isLeftOut ? ['clone3'] : [])]);
  const fallbacks = fallbackEntries(main ?? 'x86_64', new Set([...names, ...answered]));
  const profile = readProfile(
    {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 1n,
      ...(architectures.length > 0
        ? { architectures: architectures.map((name) => parseArchitecture(name).ociName) }
        : {}),
      syscalls: [
        ...entriesOf(allowed, facts),
        ...(isLeftOut ? [clone3Entry(main ?? 'x86_64')] : []),
        ...denied,
        ...fallbacks.map((entry) => ({ ...entry, comment: entry.comment.replace(/^Not observed,/, 'Not taken,') })),
        ...(options.essentials ? essentialEntries(architectures, names) : []),
      ],
    },
    { format: 'docker', source: 'merged recordings' },
  );
  for (const { name, recordings: by } of recordings.unclear()) {
    const message = `${name} is allowed and denied under conditions in ${count(by, 'recording')}: what was seen of it is not known, and nothing of it was taken from there`;
    warn({ code: 'merge-unclear', message });
  }
  const containers = facts.fleet.containers.count;
  if (containers > 1) {
    warn({
      code: 'merge-containers',
      message: `recordings of ${containers} containers are in one profile: each is allowed what only another one needs`,
    });
  }
  if (minNodes > 1 && facts.fleet.hasUnknownNode) {
    const unknown = recordings.recordings.filter(({ node }) => node === undefined).length;
    warn({
      code: 'merge-unknown-node',
      message: `${count(unknown, 'recording')} of no known node: they count as one node together`,
    });
  }
  if (limit !== undefined) {
    const timeless = allowed.filter(({ kinds }) => facts.last(kinds) === undefined).length;
    if (timeless > 0)
      warn({
        code: 'merge-unknown-time',
        message: `${count(timeless, 'call')} in recordings without a time: they count as seen`,
      });
  }
  return {
    profile,
    warnings,
    fleet: facts.fleet,
    profileRecordings: facts.named('recording'),
    taken: allowed.map(({ name, conditions, kinds }) => facts.of(kinds, name, conditions)),
    rare,
    stale,
    staleBefore: limit === undefined ? undefined : textOfTime(limit),
  };
}

interface Rule {
  readonly name: string;
  readonly conditions: Conditions;
  /** What it is made of. */
  readonly kinds: readonly SeenKind[];
}

/** Before when calls count as stale, in milliseconds since 1970. */
function staleLimit(facts: Facts, { staleDays, staleBefore }: MergeRecordingsOptions): number | undefined {
  if (staleBefore !== undefined) return staleBefore.getTime();
  if (staleDays === undefined || facts.newest === undefined) return undefined;
  return facts.newest - staleDays * DAY;
}

function widen(kinds: readonly SeenKind[], most: number) {
  const widest = widestConditions(kinds.map(({ conditions }) => conditions));
  const before = widest.length;
  if (before <= most) return { conditions: widest, before, isOpened: false };
  const joined = widestConditions(joinedConditions(widest));
  if (joined.length <= most) return { conditions: joined, before, isOpened: false };
  return { conditions: [[]], before, isOpened: true };
}

/** clone3 has its flags in memory: allowed beside a clone whose flags are compared, it would allow them all. */
function cloneIsRestricted(rules: readonly Rule[]): boolean {
  const clone = rules.filter(({ name }) => name === 'clone');
  const isRestricted = clone.length > 0 && clone.every(({ conditions }) => conditions.length > 0);
  return isRestricted && rules.some(({ name }) => name === 'clone3');
}

/** Calls that recordings answer with ENOSYS, on which C libraries go on with an older call. */
function deniedEntries(
  recordings: Recordings,
  allowed: ReadonlySet<string>,
  enosys: number,
  warn: (warning: Warning) => void,
): LearnedEntry[] {
  const names: string[] = [];
  for (const { name, errnos, recordings: by } of recordings.denied()) {
    if (allowed.has(name)) {
      warn({
        code: 'merge-allowed',
        message: `${name} is denied by ${count(by, 'recording')}, and allowed, since others have seen it`,
      });
    } else if (errnos.size === 1 && errnos.has(enosys)) names.push(name);
  }
  if (names.length === 0) return [];
  const comment =
    'Answered with ENOSYS in the recordings: C libraries that try these first take the older call on that alone';
  return [{ names, action: 'SCMP_ACT_ERRNO', errnoRet: BigInt(enosys), comment }];
}

/** Entries by the purpose of the calls. What all recordings have stands apart from what only some have. */
function entriesOf(rules: readonly Rule[], facts: Facts): object[] {
  const byName = new Map<string, Rule[]>();
  for (const rule of rules) byName.set(rule.name, [...(byName.get(rule.name) ?? []), rule]);
  return groupCalls(byName.keys()).flatMap(({ title, names }) => {
    const all = names.flatMap((name) => byName.get(name)!);
    const plain = all.filter(({ conditions }) => conditions.length === 0);
    const everywhere = plain.filter(({ kinds }) => facts.isEverywhere(kinds));
    const somewhere = plain.filter((rule) => !everywhere.includes(rule));
    const entry = (of: readonly Rule[], comment: string) => ({
      names: of.map(({ name }) => name),
      action: 'SCMP_ACT_ALLOW',
      comment: `${title} (${CAVEAT}): ${comment}`,
    });
    return [
      ...(everywhere.length > 0 ? [entry(everywhere, facts.describeAll(everywhere))] : []),
      ...(somewhere.length > 0
        ? [
            entry(
              somewhere,
              `not in all recordings\n${somewhere.map((rule) => `${rule.name}: ${facts.describe(rule)}`).join('\n')}`,
            ),
          ]
        : []),
      ...all
        .filter(({ conditions }) => conditions.length > 0)
        .map((rule) => ({
          ...entry([rule], `${facts.of(rule.kinds, rule.name, rule.conditions).call}: ${facts.describe(rule)}`),
          args: argumentsOf(rule.conditions),
        })),
    ];
  });
}

type NamedWord = 'node' | 'pod' | 'container' | 'image' | 'recording';

/** What is known of the recordings that have a call. Of calls of one kind it is found out once. */
class Facts {
  readonly #recordings: readonly Recording[];
  readonly #times: Float64Array;
  /** Of each word the names in order, and of each recording the place of its own there; -1: it says none. */
  readonly #tables: Readonly<Record<NamedWord, Table>>;
  /** The architectures of each recording, as one word. */
  readonly #architectures: Table;
  readonly #known = new Map<string, MergedCall>();
  readonly fleet: MergedCall;
  /** In milliseconds since 1970: the newest recording or line. */
  readonly newest: number | undefined;

  constructor(recordings: readonly Recording[], kinds: readonly SeenKind[]) {
    this.#recordings = recordings;
    // Of recordings that have one time; the lines of logs have their own.
    this.#times = Float64Array.from(recordings, ({ time, isLog }) => (isLog ? Number.NaN : (time ?? Number.NaN)));
    this.#tables = {
      node: tableOf(recordings, ({ node }) => node),
      pod: tableOf(recordings, ({ namespace, pod }) => pod && (namespace === undefined ? pod : `${namespace}/${pod}`)),
      container: tableOf(recordings, ({ container }) => container),
      image: tableOf(recordings, ({ image }) => image),
      recording: tableOf(recordings, ({ recording }) => recording),
    };
    this.#architectures = tableOf(recordings, ({ architectures }) => [...architectures].sort(compareText).join());
    const all = new Bits();
    for (let id = 0; id < recordings.length; id++) all.add(id);
    const lines = kinds.reduce((sum, kind) => sum + kind.lines, 0);
    this.newest = latest([this.#lastOf(all), ...kinds.map(({ last }) => last)]);
    this.fleet = this.#factsOf(all, { name: '', call: '', lines, last: this.newest });
  }

  of(kinds: readonly SeenKind[], name: string, conditions: Conditions): MergedCall {
    const key = `${name} ${conditionsKey(conditions)}`;
    const known = this.#known.get(key);
    if (known) return known;
    const lines = kinds.reduce((sum, kind) => sum + kind.lines, 0);
    const seen = united(kinds);
    const found = this.#factsOf(seen, { name, call: '', lines, last: this.last(kinds) });
    const facts = { ...found, call: describeKind(name, conditions, found.architectures[0]) };
    this.#known.set(key, facts);
    return facts;
  }

  #factsOf(
    seen: Bits,
    { last, ...own }: Pick<MergedCall, 'name' | 'call' | 'lines'> & { last: number | undefined },
  ): MergedCall {
    const architectures = this.#architectures.namesOf(seen).flatMap((names) => (names === '' ? [] : names.split(',')));
    return {
      ...own,
      recordings: seen.size,
      nodes: this.#tables.node.named(seen),
      hasUnknownNode: this.#tables.node.isUnknown(seen),
      pods: this.#tables.pod.named(seen),
      containers: this.#tables.container.named(seen),
      images: this.#tables.image.named(seen),
      architectures: [...new Set(architectures)].sort(compareText) as ArchitectureName[],
      last: last === undefined ? undefined : textOfTime(last),
    };
  }

  named(word: NamedWord): SeenNames {
    const { names } = this.#tables[word];
    return { count: names.length, names: names.slice(0, MAX_NAMED) };
  }

  /** How many nodes, where all that are not known count as one. */
  nodes(seen: Bits): number {
    const { node } = this.#tables;
    return node.named(seen).count + (node.isUnknown(seen) ? 1 : 0);
  }

  /** In milliseconds since 1970. */
  last(kinds: readonly SeenKind[]): number | undefined {
    return latest(kinds.flatMap(({ seen, last }) => [this.#lastOf(seen), last]));
  }

  #lastOf(seen: Bits): number | undefined {
    let newest = Number.NEGATIVE_INFINITY;
    for (const id of seen) if (this.#times[id]! > newest) newest = this.#times[id]!;
    return newest === Number.NEGATIVE_INFINITY ? undefined : newest;
  }

  isEverywhere(kinds: readonly SeenKind[]): boolean {
    return united(kinds).size === this.#recordings.length;
  }

  /** Those of most recordings first. */
  architectures(otherwise: ArchitectureName | undefined): ArchitectureName[] {
    const counts = new Map<ArchitectureName, number>();
    const add = (name: ArchitectureName) => counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const { architectures } of this.#recordings) {
      for (const name of architectures) add(name);
      if (architectures.size === 0 && otherwise !== undefined) add(otherwise);
    }
    const bits = (name: ArchitectureName) => parseArchitecture(name).wordSize;
    return [...counts]
      .sort(([a, one], [b, other]) => other - one || bits(b) - bits(a) || compareText(a, b))
      .map(([name]) => name);
  }

  /** `on all 12 nodes, in all 40 recordings; last seen 2026-11-28 or later` */
  describeAll(rules: readonly Rule[]): string {
    const { nodes, hasUnknownNode, recordings } = this.fleet;
    const on = nodes.count > 0 && !hasUnknownNode ? `on ${all(nodes.count, 'node')}, ` : '';
    const times = rules.map(({ kinds }) => this.last(kinds));
    const known = times.filter((time) => time !== undefined);
    const last = known.length < times.length ? '' : `; last seen ${textOfTime(Math.min(...known))} or later`;
    return `${on}in ${all(recordings, 'recording')}${last}`;
  }

  /** `on 2 of 12 nodes (a, b), in 3 of 40 recordings; last seen 2026-11-28` */
  describe({ kinds, name, conditions }: Rule): string {
    const { fleet } = this;
    const { nodes, recordings, pods, lines, last } = this.of(kinds, name, conditions);
    const on =
      nodes.count === 0 ? '' : `on ${nodes.count} of ${count(fleet.nodes.count, 'node')} (${namesInWords(nodes)}), `;
    const by = nodes.count === 0 && pods.count > 0 && pods.count <= MAX_SHOWN ? ` (${namesInWords(pods)})` : '';
    const times = lines > 0 ? `, ${count(lines, 'time')}` : '';
    return `${on}in ${recordings} of ${count(fleet.recordings, 'recording')}${by}${times}${last === undefined ? '' : `; last seen ${last}`}`;
  }
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  let newest: number | undefined;
  for (const time of times) if (time !== undefined && (newest === undefined || time > newest)) newest = time;
  return newest;
}

/** What recordings say of one thing: the names in order, and of each recording the place of its own there. */
class Table {
  readonly names: readonly string[];
  readonly #of: Int32Array;

  constructor(said: readonly (string | undefined)[]) {
    this.names = [...new Set(said.filter((name) => name !== undefined))].sort(compareText);
    const places = new Map(this.names.map((name, place) => [name, place]));
    this.#of = Int32Array.from(said, (name) => (name === undefined ? -1 : places.get(name)!));
  }

  isUnknown(seen: Bits): boolean {
    for (const id of seen) if (this.#of[id]! < 0) return true;
    return false;
  }

  #placesOf(seen: Bits): Bits {
    const places = new Bits();
    if (this.names.length > 0) for (const id of seen) if (this.#of[id]! >= 0) places.add(this.#of[id]!);
    return places;
  }

  namesOf(seen: Bits): string[] {
    return [...this.#placesOf(seen)].map((place) => this.names[place]!);
  }

  named(seen: Bits): SeenNames {
    const places = this.#placesOf(seen);
    const names: string[] = [];
    for (const place of places) {
      if (names.length === MAX_NAMED) break;
      names.push(this.names[place]!);
    }
    return { count: places.size, names };
  }
}

function tableOf(recordings: readonly Recording[], nameOf: (recording: Recording) => string | undefined): Table {
  return new Table(recordings.map(nameOf));
}

/** `a, b, c and 4 more` */
export function namesInWords({ names, count: number }: SeenNames): string {
  const more = number > MAX_SHOWN ? ` and ${number - MAX_SHOWN} more` : '';
  return `${names
    .slice(0, MAX_SHOWN)
    .map((name) => printable(name, MAX_NAME))
    .join(', ')}${more}`;
}

const all = (number: number, word: string) => (number === 1 ? `the one ${word}` : `all ${number} ${word}s`);

function united(kinds: readonly SeenKind[]): Bits {
  if (kinds.length === 1) return kinds[0]!.seen;
  const seen = new Bits();
  for (const kind of kinds) seen.addAll(kind.seen);
  return seen;
}
