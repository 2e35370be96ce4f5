import { formatAction } from '../action.js';
import { type Architecture, type ArchitectureName, parseArchitecture } from '../architecture.js';
import { type CallDifference, compareDecisions } from '../bpf/decisions/compare.js';
import { type DecodedProgram, type ProgramInput, readProgram } from '../bpf/program/codec.js';
import type { Endianness } from '../bpf/program/instruction.js';
import { CompileError } from '../compiler/compile-error.js';
import { compileParsedProfile } from '../compiler/library.js';
import type { Libseccomp } from '../libseccomp/index.js';
import { ANYTHING, checkOptions, LIBSECCOMP, TEXT } from '../options.js';
import type { Action } from '../policy.js';
import { exactKey } from '../profile/document/exact-json.js';
import { ProfileError } from '../profile/document/profile-error.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import type { DockerSyscall } from '../profile/model/schema.js';
import { actionKeys, entriesOfCall } from './call-entries.js';
import { DecompileError } from './decompile-error.js';
import { type ProgramPolicy, programPolicy } from './program-policy.js';
import { hasTrapData, readSection } from './read-section.js';

export interface DecompileOptions {
  libseccomp: Libseccomp;
  /**
   * The machine that the profile is for, by any name. Default: one with 64 bits of those that the program compares with.
   * A program that looks at no architecture needs it.
   */
  arch?: ArchitectureName | (string & {}) | undefined;
  /** Byte order of bare bytes. Default: that of `arch`, or it is detected. */
  endianness?: Endianness | undefined;
  /** What to call the program in messages, usually its file name. */
  source?: string | undefined;
}

/** A profile that decides as a program does. */
export interface Decompiled {
  profile: ParsedProfile;
  /** Where the profile is stricter than the program, or answers otherwise: no call with a name on its architectures. */
  differences: readonly string[];
}

/**
 * The profile that a program could have been compiled from. It is compiled again, and compared with the program on every
 * possible call. On the profile's architectures all calls with a name are decided alike. Elsewhere are numbers without a
 * name, and other architectures. There the profile lets no call run that the program stops, and `differences` says what
 * differs.
 *
 * @throws {DecompileError} when there is no such profile, with the calls that are in the way
 * @throws {InvalidProgramError} when the kernel would not load the program
 * @throws {ProgramTooComplexError} when the program is too complex to decide exactly
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {InvalidArgumentError} when an architecture or option is unknown
 *
 * @example
 * ```js
 * import { assemble } from 'libseccomp-wasm/bpf';
 * import { decompile } from 'libseccomp-wasm/explain';
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * const source = 'A = arch\nif (A != x86_64) goto no\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return KILL_THREAD';
 * const { profile } = decompile(assemble(source), { libseccomp: loadLibseccompSync() });
 * const [entry] = profile.seccomp.syscalls;
 * console.log(profile.seccomp.defaultAction, entry.names, entry.action); // SCMP_ACT_ALLOW [ 'ptrace' ] SCMP_ACT_KILL_THREAD
 * ```
 */
export function decompile(program: ProgramInput, options: DecompileOptions): Decompiled {
  checkOptions('decompile', options, {
    libseccomp: [LIBSECCOMP],
    arch: [ANYTHING],
    endianness: ['little', 'big'],
    source: [TEXT],
  });
  const { libseccomp, source = 'program' } = options;
  const machine = options.arch === undefined ? undefined : parseArchitecture(options.arch);
  const decoded = readProgram(program, options.endianness ?? machine?.endianness);
  const policy = programPolicy(decoded, libseccomp, machine);
  if (machine && policy.architectures[0] !== machine) {
    throw new DecompileError(source, [
      `it decides nothing on ${machine.name} that it does not decide on all architectures`,
    ]);
  }
  let failed: DecompileError | undefined;
  for (const architectures of choicesOf(policy.architectures)) {
    try {
      const profile = profileOf(policy, architectures, source);
      return { profile, differences: compare(decoded, { profile, architectures, policy, libseccomp, source }) };
    } catch (error) {
      if (!(error instanceof DecompileError)) throw error;
      if (failed === undefined || error.reasons.length < failed.reasons.length) failed = error;
    }
  }
  throw failed!;
}

/** With fewer architectures there is less that one list of names has to say for all of them. */
function choicesOf([native, ...others]: readonly [Architecture, ...Architecture[]]): readonly (readonly [
  Architecture,
  ...Architecture[],
])[] {
  const withoutX32 = others.filter(({ name }) => name !== 'x32');
  const sizes = new Set([others.length, withoutX32.length, 0]);
  return [others, withoutX32, []]
    .filter((each) => sizes.delete(each.length))
    .map((each): readonly [Architecture, ...Architecture[]] => [native, ...each]);
}

function profileOf(policy: ProgramPolicy, architectures: readonly Architecture[], source: string): ParsedProfile {
  const reasons: string[] = [];
  const entries = new Map<string, { entry: DockerSyscall; names: string[] }>();
  const decided = new Set<string>();
  for (const architecture of architectures) {
    for (const { name, node } of policy.callsOf(architecture)) {
      if (decided.has(name)) continue;
      decided.add(name);
      const cannot = (reason: string) => reasons.push(`${name} (${architecture.name}): ${reason}`);
      for (const { entry } of entriesOfCall({ ...policy, node, cannot })) {
        const key = exactKey(entry);
        const known = entries.get(key);
        if (known) known.names.push(name);
        else entries.set(key, { entry, names: [name] });
      }
    }
  }
  const fallback = actionKeys(policy.defaultAction);
  if (reasons.length > 0) throw new DecompileError(source, reasons);
  const section = {
    defaultAction: fallback.action,
    ...(fallback.errnoRet !== undefined && { defaultErrnoRet: fallback.errnoRet }),
    architectures: architectures.map(({ ociName }) => ociName),
    ...(fallback.trapData !== undefined && { defaultTrapData: fallback.trapData }),
    syscalls: [...entries.values()].map(({ entry, names }) => ({ names: names.sort(), ...entry })),
  };
  try {
    return readSection(section, source);
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    throw new DecompileError(
      source,
      error.issues.map(({ message }) => message),
      { cause: error },
    );
  }
}

interface Candidate {
  profile: ParsedProfile;
  architectures: readonly [Architecture, ...Architecture[]];
  policy: ProgramPolicy;
  libseccomp: Libseccomp;
  source: string;
}

/**
 * Compile the profile and compare the two programs on every input.
 *
 * @throws {DecompileError} when a call with a name is decided otherwise, or the profile is more permissive anywhere
 */
function compare(program: DecodedProgram, { profile, architectures, policy, libseccomp, source }: Candidate): string[] {
  const [native] = architectures;
  let compiled: DecodedProgram;
  try {
    compiled = readProgram(
      compileParsedProfile(profile, {
        arch: native.name,
        libseccomp,
        unknownSyscall: 'ignore',
        verify: false,
        // libseccomp's own TRAP has no data.
        ...(hasTrapData(profile) && { optimize: 'min' }),
      }),
    );
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw new DecompileError(source, [`libseccomp makes no such program: ${error.message}`], { cause: error });
  }
  const reasons = new Map<string, Set<string>>();
  const differences = new Map<string, Set<string>>();
  for (const { architecture: name, calls } of compareDecisions(program, compiled).architectures) {
    const architecture = name === undefined ? undefined : parseArchitecture(name);
    const isOwn = architecture !== undefined && architectures.includes(architecture);
    const where = architecture?.name ?? 'architectures that it does not name';
    for (const call of calls) {
      const named = isOwn ? policy.callsOf(architecture).filter(({ number }) => isIn(call, number)) : [];
      const place =
        named.length > 0
          ? `${listed(named.map((each) => each.name))} on ${where}`
          : isOwn
            ? `numbers without a name on ${where}`
            : where;
      for (const { from, to, direction } of call.changes) {
        const isReason = named.length > 0 || (direction === 'weaker' && mayRun(to) && call.numbers.some(isCall));
        const key = `${place}: ${formatAction(to, name)} in the profile, and in the program`;
        const found = isReason ? reasons : differences;
        found.set(key, (found.get(key) ?? new Set()).add(formatAction(from, name)));
      }
    }
  }
  const sentences = (found: ReadonlyMap<string, ReadonlySet<string>>) =>
    [...found].map(([key, actions]) => `${key} ${[...actions].join(', ')}`);
  if (reasons.size > 0) throw new DecompileError(source, sentences(reasons));
  return sentences(differences);
}

/** Whether a call may run with it; of KILL_THREAD for KILL_PROCESS it is only reported that it differs. */
const mayRun = ({ kind }: Action) => !['KILL_PROCESS', 'KILL_THREAD', 'TRAP', 'ERRNO'].includes(kind);

/** The kernel has no call with a negative number; by -1 a tracer skips one (seccomp(2)). */
const isCall = ({ from }: { from: number }) => from < 2 ** 31;

const isIn = ({ numbers }: CallDifference, number: number) =>
  numbers.some(({ from, to }) => from <= number && number <= to);

function listed(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
}
