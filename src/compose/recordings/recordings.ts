import type { ArchitectureName } from '../../architecture.js';
import { learnedArguments } from '../../learn/learned-arguments.js';
import { detached } from '../../learn/log-lines.js';
import type { ArgumentMask, ArgumentMasks } from '../../learn/observations.js';
import type { LoggedCall } from '../../learn/read-log.js';
import { ANYTHING, checkArgument, checkOptions, OBJECT, TEXT } from '../../options.js';
import { checkParsedProfile, type ParsedProfile } from '../../profile/model/parsed-profile.js';
import type { ResolveOptions } from '../../profile/resolve/resolve-policy.js';
import { Bits } from './bits.js';
import { type Conditions, compareText, conditionsKey, normalConditions } from './conditions.js';
import { ORIGIN_WORDS, type OriginWord, type RecordingOrigin } from './origin.js';
import { recordedCalls } from './recorded-calls.js';

/**
 * How many kinds of one call are kept apart; past that all are one, without arguments. Memory must not grow with what a
 * program counts through an argument.
 */
const MAX_KINDS = 1024;

/** One recording: what a container did, or a part of a node's log. */
export interface Recording extends Omit<RecordingOrigin, 'uid'> {
  readonly architectures: ReadonlySet<ArchitectureName>;
  /** A log, whose lines say by themselves when. */
  readonly isLog: boolean;
}

/** Calls of one kind: of one name, with arguments of one kind. */
export interface SeenKind {
  readonly name: string;
  readonly conditions: Conditions;
  /** The numbers of the recordings that have it. */
  readonly seen: Bits;
  /** The lines of logs, by the number of the recording. */
  readonly logs: ReadonlyMap<number, SeenLines>;
  /** How many lines of logs. */
  readonly lines: number;
  /** Of the last line with a time, in milliseconds since 1970. */
  readonly last: number | undefined;
}

interface SeenLines {
  readonly lines: number;
  readonly last: number | undefined;
}

/** One that is being added to. */
class GrowingKind implements SeenKind {
  readonly seen = new Bits();
  readonly logs = new Map<number, SeenLines>();
  lines = 0;
  last: number | undefined;

  constructor(
    readonly name: string,
    readonly conditions: Conditions,
  ) {}

  addLines(id: number, { lines, last }: SeenLines): void {
    this.seen.add(id);
    const known = this.logs.get(id);
    this.logs.set(id, { lines: lines + (known?.lines ?? 0), last: later(known?.last, last) });
    this.lines += lines;
    this.last = later(this.last, last);
  }

  addAll({ seen, logs }: SeenKind): void {
    this.seen.addAll(seen);
    for (const [id, lines] of logs) this.addLines(id, lines);
  }
}

/** All that was seen of one call. */
export interface SeenCalls {
  readonly name: string;
  readonly kinds: readonly SeenKind[];
  /** There were too many kinds to keep them apart. */
  readonly isOneKind: boolean;
}

interface SeenCall {
  readonly kinds: Map<string, GrowingKind>;
  isOneKind: boolean;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type KnownRecording = Mutable<Omit<Recording, 'architectures'>> & { architectures: Set<ArchitectureName> };

/**
 * What the recordings of a fleet have seen: of each kind of call the recordings that have it. Its size goes with the
 * kinds of calls and the number of recordings, not with what is read. The order of what is added does not matter.
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { mergeRecordings, Recordings } from 'libseccomp-wasm/compose';
 *
 * const recordings = new Recordings();
 * for (const [node, names] of [['a', ['read', 'fsync']], ['b', ['read']]]) {
 *   const syscalls = [{ names, action: 'SCMP_ACT_ALLOW' }];
 *   recordings.addProfile(readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls }), { source: `${node}.json`, node });
 * }
 * const { taken, rare } = mergeRecordings(recordings, { minNodes: 2 });
 * console.log(taken.map(({ call }) => call), rare.map(({ call }) => call)); // [ 'read' ] [ 'fsync' ]
 * ```
 */
export class Recordings {
  readonly #recordings: KnownRecording[] = [];
  readonly #byKey = new Map<string, number>();
  /** A reader gives one object for the lines of one log. */
  readonly #byOrigin = new WeakMap<RecordingOrigin, number>();
  readonly #calls = new Map<string, SeenCall>();
  readonly #denied = new Map<string, { errnos: Set<number | undefined>; seen: Bits }>();
  readonly #unclear = new Map<string, Bits>();
  readonly #masks = new Map<string, readonly ArgumentMask[]>();
  readonly #masksOf: ArgumentMasks;

  /** `masks`: the bits of arguments that make kinds of the calls of logs. Default: `learnedArguments`. */
  constructor(masks: ArgumentMasks = learnedArguments) {
    this.#masksOf = masks;
  }

  /**
   * Add a profile that was recorded: the calls that it allows by name, with which arguments. Conditional entries are
   * decided for the target.
   *
   * @throws {ProfileError} `no-recording`, when the profile allows calls by default; when it extends another that is not read
   * @throws {InvalidArgumentError} when it is no profile that was read
   */
  addProfile(profile: ParsedProfile, origin: RecordingOrigin, target?: ResolveOptions): void {
    checkParsedProfile('addProfile', profile);
    checkOrigin(origin);
    const { architectures, calls, denied, unclear } = recordedCalls(profile, target);
    const id = this.#recordingOf(origin, false);
    for (const name of architectures) this.#recordings[id]!.architectures.add(name);
    for (const { name, conditions } of calls) this.#kindOf(name, conditions).seen.add(id);
    for (const [name, errno] of denied) {
      const known = this.#denied.get(name) ?? { errnos: new Set(), seen: new Bits() };
      this.#denied.set(name, known);
      known.errnos.add(errno);
      known.seen.add(id);
    }
    for (const name of unclear) {
      const known = this.#unclear.get(name) ?? new Bits();
      this.#unclear.set(name, known);
      known.add(id);
    }
  }

  /**
   * Add a call of a log, or several of one kind. With `isByArguments` it is a kind by the arguments that decide what it
   * does (`learnedArguments`); `last`: of the last of them, in milliseconds since 1970.
   */
  addCall(
    { name, architecture, args }: Pick<LoggedCall, 'name' | 'architecture' | 'args'>,
    origin: RecordingOrigin,
    {
      count = 1,
      last,
      isByArguments = false,
    }: { count?: number; last?: number | undefined; isByArguments?: boolean } = {},
  ): void {
    let id = this.#byOrigin.get(origin);
    if (id === undefined) {
      id = this.#recordingOf(origin, true);
      this.#byOrigin.set(origin, id);
    }
    this.#recordings[id]!.architectures.add(architecture);
    const conditions = isByArguments ? this.#learned(name, architecture, args) : [];
    this.#kindOf(name, conditions).addLines(id, { lines: count, last });
  }

  /** @internal Some of the recordings, by their numbers, as if there were no others. */
  only(ids: Bits): Recordings {
    const some = new Recordings(this.#masksOf);
    const numbers = new Map([...ids].map((id, number) => [id, number]));
    const seenThere = (seen: Bits): Bits => {
      const own = new Bits();
      for (const id of seen) if (numbers.has(id)) own.add(numbers.get(id)!);
      return own;
    };
    for (const id of ids) some.#recordings.push(this.#recordings[id]!);
    for (const [name, { kinds, isOneKind }] of this.#calls) {
      const own = [...kinds].flatMap(([key, { conditions, seen, logs }]): [string, GrowingKind][] => {
        const kind = new GrowingKind(name, conditions);
        kind.seen.addAll(seenThere(seen));
        for (const [id, lines] of logs) if (numbers.has(id)) kind.addLines(numbers.get(id)!, lines);
        return kind.seen.size > 0 ? [[key, kind]] : [];
      });
      if (own.length > 0) some.#calls.set(name, { kinds: new Map(own), isOneKind });
    }
    for (const [name, { errnos, seen }] of this.#denied) {
      const own = seenThere(seen);
      if (own.size > 0) some.#denied.set(name, { errnos, seen: own });
    }
    for (const [name, seen] of this.#unclear) {
      const own = seenThere(seen);
      if (own.size > 0) some.#unclear.set(name, own);
    }
    return some;
  }

  /** How many recordings there are; of two copies of one the second adds none. */
  get size(): number {
    return this.#recordings.length;
  }

  /** @internal In no order that says anything. */
  get recordings(): readonly Recording[] {
    return this.#recordings;
  }

  /** @internal By name. */
  calls(): SeenCalls[] {
    return [...this.#calls]
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, { kinds, isOneKind }]) => ({
        name,
        kinds: [...kinds].sort(([a], [b]) => compareText(a, b)).map(([, kind]) => kind),
        isOneKind,
      }));
  }

  /** @internal Calls that recordings deny by an entry, with the errnos (undefined: another action), by name. */
  denied(): { name: string; errnos: ReadonlySet<number | undefined>; recordings: number }[] {
    return [...this.#denied]
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, { errnos, seen }]) => ({ name, errnos, recordings: seen.size }));
  }

  /** @internal Calls that recordings allow and deny under conditions, by name. */
  unclear(): { name: string; recordings: number }[] {
    return [...this.#unclear]
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, seen]) => ({ name, recordings: seen.size }));
  }

  #recordingOf(origin: RecordingOrigin, isLog: boolean): number {
    const { source, uid, time } = origin;
    const words = ORIGIN_WORDS.map((word) => origin[word]);
    const key = uid === undefined ? JSON.stringify([source, isLog, ...words]) : `uid ${uid}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      const recording = this.#recordings[known]!;
      // Of two copies that say different things the order must not decide.
      for (const word of ORIGIN_WORDS) recording[word] = smaller(recording[word], origin[word]);
      recording.source = smaller(recording.source, source)!;
      if (time !== undefined) recording.time = Math.max(recording.time ?? time, time);
      return known;
    }
    const id = this.#recordings.length;
    // What is kept must not keep the text alive that it is a slice of.
    this.#byKey.set(detached(key), id);
    const said = Object.fromEntries(ORIGIN_WORDS.map((word) => [word, own(origin[word])])) as Record<
      OriginWord,
      string
    >;
    this.#recordings.push({ ...said, source: detached(source), time, isLog, architectures: new Set() });
    return id;
  }

  #kindOf(name: string, conditions: Conditions): GrowingKind {
    let call = this.#calls.get(name);
    if (call === undefined) {
      call = { kinds: new Map(), isOneKind: false };
      this.#calls.set(detached(name), call);
    }
    const own = call.isOneKind ? [] : conditions;
    const key = own.length === 0 ? '' : conditionsKey(own);
    const known = call.kinds.get(key);
    if (known) return known;
    const kind = new GrowingKind(name, own);
    call.kinds.set(key, kind);
    return call.kinds.size > MAX_KINDS ? this.#asOneKind(call, name) : kind;
  }

  #asOneKind(call: SeenCall, name: string): GrowingKind {
    const whole = new GrowingKind(name, []);
    for (const kind of call.kinds.values()) whole.addAll(kind);
    call.kinds.clear();
    call.kinds.set('', whole);
    call.isOneKind = true;
    return whole;
  }

  #learned(name: string, architecture: ArchitectureName, args: LoggedCall['args']): Conditions {
    const key = `${architecture} ${name}`;
    let masks = this.#masks.get(key);
    if (masks === undefined) {
      masks = this.#masksOf(name, architecture);
      this.#masks.set(key, masks);
    }
    if (masks.length === 0) return [];
    return normalConditions(
      masks.flatMap(({ index, mask }) => {
        const value = args[index];
        return value === undefined ? [] : [{ index, op: 'MASKED_EQ' as const, value: mask, valueTwo: value & mask }];
      }),
    );
  }
}

/** The later of two times, where there are some. */
function later(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}

const own = (text: string | undefined) => text && detached(text);

function smaller(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}

function checkOrigin(origin: RecordingOrigin): void {
  checkArgument('addProfile', 'origin', origin, OBJECT);
  const text = [TEXT];
  checkOptions('addProfile', origin, {
    source: text,
    uid: text,
    node: text,
    namespace: text,
    pod: text,
    container: text,
    image: text,
    recording: text,
    time: [ANYTHING],
  });
}
