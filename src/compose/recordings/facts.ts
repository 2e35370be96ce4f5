import { type ArchitectureName, parseArchitecture } from '../../architecture.js';
import { count } from '../../phrases.js';
import { printable } from '../../text.js';
import { Bits } from './bits.js';
import { type Conditions, compareText, conditionsKey, describeKind } from './conditions.js';
import { textOfTime } from './origin.js';
import type { Recording, SeenKind } from './recordings.js';

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

/** How many names of one list are kept: a fleet has thousands of pods. */
const MAX_NAMED = 20;
/** Of those in a comment or a warning. */
export const MAX_SHOWN = 3;
/** Of one name in a comment, in UTF-16 code units. */
const MAX_NAME = 120;

/** Calls that are taken together, as one rule of the profile. */
export interface Rule {
  readonly name: string;
  readonly conditions: Conditions;
  /** What it is made of. */
  readonly kinds: readonly SeenKind[];
}

type NamedWord = 'node' | 'pod' | 'container' | 'image' | 'recording';

/** What is known of the recordings that have a call. Of calls of one kind it is found out once. */
export class Facts {
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
    const key = `${name} ${kinds.length} ${conditionsKey(conditions)}`;
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
