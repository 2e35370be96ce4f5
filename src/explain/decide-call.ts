import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { type CompiledFilter, loadDefault, loadDefaultSync } from '../compiler/compile-policy.js';
import {
  type CompileProfileOptions,
  compileProfileSync,
  loadBuiltins,
  PROFILE_OPTIONS,
  type ProfileInput,
  parseInput,
} from '../compiler/compile-profile.js';
import { InvalidArgumentError } from '../errors.js';
import type { Libseccomp } from '../libseccomp/index.js';
import { checkOptions, LIBSECCOMP, type OptionTable, TEXT } from '../options.js';
import type { Action } from '../policy.js';
import { extendProfile } from '../profile/extend/extend-profile.js';
import { CAPABILITIES } from '../profile/model/capability.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { namesOf } from '../profile/resolve/resolve-policy.js';
import { unfilteredNotes } from '../syscalls/unfiltered-calls.js';
import type { CallArguments } from './call-arguments.js';
import {
  createCallDecider,
  type FilterAnswers,
  formatAnswers,
  isCompiledFilter,
  onlyAction,
  type PossibleAnswer,
} from './call-decision.js';

/** How a profile is compiled, and which of its architectures is asked about. */
export interface DecideCallOptions extends Omit<CompileProfileOptions, 'arch'> {
  /**
   * The machine, by any name: `x86_64`, `arm64`. A profile needs it. Of a filter that was compiled before, the only options
   * are this one (another machine than it was compiled for is an error), `callArch` and `libseccomp`.
   */
  arch?: CompileProfileOptions['arch'] | undefined;
  /** The architecture the call is made on, where it is not the one compiled for: `x86` on an x86_64 machine. */
  callArch?: string | undefined;
}

/** The values of {@link DecideCallOptions}. */
export const DECIDE_OPTIONS: OptionTable<DecideCallOptions> = { ...PROFILE_OPTIONS, callArch: [TEXT] };
const FILTER_OPTIONS: OptionTable<Pick<DecideCallOptions, 'arch' | 'callArch' | 'libseccomp'>> = {
  arch: PROFILE_OPTIONS.arch,
  callArch: [TEXT],
  libseccomp: [LIBSECCOMP],
};

export interface CallDecision {
  /** The call as it was asked for, and where it is made. */
  syscall: string;
  architecture: ArchitectureName;
  /** The answer, where there is one. Undefined where it depends on what the question leaves open: `answers` has all. */
  action: Action | undefined;
  answers: readonly PossibleAnswer[];
  /** What kernels do whatever the filter says. */
  notes: readonly string[];
  /** All of it in one line: `ALLOW when domain == AF_UNIX, else ERRNO(EPERM)`. */
  text: string;
}

/**
 * What a profile does with a system call, or a filter that was compiled before. It is exact and never guessed: what the
 * question leaves open may be anything, and where that matters `answers` has every answer. Open are the arguments that are
 * not given, and the capabilities unless `capabilities` is given. Some machines make calls through `socketcall` or `ipc`
 * too. An int is passed as C libraries do; an answer that only bits beyond it get has `unreadBits`. The kernel is newer
 * than any by default, as for {@link compileProfile}.
 *
 * For many questions compile the profile once, and ask the filter.
 *
 * @throws {ProfileError} when the profile cannot be read
 * @throws {CompileError} when there is no filter for the profile
 * @throws {InvalidArgumentError} when there is no such call, argument, constant, architecture or option
 *
 * @example
 * ```js
 * import { decideCall } from 'libseccomp-wasm';
 *
 * const profile = { extends: 'no-network' };
 * const inet = await decideCall(profile, 'socket', { domain: 'AF_INET' }, { arch: 'x86_64' });
 * console.log(inet.action, inet.text); // { kind: 'ERRNO', data: 97 } ERRNO(EAFNOSUPPORT)
 * const any = await decideCall(profile, 'socket', {}, { arch: 'x86_64' });
 * console.log(any.action, any.answers.length); // undefined 2
 * ```
 */
export async function decideCall(
  subject: ProfileInput | CompiledFilter,
  syscall: string,
  args: CallArguments = {},
  options: DecideCallOptions = {},
): Promise<CallDecision> {
  const isFilter = isCompiledFilter(subject);
  checkQuestion('decideCall', syscall, options, isFilter);
  const { libseccomp = await loadDefault() } = options;
  if (isFilter) return decideOfFilter(subject, syscall, args, { ...options, libseccomp });
  const parsed = parseInput(subject, options);
  const loadBase = options.loadBase ?? (parsed.seccomp.extends ? await loadBuiltins() : undefined);
  return decide(parsed, syscall, args, { ...options, libseccomp, loadBase });
}

/**
 * As {@link decideCall} without waiting; with no `libseccomp` given, in Node only. A profile that extends another needs
 * `loadBase` (see {@link loadBuiltins}).
 *
 * @throws {ProfileError} when the profile cannot be read
 * @throws {CompileError} when there is no filter for the profile
 * @throws {InvalidArgumentError} when there is no such call, argument, constant, architecture or option
 *
 * @example
 * ```js
 * import { compileProfileSync, decideCallSync } from 'libseccomp-wasm';
 *
 * const entry = { names: ['kill'], action: 'SCMP_ACT_ERRNO', args: [{ index: 1, value: 9, op: 'SCMP_CMP_EQ' }] };
 * const filter = compileProfileSync({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry] }, { arch: 'x86_64' });
 * console.log(decideCallSync(filter, 'kill').text); // ERRNO(EPERM) when sig == SIGKILL, else ALLOW
 * ```
 */
export function decideCallSync(
  subject: ProfileInput | CompiledFilter,
  syscall: string,
  args: CallArguments = {},
  options: DecideCallOptions = {},
): CallDecision {
  const isFilter = isCompiledFilter(subject);
  checkQuestion('decideCallSync', syscall, options, isFilter);
  const { libseccomp = loadDefaultSync() } = options;
  if (isFilter) return decideOfFilter(subject, syscall, args, { ...options, libseccomp });
  return decide(parseInput(subject, options), syscall, args, { ...options, libseccomp });
}

function checkQuestion(caller: string, syscall: string, options: DecideCallOptions, isFilter: boolean): void {
  if (isFilter) checkOptions(caller, options, FILTER_OPTIONS);
  else checkOptions(caller, options, DECIDE_OPTIONS);
  if (typeof syscall !== 'string') {
    throw new InvalidArgumentError(
      `${caller}: give the system call by its name, as "openat", not as a ${typeof syscall}`,
    );
  }
}

type Given<Options> = Options & { libseccomp: Libseccomp };

function decideOfFilter(
  filter: CompiledFilter,
  syscall: string,
  args: CallArguments,
  { arch, callArch, libseccomp }: Given<DecideCallOptions>,
): CallDecision {
  checkTarget(filter, arch);
  const found = createCallDecider(filter, libseccomp)({ syscall, args, callArch });
  return summarize(syscall, [{ capabilities: [], found }]);
}

/**
 * A filter is for the machine that it was compiled for.
 *
 * @throws {InvalidArgumentError} when another one was asked for
 */
export function checkTarget({ arches }: CompiledFilter, arch: string | undefined): void {
  if (arch === undefined || parseArchitecture(arch).name === arches[0]) return;
  throw new InvalidArgumentError(
    `the filter was compiled for ${arches[0]}, not for ${arch}; callArch asks about another architecture of it`,
  );
}

/** A question for one set of capabilities. */
interface Asked {
  capabilities: readonly string[];
  found: FilterAnswers;
}

function decide(
  parsed: ParsedProfile,
  syscall: string,
  args: CallArguments,
  options: Given<DecideCallOptions>,
): CallDecision {
  const { callArch, loadBase, operator, arch, ...compileOptions } = options;
  const target = parseArchitecture(arch as string).name;
  const whole = loadBase ? extendProfile(parsed, loadBase, { operator }) : parsed;
  const ask = (capabilities: readonly string[] | undefined): FilterAnswers => {
    const filter = compileProfileSync(whole, { ...compileOptions, arch: target, capabilities });
    return createCallDecider(filter, options.libseccomp)({ syscall, args, callArch });
  };
  const first = ask(options.capabilities);
  if (options.capabilities !== undefined) return summarize(syscall, [{ capabilities: [], found: first }]);
  const names = new Set([syscall, ...first.answers.map(({ way }) => way.name)]);
  const sets = capabilitySets(capabilitiesOfEntries(whole, names));
  return summarize(
    syscall,
    sets.map((capabilities, at) => ({ capabilities, found: at === 0 ? first : ask(capabilities) })),
  );
}

/** The capabilities that a profile's entries on some calls ask for. */
function capabilitiesOfEntries({ seccomp, locate }: ParsedProfile, calls: ReadonlySet<string>): string[] {
  const found = (seccomp.syscalls ?? []).flatMap((entry, index) => {
    const caps = [...(entry.includes?.caps ?? []), ...(entry.excludes?.caps ?? [])];
    const isAbout = caps.length > 0 && namesOf(entry, index, locate).some(({ name }) => calls.has(name));
    return isAbout ? caps.filter((name) => CAPABILITIES.includes(name)) : [];
  });
  return [...new Set(found)];
}

/** Entries on one call ask for one or two: of more than this, not every set is tried. */
const MAX_COMBINED = 3;

/** The sets to ask with, the empty one first: all there are of a few capabilities, and none, each and all of many. */
function capabilitySets(capabilities: readonly string[]): (readonly string[])[] {
  if (capabilities.length > MAX_COMBINED) return [[], ...capabilities.map((each) => [each]), capabilities];
  const sets: (readonly string[])[] = [[]];
  for (const each of capabilities) sets.push(...sets.map((set) => [...set, each]));
  return sets;
}

function summarize(syscall: string, asked: readonly Asked[]): CallDecision {
  const { architecture, answers: all } = asked[0]!.found;
  const groups = new Map<string, { sets: (readonly string[])[]; answers: readonly PossibleAnswer[] }>();
  for (const { capabilities, found } of asked) {
    const answers = found.answers.map(({ way: _way, ...answer }): PossibleAnswer => answer);
    const key = JSON.stringify(answers.map(({ example: _example, ...decided }) => decided));
    const group = groups.get(key) ?? { sets: [], answers };
    group.sets.push(capabilities);
    groups.set(key, group);
  }
  const dependsOnThem = groups.size > 1;
  const answers = [...groups.values()].flatMap(({ sets, answers }) =>
    answers.map((answer): PossibleAnswer => (dependsOnThem ? { ...answer, capabilities: sets } : answer)),
  );
  const named = asked.at(-1)!.capabilities;
  const texts = [...groups.values()].map(({ sets, answers }) => {
    const text = formatAnswers(answers, architecture.name);
    return dependsOnThem ? `${text} ${formatSets(sets, named)}` : text;
  });
  const notes = unfilteredNotes(architecture.name, ({ number }) =>
    all.some(({ way }) => way.through === undefined && way.number === number),
  );
  const action = onlyAction(answers);
  return {
    syscall,
    architecture: architecture.name,
    // The kernel is open then, and what it does is not what the filter says.
    action: notes.length > 0 && action?.kind !== 'ALLOW' ? undefined : action,
    answers,
    notes,
    text: [...texts, ...notes].join('; '),
  };
}

/** `without CAP_SYS_ADMIN`, `with CAP_BPF or with CAP_SYS_ADMIN and CAP_BPF` */
function formatSets(sets: readonly (readonly string[])[], named: readonly string[]): string {
  return sets
    .map((set) => (set.length === 0 ? `without ${named.join(' and ')}` : `with ${set.join(' and ')}`))
    .join(' or ');
}
