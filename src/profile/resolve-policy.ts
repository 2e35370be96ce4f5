import { ARCHITECTURES, type Architecture, findArchitecture } from '../architecture.js';
import { errnoNumber } from '../errno.js';
import { InvalidArgumentError } from '../errors.js';
import type { SeccompPolicy, Warning } from '../policy.js';
import { parseCapabilities } from './capability.js';
import { quote } from './json-path.js';
import { isAtLeast, type KernelVersion, parseMinKernel, parseRelease } from './kernel-version.js';
import type { Locate, ParsedProfile, Place } from './parsed-profile.js';
import { actionOf, listedArchitectures, policyBase, policyRule } from './plain-rule.js';
import { ProfileError } from './profile-error.js';
import type { ActionName, DockerCondition, DockerSeccomp, DockerSyscall } from './schema.js';

/** What conditional entries ask about. */
interface ResolutionTarget {
  readonly architecture: Architecture;
  /** The container's bounding set, as full names (`CAP_SYS_ADMIN`). */
  readonly capabilities: ReadonlySet<string>;
  /** Undefined is as new as any, so that a profile resolves alike on every machine. */
  readonly kernel?: KernelVersion | undefined;
}

/** libseccomp-golang's names, which `arches` is compared with: libseccomp's own but for three. */
function dockerName({ name }: Architecture): string {
  const renamed: Partial<Record<typeof name, string>> = { x86_64: 'amd64', aarch64: 'arm64', loongarch64: 'loong64' };
  return renamed[name] ?? name;
}

/** Every name that `includes.arches` and `excludes.arches` can match. Comparison is exact. */
export const DOCKER_ARCHITECTURES: ReadonlySet<string> = new Set(ARCHITECTURES.map(dockerName));

export interface ResolveOptions {
  arch: Architecture;
  /** What the container may do, for conditional entries: `CAP_` optional, any case, `all`. Default: none. */
  capabilities?: readonly string[] | undefined;
  /** The kernel the profile will meet, "X.Y" or as `uname -r` has it. Default: newer than any the profile names. */
  kernel?: string | undefined;
}

/**
 * Decide a profile's conditions for one target. The same arguments give the same policy on every machine. The warnings
 * are the profile's. Raises {@link InvalidArgumentError} for a capability or kernel that is none.
 */
export function resolvePolicy(
  profile: ParsedProfile,
  options: ResolveOptions,
): { policy: SeccompPolicy; warnings: readonly Warning[] } {
  const { arch, capabilities = [], kernel } = options;
  const target: ResolutionTarget = {
    architecture: arch,
    capabilities: parseCapabilities(capabilities),
    kernel: kernel === undefined ? undefined : parseKernel(kernel),
  };
  const { seccomp, locate, warnings, source } = profile;
  return { policy: plainPolicy(seccomp, target, locate, source), warnings };
}

function parseKernel(text: string): KernelVersion {
  const kernel = parseRelease(text);
  if (!kernel) throw new InvalidArgumentError(`${quote(text)} is no kernel version; give one as "6.1"`);
  return kernel;
}

/**
 * A profile as plain rules for one target: Docker's and Podman's conditions, as setupSeccomp has it (moby/moby,
 * profiles/seccomp/seccomp_linux.go; containers/common, pkg/seccomp/seccomp_linux.go), decide; the other formats have none:
 * - `archMap`: the first entry whose architecture is the target's gives the architectures, its own and its
 *   subArchitectures; with no such entry the target stands alone.
 * - an entry is dropped where its `excludes` has the target's architecture, any capability the container has, or a
 *   kernel no newer than the target's; or where its `includes` lacks the architecture, has a capability the container
 *   lacks, or a newer kernel. Of each an empty list is no condition.
 * - an errno name wins over the number beside it (Podman's getErrno). Docker knows the number alone: where both are
 *   given they should agree.
 * Podman has no `minKernel`; where it is given Moby's rule holds.
 */
function plainPolicy(
  seccomp: DockerSeccomp,
  target: ResolutionTarget,
  locate: Locate,
  source: string | undefined,
): SeccompPolicy {
  const { architecture } = target;
  const errnoOf = (
    action: ActionName,
    number: bigint | null | undefined,
    name: string | null | undefined,
    place: Place,
  ): bigint | null | undefined => {
    const carriesErrno = action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';
    if (!name || !carriesErrno) return number;
    if (/^\d+$/.test(name)) return BigInt(name);
    const value = errnoNumber(name, architecture.name);
    if (value !== undefined) return BigInt(value);
    const message = `${architecture.name} has no errno ${quote(name)}`;
    throw new ProfileError('PROFILE_INVALID', [{ code: 'unknown-errno', message, ...place }], source);
  };

  const { defaultAction, defaultErrnoRet, defaultErrno, syscalls } = seccomp;
  return {
    ...policyBase(seccomp, errnoOf(defaultAction, defaultErrnoRet, defaultErrno, locate('defaultErrno'))),
    architectures: seccomp.archMap?.length
      ? mappedArchitectures(seccomp.archMap, architecture, locate)
      : listedArchitectures(seccomp, architecture, locate),
    rules: (syscalls ?? []).flatMap((entry, index) => {
      if (!applies(entry, target)) return [];
      const errno = errnoOf(entry.action, entry.errnoRet, entry.errno, locate('syscalls', index, 'errno'));
      const action = actionOf(entry.action, errno);
      return [policyRule(namesOf(entry, index, locate), action, entry.args, locate('syscalls', index))];
    }),
  };
}

function mappedArchitectures(
  archMap: NonNullable<DockerSeccomp['archMap']>,
  target: Architecture,
  locate: Locate,
): SeccompPolicy['architectures'] {
  const index = archMap.findIndex(({ architecture }) => architecture === target.ociName);
  const entry = archMap[index];
  if (!entry) return [];
  const subArchitectures = (entry.subArchitectures ?? []).map((name, position) => ({
    architecture: findArchitecture(name)!,
    ...locate('archMap', index, 'subArchitectures', position),
  }));
  return [{ architecture: target, ...locate('archMap', index, 'architecture') }, ...subArchitectures];
}

function namesOf({ name, names }: DockerSyscall, index: number, locate: Locate) {
  if (name) return [{ name, ...locate('syscalls', index, 'name') }];
  return (names ?? []).map((listed, position) => ({ name: listed, ...locate('syscalls', index, 'names', position) }));
}

/** Whether an entry holds for the target; the order of the tests does not matter. */
function applies({ includes, excludes }: DockerSyscall, target: ResolutionTarget): boolean {
  const { arches, caps, minKernel } = includes ?? {};
  const isIncluded =
    (!arches?.length || arches.includes(dockerName(target.architecture))) &&
    (caps ?? []).every((capability) => target.capabilities.has(capability)) &&
    (!minKernel || reaches(target, minKernel));
  return isIncluded && !isExcluded(excludes ?? {}, target);
}

function isExcluded({ arches, caps, minKernel }: DockerCondition, target: ResolutionTarget): boolean {
  return (
    (arches ?? []).includes(dockerName(target.architecture)) ||
    (caps ?? []).some((capability) => target.capabilities.has(capability)) ||
    (!!minKernel && reaches(target, minKernel))
  );
}

function reaches({ kernel }: ResolutionTarget, minKernel: string): boolean {
  const least = parseMinKernel(minKernel);
  return kernel === undefined || (least !== undefined && isAtLeast(kernel, least));
}
