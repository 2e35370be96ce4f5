import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { implies } from '../bpf/decisions/compare.js';
import type { SeccompData } from '../bpf/execution/simulate.js';
import { type CompiledFilter, loadDefault } from '../compiler/compile-policy.js';
import {
  type CompileProfileOptions,
  compileProfileSync,
  loadBuiltins,
  PROFILE_OPTIONS,
  type ProfileInput,
  parseInput,
} from '../compiler/compile-profile.js';
import { InvalidArgumentError } from '../errors.js';
import { checkOptions, LIST, NUMBER, type OptionTable, TEXT } from '../options.js';
import type { Action, FilterFlag } from '../policy.js';
import { extendProfile } from '../profile/extend/extend-profile.js';
import { describeCall } from '../syscalls/describe-call.js';
import { syscallName, syscallsAmong } from '../syscalls/syscall-name.js';
import { quote } from '../text.js';
import { isCompiledFilter } from './call-decision.js';

/** How profiles are compiled, and for which machines. */
export interface ImpliesProfileOptions extends Omit<CompileProfileOptions, 'arch'> {
  /** The machines, by any name. Profiles need them; filters are compared for all that they were compiled for. */
  arch?: string | readonly string[] | undefined;
  /** How many witnesses are looked for on each machine. Default: 64. */
  witnesses?: number | undefined;
}

const IMPLIES_PROFILE_OPTIONS: OptionTable<ImpliesProfileOptions> = {
  ...PROFILE_OPTIONS,
  arch: [TEXT, LIST],
  witnesses: [NUMBER],
};

export interface ProfileImplication {
  /** Whether the first is nowhere more permissive than the second, on every machine. */
  holds: boolean;
  machines: readonly MachineImplication[];
}

export interface MachineImplication {
  machine: ArchitectureName;
  holds: boolean;
  /** What the first lets calls do beyond the second. Empty where it holds. */
  witnesses: readonly ProfileWitness[];
  /** Whether the witnesses name every such call. */
  isComplete: boolean;
  /** Flags of the first alone that take a protection away: SECCOMP_FILTER_FLAG_SPEC_ALLOW. */
  flags: readonly FilterFlag[];
}

/** Calls that are decided alike, and one of them that shows the difference. */
export interface ProfileWitness {
  /** Undefined for those that neither program distinguishes. */
  architecture: ArchitectureName | undefined;
  /** The calls, by their names. Numbers that have none are not listed. */
  syscalls: readonly string[];
  /** A call in words: `socket(AF_NETLINK, 3, 0)`. */
  call: string;
  data: SeccompData;
  /** What the first decides of it, and the second. */
  a: Action;
  b: Action;
}

/** A profile, or what it was compiled to for each machine: then nothing is compiled, and no wasm loaded. */
export type ImpliesInput = ProfileInput | CompiledFilter | readonly CompiledFilter[];

/**
 * Whether a profile is nowhere more permissive than another one, on every machine named: the answer to "is it at least as
 * strict as the baseline?". It compares the programs on every possible call. If it does not hold, witnesses say where.
 *
 * Compile a baseline once, and give its filters. An entry that depends on capabilities needs `capabilities`: without
 * them there is no one answer.
 *
 * @throws {ProfileError} when a profile cannot be read
 * @throws {CompileError} when there is no filter for a profile
 * @throws {ProgramTooComplexError} when a program is too complex to be decided exactly
 * @throws {InvalidArgumentError} when there is no such architecture or option, a filter for a machine is missing, or an entry
 * depends on capabilities and none are given
 *
 * @example
 * ```js
 * import { compileProfile } from 'libseccomp-wasm';
 * import { impliesProfile } from 'libseccomp-wasm/explain';
 *
 * const baseline = await compileProfile({ extends: 'docker' }, { arch: 'x86_64', capabilities: [] });
 * const profile = { extends: 'docker', syscalls: [{ names: ['keyctl'], action: 'SCMP_ACT_ALLOW' }] };
 * const { holds, machines } = await impliesProfile(profile, baseline, { arch: 'x86_64', capabilities: [] });
 * console.log(holds, machines[0].witnesses[0].syscalls); // false [ 'keyctl' ]
 * ```
 */
export async function impliesProfile(
  a: ImpliesInput,
  b: ImpliesInput,
  options: ImpliesProfileOptions = {},
): Promise<ProfileImplication> {
  checkOptions('impliesProfile', options, IMPLIES_PROFILE_OPTIONS);
  const { arch, witnesses, ...compileOptions } = options;
  const [first, second] = [filtersOf(a), filtersOf(b)];
  const asked = arch === undefined ? (first ?? second ?? []).map(({ arches }) => arches[0] as string) : [arch].flat();
  const machines = [...new Set(asked.map((name) => parseArchitecture(name).name))];
  if (machines.length === 0) throw new InvalidArgumentError('impliesProfile: arch is missing: for which machines?');
  const [filtersA, filtersB] = [
    first ? forMachines(first, machines) : await compiled(a as ProfileInput, machines, compileOptions),
    second ? forMachines(second, machines) : await compiled(b as ProfileInput, machines, compileOptions),
  ];
  const answers = machines.map((machine, at) =>
    compare(machine, filtersA[at] as CompiledFilter, filtersB[at] as CompiledFilter, witnesses),
  );
  return { holds: answers.every(({ holds }) => holds), machines: answers };
}

function filtersOf(input: ImpliesInput): readonly CompiledFilter[] | undefined {
  if (isCompiledFilter(input)) return [input];
  return Array.isArray(input) && input.length > 0 && input.every(isCompiledFilter) ? input : undefined;
}

function forMachines(filters: readonly CompiledFilter[], machines: readonly ArchitectureName[]): CompiledFilter[] {
  return machines.map((machine) => {
    const found = filters.find(({ arches }) => arches[0] === machine);
    if (found) return found;
    const compiledFor = filters.map(({ arches }) => arches[0]).join(', ');
    throw new InvalidArgumentError(`impliesProfile: no filter for ${machine} was given, but for ${compiledFor}`);
  });
}

type CompileOptionsGiven = Omit<ImpliesProfileOptions, 'arch' | 'witnesses'>;

async function compiled(
  input: ProfileInput,
  machines: readonly ArchitectureName[],
  options: CompileOptionsGiven,
): Promise<CompiledFilter[]> {
  const parsed = parseInput(input, options);
  const loadBase = options.loadBase ?? (parsed.seccomp.extends ? await loadBuiltins() : undefined);
  const whole = loadBase ? extendProfile(parsed, loadBase, { operator: options.operator }) : parsed;
  const entries = whole.seccomp.syscalls ?? [];
  const dependent = entries.findIndex(
    ({ includes, excludes }) => (includes?.caps?.length ?? 0) > 0 || (excludes?.caps?.length ?? 0) > 0,
  );
  if (options.capabilities === undefined && dependent >= 0) {
    throw new InvalidArgumentError(
      `impliesProfile: ${quote(whole.source ?? 'profile')}: syscalls[${dependent}] depends on capabilities: give those of the container (capabilities: [] for none)`,
    );
  }
  const { loadBase: _, operator: __, libseccomp = await loadDefault(), ...others } = options;
  return machines.map((arch) => compileProfileSync(whole, { ...others, libseccomp, arch }));
}

function compare(
  machine: ArchitectureName,
  a: CompiledFilter,
  b: CompiledFilter,
  witnesses: number | undefined,
): MachineImplication {
  const answer = implies(a, b, { witnesses });
  const flags = (a.flags ?? []).filter((flag) => flag === 'SECCOMP_FILTER_FLAG_SPEC_ALLOW' && !b.flags?.includes(flag));
  const found = answer.holds ? [] : answer.witnesses.length > 0 ? answer.witnesses : [answer.counterexample];
  const named = found.map((witness): ProfileWitness => {
    const { data, a: decidedA, b: decidedB } = witness;
    const { architecture, numbers } = 'numbers' in witness ? witness : { architecture: undefined, numbers: [] };
    const name = architecture && syscallName(data.nr, architecture);
    return {
      architecture,
      syscalls: architecture ? syscallsAmong(numbers, architecture) : [],
      call: architecture ? describeCall(name ?? `call ${data.nr | 0}`, data.args, architecture) : `call ${data.nr | 0}`,
      data,
      a: decidedA,
      b: decidedB,
    };
  });
  // The machine's own architecture is what people know the calls of.
  const own = (witness: ProfileWitness) => Number(witness.architecture !== machine);
  return {
    machine,
    holds: answer.holds && flags.length === 0,
    witnesses: named.sort((one, other) => own(one) - own(other)),
    isComplete: answer.holds || answer.isComplete,
    flags,
  };
}
