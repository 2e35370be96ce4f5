import { mayRun } from '../../action.js';
import { parseArchitecture } from '../../architecture.js';
import { InvalidArgumentError } from '../../errors.js';
import { ANYTHING, checkOptions, LIST, TEXT } from '../../options.js';
import type { Warning } from '../../policy.js';
import { ProfileError, type ProfileIssue } from '../document/profile-error.js';
import { checkParsedProfile, type ParsedProfile } from '../model/parsed-profile.js';
import { isX32ByDefault } from '../resolve/resolve-policy.js';
import { HANDLERS } from './handlers.js';
import { type OutputFormat, WRITTEN_FORMATS, writtenFormat } from './index.js';
import { resolvedSection, type Unrepresentable, unrepresentableIn } from './plain-section.js';

/** The target to decide conditional entries for; without `arch` they stay open. */
export interface WriteTarget {
  /** By any name: `x86_64`, `SCMP_ARCH_X86_64`, `amd64`. */
  arch?: string | undefined;
  /** As `CompileOptions.capabilities`; with `arch` only. */
  capabilities?: readonly string[] | undefined;
  /** As `CompileOptions.kernel`; with `arch` only. */
  kernel?: string | undefined;
  /** Of a SeccompProfile: its `metadata.name`. Default: the profile's own, or one made of its source's. */
  name?: string | undefined;
}

/**
 * Write a profile in a format, as text: `oci` (a bare `LinuxSeccomp`) and `docker` as JSON, `spo` (a Kubernetes
 * SeccompProfile) as YAML, `list` as a plain list. Reading it again gives a profile that decides alike; integers are
 * exact. Nothing is dropped but comments, where the format has none.
 *
 * @throws {ProfileError} when the format cannot express something, with an issue `not-in-format` for each
 * @throws {InvalidArgumentError} when there is no such format, architecture, capability, kernel version or option
 *
 * @example
 * ```js
 * import { readProfile, writeProfile } from 'libseccomp-wasm/profile';
 *
 * const profile = readProfile({
 *   defaultAction: 'SCMP_ACT_ERRNO',
 *   syscalls: [{ names: ['read', 'write'], action: 'SCMP_ACT_ALLOW' }],
 * });
 * console.log(writeProfile(profile, 'spo', { name: 'tiny' }).split('\n')[1]); // kind: SeccompProfile
 * ```
 */
export function writeProfile(profile: ParsedProfile, format: OutputFormat, target: WriteTarget = {}): string {
  checkOptions('writeProfile', target, { arch: [ANYTHING], capabilities: [LIST], kernel: [ANYTHING], name: [TEXT] });
  checkParsedProfile('writeProfile', profile);
  const { arch, capabilities, kernel, name } = target;
  if (arch === undefined && (capabilities?.length || kernel !== undefined)) {
    throw new InvalidArgumentError('capabilities and a kernel decide entries for a target: name its architecture too');
  }
  const issues: ProfileIssue[] = [];
  const { phrase, output } = writtenFormat(format);
  const note = unrepresentableIn(profile, issues);
  const machine = arch === undefined ? undefined : parseArchitecture(arch);
  // x32 is spoken of below: no format has rules for it.
  const plain = { ...profile, seccomp: { ...profile.seccomp, x32ByDefault: undefined } };
  const decided = machine && resolvedSection(plain, { arch: machine, capabilities, kernel });
  const resolved = decided?.section;
  const cannot: Unrepresentable = (message, hint, key, entry, ...path) => {
    const index = decided && key === 'syscalls' && typeof entry === 'number' ? decided.indexes[entry] : entry;
    const whole = [key, index, ...path].filter((part) => part !== undefined);
    note(`${phrase} cannot say this: ${message}`, hint, ...whole);
  };
  const text = HANDLERS[format].write({ profile: plain, resolved, target: machine, cannot, name });
  if (!output.hasAbis && (resolved ?? profile.seccomp).syscalls?.some(({ abis }) => abis)) {
    const hint = resolved ? 'compile the profile' : 'choose the target (--arch) to have it decided';
    // One for all: a unit has tens of them.
    const first = (resolved ?? profile.seccomp).syscalls?.findIndex(({ abis }) => abis) ?? 0;
    cannot('a rule for some ABIs of the filter alone', hint, 'syscalls', first);
  }
  const otherX32 = (machine?.name ?? 'x86_64') === 'x86_64' ? differenceOnX32(profile, format) : undefined;
  if (otherX32 && mayRun(profile.seccomp.defaultAction)) {
    cannot(otherX32, 'name the calls that are allowed, and deny the others by default', 'defaultAction');
  }
  if (!output.hasTrapData) {
    const hint = 'write a list';
    if (profile.seccomp.defaultTrapData) cannot('data of SCMP_ACT_TRAP', hint, 'defaultAction');
    const first = (resolved ?? profile.seccomp).syscalls?.findIndex(({ trapData }) => trapData) ?? -1;
    if (first >= 0) cannot('data of SCMP_ACT_TRAP', hint, 'syscalls', first, 'action');
  }
  if (profile.seccomp.enosysNewerThan && format !== 'list') {
    note(`${phrase} cannot say this: "enosysNewerThan"`, 'compile the profile, or take it out', 'enosysNewerThan');
  }
  if (issues.length > 0) throw new ProfileError('PROFILE_INVALID', issues, profile.source);
  return text;
}

/**
 * What an engine that reads a format may do otherwise than the profile says, by its version; docs/runtimes.md has what
 * was run.
 *
 * @throws nothing: it only looks at the profile
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { writeWarnings } from 'libseccomp-wasm/check';
 *
 * const entry = { names: ['read'], action: 'SCMP_ACT_ALLOW' };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [entry] });
 * console.log(writeWarnings(profile, 'docker').length); // 0
 * ```
 */
export function writeWarnings(profile: ParsedProfile, format: OutputFormat): readonly Warning[] {
  checkParsedProfile('writeWarnings', profile);
  const otherX32 = differenceOnX32(profile, format);
  const message = otherX32 && `${otherX32}. Both deny them`;
  return [
    ...(message ? [{ code: 'x32-differs', message, ...profile.locate('defaultAction') }] : []),
    ...(HANDLERS[format]?.warnings?.(profile) ?? []),
  ];
}

/** What x32's calls get in a format's programs, where that is something else than in the profile. */
function differenceOnX32({ seccomp }: ParsedProfile, format: OutputFormat): string | undefined {
  const x32ByDefault = WRITTEN_FORMATS.find(({ id }) => id === format)?.output.x32ByDefault;
  if (x32ByDefault === seccomp.x32ByDefault || !isX32ByDefault({ ...seccomp, x32ByDefault: true })) return undefined;
  return x32ByDefault
    ? "x32's calls get the default there, and are killed here"
    : "x32's calls are killed there, and get the default here";
}
