import type { ArchitectureName } from '../../architecture.js';
import type { Hover } from '../../editor/hover.js';
import type { Problem as EditorProblem } from '../../editor/problems.js';
import type { Span } from '../../editor/profile-view.js';
import type { QuickFix } from '../../editor/quick-fixes.js';
import type { ActionLabel, RuleNote } from '../../editor/rule-notes.js';
import type { TokenType } from '../../editor/semantic-tokens.js';
import type { Completions } from '../../editor/vocabulary.js';
import type { OutputFormat } from '../../profile/formats/index.js';
import type { AdvisedSetting } from '../settings/panel-terms.js';
import type { Settings } from '../settings/settings.js';

import type { EntryPlace } from './entry-places.js';
import type { Verdict } from './verdict.js';

// The messages between the page and its workers: plain data that structured cloning takes.

export type { ActionLabel, RuleNote } from '../../editor/rule-notes.js';

export type { Settings } from '../settings/settings.js';

/** A problem as the page shows it. */
export interface Problem extends Omit<EditorProblem, 'fix'> {
  /** What is underlined in the text, where the problem stands there. */
  span?: Span | undefined;
  fixes: readonly QuickFix[];
  /** The setting that settles it, where its advice names one. */
  setting?: AdvisedSetting | undefined;
}

/** A profile as the page has it. */
export interface ProfileText {
  text: string;
  /** Its name in messages, usually its file name. */
  source: string;
}

/** What happens to one call, whatever its arguments or depending on them. */
export interface CallDecision {
  /** One: the arguments do not matter. */
  actions: readonly ActionLabel[];
  minSteps: number;
  maxSteps: number;
}

export interface MapCall extends CallDecision {
  name: string;
  number: number;
}

/** All decisions for one architecture's calls. */
export interface ArchitectureMap {
  architecture: ArchitectureName;
  calls: readonly MapCall[];
  /** The decision for a number in no table. */
  otherNumbers: CallDecision;
}

export interface PolicyMap {
  architectures: readonly ArchitectureMap[];
  /** By name of the call. */
  rules: Readonly<Record<string, readonly RuleNote[]>>;
  defaultAction: ActionLabel;
  otherArchitectures: readonly OtherArchitectures[];
}

/** The decisions for calls of architectures that the filter does not have: `name` says which. */
export interface OtherArchitectures {
  name: string;
  actions: readonly ActionLabel[];
}

/** A profile that compiled. */
export interface CompileSuccess {
  kind: 'compiled';
  revision: number;
  source: string;
  format: string;
  arches: readonly ArchitectureName[];
  flags: readonly string[];
  usesListener: boolean;
  instructions: number;
  /** With `min`: how many libseccomp's own program has, where it is correct. */
  instructionsOfLibseccomp: number | undefined;
  bytes: number;
  /** Instructions executed for a call that is allowed: the median one. Undefined where none is. */
  typicalSteps: number | undefined;
  maxSteps: number;
  /** Without architectures where they are those of the revision that the page knows. */
  map: PolicyMap;
  isMapKnown: boolean;
  /** The entries that stand in the text, in its order. */
  entries: readonly EntryPlace[];
  problems: readonly Problem[];
  /** How long it took in the worker, in milliseconds. */
  milliseconds: number;
}

export interface CompileRefusal {
  kind: 'refused';
  problems: readonly Problem[];
}

/** One instruction of the listing. */
export interface ListingLine {
  text: string;
  comment?: string | undefined;
  successors: readonly number[];
  architectures: readonly string[];
  reachable: boolean;
  /** Of a return. */
  action?: ActionLabel | undefined;
  /** The calls that it is there for, and the entries that name them, by their index. */
  calls: readonly string[];
  entries: readonly number[];
}

export interface Listing {
  revision: number;
  lines: readonly ListingLine[];
}

/** A call as it is typed in. */
export interface TypedCall {
  architecture: ArchitectureName;
  syscall: string;
  arguments: readonly string[];
}

export interface SimulatedCall {
  kind: 'simulated';
  revision: number;
  name: string | undefined;
  number: number;
  action: ActionLabel;
  returnValue: number;
  path: readonly number[];
  verdict: Verdict;
}

/** A call that cannot be made of what was typed. `argument`: which one is wrong; undefined: the call itself. */
export interface BadCall {
  kind: 'bad-call';
  argument?: number | undefined;
  message: string;
}

export interface Parameter {
  name: string;
  /** `int`, `string`…, for people. */
  type: string;
  bits: number;
  pointer: boolean;
  constants: readonly string[];
}

/** How the arguments of one call decide, as a small tree. */
export interface CallPicture {
  /** Ways through it: conditions in words that hold together, and the answer then. */
  ways: readonly { conditions: readonly string[]; action: ActionLabel }[];
  /** The ways that are not shown. */
  more: number;
  /** The answer in every other case. */
  otherwise: ActionLabel;
}

/** The fields of the simulator's form. Undefined parameters: they are not known. */
export interface CallForm {
  number: number | undefined;
  parameters: readonly Parameter[] | undefined;
}

export interface Difference {
  architecture: string;
  /** `clone3`, or a range of numbers; several that change alike. */
  calls: readonly string[];
  /** In words; empty: for all arguments. */
  condition: string;
  from: ActionLabel;
  to: ActionLabel;
  change: 'weaker' | 'stronger' | 'other';
}

export interface ComparisonResult {
  kind: 'compared';
  differences: readonly Difference[];
  /** The entries of the other profile, where they stand in its text. */
  entriesBefore: readonly EntryPlace[];
  /** The other profile's size, for a comparison at a glance. */
  instructions: number;
}

/** The forms of a program, and the formats that a profile is written in. */
export type ExportFormat = 'bpf' | 'c' | 'hex' | 'base64' | 'pfc' | 'asm' | OutputFormat;

export interface Exported {
  kind: 'exported';
  revision: number;
  fileName: string;
  content: string | Uint8Array<ArrayBuffer>;
}

export interface Failed {
  kind: 'failed';
  message: string;
}

/** The program for another machine than the chosen one, or why there is none. */
export type BesideProgram =
  | {
      arch: ArchitectureName;
      arches: readonly ArchitectureName[];
      instructions: number;
      typicalSteps: number | undefined;
      maxSteps: number;
    }
  | { arch: ArchitectureName; refused: string };

/** Calls of one program in a log that met the same answer, and what the profile has to say of them. */
export interface LogRow {
  program: string | undefined;
  processes: number;
  /** As the log shows it. */
  call: string;
  name: string;
  architecture: ArchitectureName;
  /** What the log says became of it. */
  answer: string;
  count: number;
  /** Of the first, in the log. */
  line: number;
  why: string | undefined;
  advice: readonly string[];
  /** What allows the call when it is added to the profile. */
  addition: string | undefined;
  isDenied: boolean;
}

export interface LogAnswer {
  kind: 'answered';
  rows: readonly LogRow[];
  /** Calls in the log. */
  calls: number;
  /** Kinds of denied calls that are in no row. */
  left: number;
  /** Lines that were not understood, by reason. */
  problems: readonly { line: number; reason: string; count: number }[];
  /** Lines with a call. */
  used: number;
}

/** A file's content, as the page shows it. */
export type OpenedBytes =
  /** `isProgram`: the text is assembler of the file's bytes. `isPacked`: the file has it packed. */
  | { kind: 'text'; text: string; isProgram: boolean; isPacked: boolean }
  | { kind: 'log'; text: string }
  | { kind: 'unreadable'; message: string };

/** What both of two profiles allow, or what either of them allows. */
export type Combination = 'intersect' | 'union';

/** In Docker's format. `differences`: where no profile can say it, a sentence each. */
export interface Combined {
  kind: 'combined';
  text: string;
  differences: readonly string[];
}

/** Words of a text: where each begins and ends, and the index of its type, one after the other. Cloned in no time. */
export interface TextTokens {
  types: readonly TokenType[];
  places: Uint32Array<ArrayBuffer>;
}

/** The requests: the types of request and response by name. */
export interface Requests {
  /** `known`: the revision that the page has the map of. Most keystrokes change no program, and a map is large. */
  compile: [ProfileText & { settings: Settings; known?: number | undefined }, CompileSuccess | CompileRefusal];
  listing: [{ revision: number }, Listing | undefined];
  simulate: [{ call: TypedCall }, SimulatedCall | BadCall];
  picture: [{ architecture: ArchitectureName; syscall: string }, CallPicture | undefined];
  form: [{ architecture: ArchitectureName; syscall: string }, CallForm];
  check: [ProfileText & { settings: Settings }, { problems: readonly Problem[] }];
  compare: [{ before: ProfileText; after: ProfileText; settings: Settings }, ComparisonResult | CompileRefusal];
  /** The profile of what two allow together. */
  combine: [{ how: Combination; before: ProfileText; after: ProfileText; settings: Settings }, Combined | Failed];
  /** The programs for the machines of `settings.beside`. */
  beside: [ProfileText & { settings: Settings }, { programs: readonly BesideProgram[] }];
  /** The program in words, as `scmp explain` prints it. */
  explain: [ProfileText & { settings: Settings }, { kind: 'explained'; text: string } | Failed];
  export: [ProfileText & { settings: Settings; format: ExportFormat }, Exported | Failed];
  /** What a file is: a text, a program (as assembler), a log; packed by gzip too. */
  open: [{ bytes: Uint8Array<ArrayBuffer>; source: string; arch: ArchitectureName }, OpenedBytes];
  /** Which calls of a log were denied, why, and what to add. The profile may be none, or not compile. */
  why: [{ log: ProfileText; profile: ProfileText; settings: Settings }, LogAnswer | Failed];
  /** The profile's text with an addition that allows one call more, and nothing else. */
  add: [
    { profile: ProfileText; settings: Settings; addition: string; name: string; architecture: ArchitectureName },
    { kind: 'added'; text: string } | Failed,
  ];
  complete: [ProfileText & { settings: Settings; offset: number }, Completions | undefined];
  hover: [ProfileText & { settings: Settings; offset: number }, Hover | undefined];
  /** The words of a text for its colours. */
  tokens: [ProfileText & { settings: Settings }, TextTokens];
}

export type RequestName = keyof Requests;
export type RequestBody<K extends RequestName> = Requests[K][0];
export type ResponseTo<K extends RequestName> = Requests[K][1];

export interface RequestMessage {
  id: number;
  name: RequestName;
  question: unknown;
}

export type ResponseMessage = { id: number; answer: unknown } | { id: number; error: string };
