import { type ArchitectureName, parseArchitecture } from '../../architecture.js';
import { ScmpError } from '../../errors.js';
import { kindOfLog, logReader } from '../../learn/log-kind.js';
import type { LoggedCall, LogKind, LogReader, LogSummary, SyscallLookup } from '../../learn/read-log.js';
import { parseJson } from '../../profile/document/json-document.js';
import { isJsonObject, type JsonValue } from '../../profile/document/json-value.js';
import { parsePlainYaml } from '../../profile/document/plain-yaml.js';
import { ProfileError } from '../../profile/document/profile-error.js';
import { SourceDocument } from '../../profile/document/source-document.js';
import { SourceText } from '../../profile/document/source-text.js';
import {
  JsonSplitter,
  type ObjectSplitter,
  type SplitObject,
  YamlSplitter,
} from '../../profile/document/split-objects.js';
import { parseYaml } from '../../profile/document/yaml.js';
import { readJson, readProfile } from '../../profile/formats/read-profile.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import type { ResolveOptions } from '../../profile/resolve/resolve-policy.js';
import { printable, quote } from '../../text.js';
import { type OriginWords, originOfComment, originOfObject, type RecordingOrigin, timeOfText } from './origin.js';
import type { Recordings } from './recordings.js';

export interface RecordingInput {
  /** Its name in messages. */
  source: string;
  /** What its path says of it. */
  origin?: OriginWords | undefined;
  /** For logs: libseccomp's tables. */
  lookup: SyscallLookup;
  /** The machine logs are from, where they do not say it; and what recordings are for that name none. */
  architecture: ArchitectureName;
  /** What a log is. Default: as it looks. */
  log?: LogKind | undefined;
  /** Learn from the arguments in logs. Default: false. */
  arguments?: boolean | undefined;
  /** For conditional entries. Default: the architecture, without capabilities. */
  target?: ResolveOptions | undefined;
}

/** What came of an input. */
export interface RecordingSummary {
  /** Recorded profiles that were used, and lines of a log. */
  used: number;
  isLog: boolean;
  log: LogSummary | undefined;
  logKind: LogKind | undefined;
  /** What could not be used: an object, or the rest of the input. */
  faults: readonly ScmpError[];
  /** How many more there are. */
  faultsLeft: number;
  /** Kubernetes objects of other kinds, by kind. */
  others: ReadonlyMap<string, number>;
}

/** How many faults of one input are kept; the others are counted. */
const MAX_FAULTS = 20;
/** Kinds of Kubernetes objects that hold others. */
const LISTS: readonly string[] = ['List', 'SeccompProfileList'];
/** Of one text that is no list of objects, in bytes. */
const MAX_TEXT = 16 * 1024 * 1024;
/** How much is looked at to see what an input is, in bytes. */
const SAMPLE = 1 << 14;
/** Up to which line an object's text is read where it stands, for the places of its errors. */
const MAX_PLACED = 200_000;
const YAML_KEYS = /^(?:- )?(?:apiVersion|kind|metadata|spec|items|defaultAction|syscalls) ?:(?:\s|$)/m;
const JOURNAL = /^\s*\{[^\n]*"(?:MESSAGE|_TRANSPORT|__CURSOR)"\s*:/;

/**
 * Reads one input, which comes in pieces, into recordings. It is a log in any form, profiles in any format, or
 * Kubernetes objects, one after the other or in lists of any length. An object that cannot be read does not cost the others.
 *
 * @example
 * ```js
 * import { RecordingReader, Recordings } from 'libseccomp-wasm/compose';
 * import { syscallLookup } from 'libseccomp-wasm/learn';
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * const recordings = new Recordings();
 * const reader = new RecordingReader(recordings, {
 *   source: 'worker-1/audit.log',
 *   origin: { node: 'worker-1' },
 *   lookup: syscallLookup(loadLibseccompSync()),
 *   architecture: 'x86_64',
 * });
 * reader.push(new TextEncoder().encode('7 read(3, "", 1) = 0\n'));
 * console.log(reader.end().used, recordings.size); // 1 1
 * ```
 */
export class RecordingReader {
  readonly #recordings: Recordings;
  readonly #input: RecordingInput;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #splitter: ObjectSplitter | undefined;
  #log: { kind: LogKind; reader: LogReader } | undefined;
  #text: Uint8Array[] | undefined;
  /** The beginning, until it is seen what the input is. */
  #begun: Uint8Array[] | undefined = [];
  #size = 0;
  #used = 0;
  readonly #faults: ScmpError[] = [];
  #faultsLeft = 0;
  #hasStopped = false;
  readonly #others = new Map<string, number>();
  readonly #lineOrigins = new Map<string, RecordingOrigin>();

  constructor(recordings: Recordings, input: RecordingInput) {
    this.#recordings = recordings;
    this.#input = input;
  }

  /** The next bytes, of any number. */
  push(piece: Uint8Array): void {
    if (piece.length === 0 || this.#hasStopped) return;
    if (this.#begun) {
      this.#begun.push(Uint8Array.from(piece));
      this.#size += piece.length;
      if (this.#size >= SAMPLE) this.#begin();
    } else this.#give(piece);
  }

  #give(piece: Uint8Array): void {
    if (this.#log) {
      this.#log.reader.push(piece);
      return;
    }
    this.#attempt(() => {
      if (this.#splitter) {
        this.#splitter.push(this.#decode(piece, true));
        return;
      }
      this.#size += piece.length;
      if (this.#size > MAX_TEXT) throw this.#fault('input-too-large', 'more than 16 MiB, and no list of objects');
      this.#text?.push(Uint8Array.from(piece));
    });
  }

  /** The input is at its end. */
  end(): RecordingSummary {
    if (this.#begun && this.#size > 0) this.#begin();
    if (!this.#hasStopped) {
      this.#attempt(() => {
        if (this.#splitter) {
          this.#splitter.push(this.#decode(new Uint8Array(), false));
          const fault = this.#splitter.end();
          if (fault) throw this.#fault('bad-syntax', fault.message, fault.line);
        }
        if (this.#text) this.#addText(this.#text);
      });
    }
    const log = this.#log?.reader.end();
    if (log) this.#used = log.used;
    const isEmpty = this.#used === 0 && this.#faults.length === 0;
    if (isEmpty) {
      const others = [...this.#others.keys()].filter((kind) => !LISTS.includes(kind));
      const message = log
        ? 'there is no system call in it'
        : others.length > 0
          ? `there is no SeccompProfile in it, but ${others.join(', ')}`
          : 'there is nothing in it';
      this.#keep(this.#fault('empty-input', message));
    }
    return {
      used: this.#used,
      isLog: log !== undefined,
      log,
      logKind: this.#log?.kind,
      faults: this.#faults,
      faultsLeft: this.#faultsLeft,
      others: this.#others,
    };
  }

  /** It is seen what the input is. */
  #begin(): void {
    const begun = joined(this.#begun ?? [], this.#size);
    this.#begun = undefined;
    this.#size = 0;
    const text = new TextDecoder().decode(begun.subarray(0, SAMPLE));
    const { log } = this.#input;
    const isJson = /^\s*(?:\/\/[^\n]*\n\s*)*\{/.test(text) && !JOURNAL.test(text);
    const isYaml = !isJson && YAML_KEYS.test(text);
    const kind = log ?? (isJson || isYaml ? undefined : kindOfLog(text));
    if (kind !== undefined) this.#log = { kind, reader: this.#logReader(kind) };
    else if (isJson) this.#splitter = new JsonSplitter((object) => this.#addObject(object, true));
    else if (isYaml) this.#splitter = new YamlSplitter((object) => this.#addObject(object, false));
    else this.#text = [];
    this.#give(begun);
  }

  #decode(piece: Uint8Array, isMore: boolean): string {
    try {
      return this.#decoder.decode(piece, { stream: isMore });
    } catch {
      throw this.#fault('not-utf8', 'not valid UTF-8');
    }
  }

  /** What fails ends the input; what was read before stays. */
  #attempt(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof ScmpError)) throw error;
      this.#keep(error);
      this.#hasStopped = true;
    }
  }

  #keep(fault: ScmpError): void {
    if (this.#faults.length < MAX_FAULTS) this.#faults.push(fault);
    else this.#faultsLeft++;
  }

  #fault(
    code: 'empty-input' | 'input-too-large' | 'not-utf8' | 'bad-syntax',
    message: string,
    line?: number,
  ): ProfileError {
    const position = line === undefined ? undefined : { line, column: 1, offset: 0 };
    return new ProfileError('PROFILE_SYNTAX', [{ code, message, path: '', position }], this.#input.source);
  }

  #addObject(object: SplitObject, isJson: boolean): void {
    try {
      const { value, read } = this.#readObject(object, isJson);
      const kind = isJsonObject(value) ? value.kind : undefined;
      if (typeof kind === 'string' && kind !== 'SeccompProfile') {
        const shown = printable(kind, 40);
        this.#others.set(shown, (this.#others.get(shown) ?? 0) + 1);
        return;
      }
      this.#addProfile(read(), {
        ...this.#input.origin,
        ...defined(originOfComment(object.comment)),
        ...defined(originOfObject(value)),
        source: this.#sourceOf(value, object),
      });
    } catch (error) {
      if (!(error instanceof ScmpError)) throw error;
      this.#keep(error);
    }
  }

  /**
   * The value of an object, and its profile. It is read alone; what fails is read again where it stands, for the place
   * of its error in the whole text.
   */
  #readObject({ text, line }: SplitObject, isJson: boolean): { value: JsonValue; read: () => ParsedProfile } {
    const { source } = this.#input;
    const parse = (text: string) => (isJson ? parseJson(text, source) : parseYaml(SourceText.decode(text, source))[0]);
    const placed = (error: unknown): never => {
      if (!(error instanceof ScmpError) || line >= MAX_PLACED) throw error;
      readJson(parse('\n'.repeat(line - 1) + text), { source });
      throw error;
    };
    const attempt = <Result>(read: () => Result): Result => {
      try {
        return read();
      } catch (error) {
        return placed(error);
      }
    };
    const plain = isJson ? undefined : parsePlainYaml(text);
    const document = plain === undefined ? attempt(() => parse(text)) : new SourceDocument(plain, source);
    return { value: document.value, read: () => attempt(() => readJson(document, { source })) };
  }

  #sourceOf(value: JsonValue, { line }: SplitObject): string {
    const { source } = this.#input;
    const metadata = isJsonObject(value) ? value.metadata : undefined;
    const name = isJsonObject(metadata) && typeof metadata.name === 'string' ? metadata.name : undefined;
    return line === 1 && name === undefined
      ? source
      : `${source}:${line}${name === undefined ? '' : ` ${quote(name)}`}`;
  }

  #addProfile(profile: ParsedProfile, origin: RecordingOrigin): void {
    const { target, architecture } = this.#input;
    this.#recordings.addProfile(profile, origin, target ?? { arch: parseArchitecture(architecture) });
    this.#used++;
  }

  #addText(pieces: readonly Uint8Array[]): void {
    const { source, origin } = this.#input;
    const bytes = joined(pieces, this.#size);
    this.#addProfile(readProfile(bytes, { source }), { ...origin, source });
  }

  #logReader(kind: LogKind): LogReader {
    const { lookup, architecture, arguments: isByArguments = false } = this.#input;
    return logReader(kind, lookup, {
      architecture,
      onCall: (call, { times = 1, time }) =>
        this.#recordings.addCall(call, this.#originOf(call), { count: times, last: timeOfText(time), isByArguments }),
      onCalls: (call, { count, last }) =>
        this.#recordings.addCall(call, this.#originOf(call), { count, last: timeOfText(last.time), isByArguments }),
      onSignal: () => {},
    });
  }

  /** A line that names its node or pod knows better than the path. */
  #originOf({ origin }: LoggedCall): RecordingOrigin {
    const key = origin === undefined ? '' : `${origin.node}\n${origin.namespace}\n${origin.pod}\n${origin.container}`;
    const known = this.#lineOrigins.get(key);
    if (known) return known;
    const whole: RecordingOrigin = {
      ...this.#input.origin,
      time: undefined,
      ...defined(origin ?? {}),
      source: this.#input.source,
    };
    this.#lineOrigins.set(key, whole);
    return whole;
  }
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** What has a value: the less certain stays where the more certain has nothing. */
function defined<Words extends object>(words: Words): Words {
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined)) as Words;
}
