import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareDecisions, ProgramTooComplexError } from '../../../src/bpf/index.js';
import { includedFile } from '../../../src/cli/included-files.js';
import { compileParsedProfile } from '../../../src/compiler/library.js';
import { ScmpError } from '../../../src/errors.js';
import type { Libseccomp } from '../../../src/libseccomp/index.js';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import type { InputFormat, ParsedProfile } from '../../../src/profile/index.js';
import { readProfile } from '../../../src/profile/index.js';
import { MULTIPLEXED_CALLS } from '../../../src/syscalls/multiplexed-calls.js';
import { syscallName } from '../../../src/syscalls/syscall-name.js';
import { seeded } from '../../owners/owner.js';
import { type LineRange, MUTATORS, type Mutation } from './mutations.js';

/** A file that somebody wrote, and the format that it is in. */
export interface RealFile {
  path: string;
  text: string;
  format: InputFormat;
}

/** Where real profiles are, from the root of this repository: its own, those that the build fetches, and the machine's. */
export const FOLDERS = [
  'test/profile/policies',
  'src/profile/builtin',
  'examples',
  'build/test-inputs',
  '/etc/firejail',
  '/usr/share/lxc/config',
  '/usr/share/doc/lxc/examples',
  '/usr/lib/systemd/system',
];

/** The profiles in folders and those below, each read by itself. */
export function realFiles(folders: readonly string[]): RealFile[] {
  return folders.flatMap((folder) =>
    listed(folder).flatMap((path) => {
      const text = readFileSync(path, 'utf8');
      if (text.length > 100_000) return [];
      try {
        return [
          { path, text, format: readProfile(text, { source: path, include: includedFile }).format as InputFormat },
        ];
      } catch (error) {
        if (error instanceof ScmpError) return [];
        throw error;
      }
    }),
  );
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((each) => each.isFile() && !/\.(?:h|c|go|md|tsv|deb|ts|mjs|js|sh)$/.test(each.name))
      .map((each) => join(each.parentPath ?? each.path, each.name))
      .filter((path) => !path.includes('/linux/'))
      .sort();
  } catch {
    return [];
  }
}

export interface DamageOutcome {
  refused: number;
  warned: number;
  same: number;
  other: number;
  /** Programs that are too complex to be compared. */
  uncompared: number;
  /** What must not be. */
  faults: string[];
}

/** Read files with one damage each, from a seed on. */
export function readDamagedFiles(
  libseccomp: Libseccomp,
  files: readonly RealFile[],
  first: number,
  count: number,
): DamageOutcome {
  const outcome: DamageOutcome = { refused: 0, warned: 0, same: 0, other: 0, uncompared: 0, faults: [] };
  const reader = new DamagedReader(libseccomp, outcome);
  for (let seed = first; seed < first + count; seed++) {
    const random = seeded(seed);
    const file = random.of(files);
    const mutation = random.of(MUTATORS)(file.text, random);
    if (!mutation || (mutation.text === file.text && mutation.kind !== 'neutral')) continue;
    const fault = reader.read(file, mutation, random.below(2) === 0);
    if (fault) outcome.faults.push(`seed ${seed}, ${file.path}:${mutation.before.from}: ${mutation.what}: ${fault}`);
  }
  return outcome;
}

interface Made {
  profile: ParsedProfile;
  program: Uint8Array;
  warnings: readonly string[];
}

class DamagedReader {
  #libseccomp: Libseccomp;
  readonly #outcome: DamageOutcome;
  readonly #intact = new Map<string, Made | undefined>();

  constructor(libseccomp: Libseccomp, outcome: DamageOutcome) {
    this.#libseccomp = libseccomp;
    this.#outcome = outcome;
  }

  /** What is wrong with how a damaged text was read; undefined where nothing is. */
  read(file: RealFile, mutation: Mutation, isDetected: boolean): string | undefined {
    const whole = this.#whole(file);
    if (!whole) return undefined;
    let damaged: Made;
    try {
      damaged = this.#make(mutation.text, file.path, isDetected ? undefined : file.format);
    } catch (error) {
      this.#outcome.refused++;
      return faultOfError(error, mutation.text);
    }
    const isSame = Buffer.from(damaged.program).equals(whole.program);
    if (isSame) this.#outcome.same++;
    if (isSame) return undefined;
    if (mutation.kind === 'neutral') return 'the program is another one';
    let weaker: Set<string>;
    try {
      weaker = weakerCalls(whole.program, damaged.program);
    } catch (error) {
      if (!(error instanceof ProgramTooComplexError)) throw error;
      this.#outcome.uncompared++;
      return undefined;
    }
    this.#outcome.other++;
    if (weaker.size === 0) return undefined;
    const isWarned = damaged.warnings.some((each) => !whole.warnings.includes(each));
    if (isWarned) this.#outcome.warned++;
    if (isWarned) return undefined;
    if (mutation.kind === 'garbled') return `weaker, and nothing says so: ${[...weaker].join(', ')}`;
    const about = new Set([
      ...said(whole, mutation.before, file.text),
      ...said(damaged, mutation.after, mutation.text),
    ]);
    const unexplained = about.has(ALL) ? [] : [...weaker].filter((name) => !about.has(name));
    if (unexplained.length === 0) return undefined;
    return `weaker elsewhere than where the damage is: ${unexplained.slice(0, 12).join(', ')}`;
  }

  #whole(file: RealFile): Made | undefined {
    if (!this.#intact.has(file.path)) {
      try {
        this.#intact.set(file.path, this.#make(file.text, file.path, file.format));
      } catch (error) {
        if (!(error instanceof ScmpError)) throw error;
        this.#intact.set(file.path, undefined);
      }
    }
    return this.#intact.get(file.path);
  }

  #make(text: string, source: string, format: InputFormat | undefined): Made {
    if (!this.#libseccomp.usable) this.#libseccomp = this.#libseccomp.another();
    const profile = readProfile(text, { source, include: includedFile, ...(format ? { format } : {}) });
    const options = { arch: 'x86_64', libseccomp: this.#libseccomp } as const;
    const { program, warnings } = compileParsedProfile(profile, options);
    return { profile, program, warnings: [...profile.warnings, ...warnings].map(({ message }) => message) };
  }
}

/** An error must be one of ours, and its words and place ones that an author can use. */
function faultOfError(error: unknown, text: string): string | undefined {
  if (!(error instanceof ScmpError)) return `not a typed error: ${(error as Error).stack}`;
  if (/undefined|\[object|NaN/.test(error.message) && !/undefined|NaN/.test(text)) return `its words: ${error.message}`;
  if (!(error instanceof ProfileError)) return undefined;
  const lines = text.split(/\r\n?|\n/).length;
  const outside = error.issues.find(
    ({ position, source }) => position && !source && (position.line < 1 || position.line > lines),
  );
  return outside ? `its place is not in the file: ${error.message}` : undefined;
}

/** The calls that the second program allows where the first does not, or denies less strictly. */
function weakerCalls(first: Uint8Array, second: Uint8Array): Set<string> {
  const [given, other] = [first, second].map((program) => ({ program, arches: ['x86_64' as const] }));
  const { architectures } = compareDecisions(given!, other!);
  const found = new Set<string>();
  for (const { architecture, calls } of architectures) {
    for (const { numbers, changes } of calls) {
      if (!changes.some(({ direction }) => direction === 'weaker')) continue;
      for (const { from, to } of numbers) {
        for (let number = from; number <= Math.min(to, from + 600); number++) {
          found.add((architecture && syscallName(number, architecture)) || OTHERS);
        }
      }
    }
  }
  return found;
}

/** Calls that no architecture has, or of no architecture here. */
const OTHERS = 'others';
/** What stands there is about every call. */
const ALL = 'all';

/** Statements that say something of what stands on other lines. */
const STRUCTURE: Readonly<Partial<Record<string, RegExp>>> = {
  kafel: /[{}#"]|\b(?:POLICY|USE|DEFAULT|ON)\b|\/\*|\*\/|\/\//,
  nsjail: /[{}#]|\b(?:POLICY|USE|DEFAULT|ON|seccomp_policy_file)\b|\/\*|\*\/|\/\//,
  systemd: /^\s*[[#;]|\\$|^\s*(?:SystemCall(?:ErrorNumber|Architectures)|DynamicUser|Personality)\b|^\s*Restrict/m,
  nspawn: /^\s*[[#;]|\\$/m,
  lxc: /^\s*(?:\[|\d|\w*list\b)/m,
  snapd: /^\s*[@~]/m,
  firejail: /^\s*(?:ignore|include|seccomp-error-action|allow-debuggers|seccomp\.block-secondary)\b/m,
  'minijail-py': /^\s*@|\\$/m,
  minijail: /^\s*@|\\$/m,
  list: /^\s*(?:default|arch|flags)\b/m,
};
/** Of what has keys: an entry's are on several lines. */
const KEYS_STRUCTURE =
  /default_?[aA]ction|default_?[eE]rrno|[aA]rchitectures|archMap|flags|syscalls|seccomp|linux|spec|^\s*[[\]{}]|extends|listener/m;

/** With what a statement of several lines has before and after them. */
function wholeLines({ from, to }: LineRange, text: string): LineRange {
  const lines = text.split('\n');
  const goesOn = (line: string | undefined) => /\\\s*$/.test(line ?? '');
  let [first, last] = [from, to];
  while (goesOn(lines[first - 2])) first--;
  while (goesOn(lines[last - 1])) last++;
  return { from: first, to: last };
}

/** Where the filter of a call begins that has its conditions on lines of their own: the name stands there. */
function beginOfFilter(from: number, text: string): number {
  const lines = text.split('\n');
  let first = from;
  while (first > 1 && /(?:[{(]|&&|\|\|)\s*(?:"\s*)?$/.test(lines[first - 2]!)) first--;
  return first;
}

/** The calls that what stands on some lines of a text is about. */
function said({ profile }: Made, lines: LineRange, text: string): Set<string> {
  const { from, to } = wholeLines(lines, text);
  const { syscalls = [], defaultAction: _ } = profile.seccomp;
  const touched = text
    .split('\n')
    .slice(from - 1, to)
    .join('\n');
  const isKeys = !(profile.format in STRUCTURE);
  const found = new Set<string>();
  if ((STRUCTURE[profile.format] ?? KEYS_STRUCTURE).test(touched)) found.add(ALL);
  const begin = profile.format === 'kafel' || profile.format === 'nsjail' ? beginOfFilter(from, text) : from;
  const isHere = (line: number | undefined, last = line) =>
    line !== undefined && last !== undefined && line <= to && last >= begin;
  if (isHere(profile.locate('defaultAction').position?.line)) found.add(ALL);
  for (const [index, { names = [] }] of (syscalls ?? []).entries()) {
    const start = profile.locate('syscalls', index);
    const next = index + 1 < (syscalls?.length ?? 0) ? profile.locate('syscalls', index + 1).position?.line : undefined;
    const covers = isKeys && isHere(start.position?.line, next ?? Number.MAX_SAFE_INTEGER);
    for (const [position, name] of (names ?? []).entries()) {
      const { position: at, source } = profile.locate('syscalls', index, 'names', position);
      if (!covers && !(isHere(at?.line) && (source ?? profile.source) === profile.source)) continue;
      found.add(name);
      const behind = MULTIPLEXED_CALLS.get(name);
      if (behind) found.add(behind.multiplexer);
    }
  }
  return found;
}
