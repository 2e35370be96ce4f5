import { ARCHITECTURES, type Architecture, type ArchitectureName } from '../../architecture.js';
import { isAtLeast, type KernelVersion, parseMinKernel } from '../../kernel-version.js';
import type { DockerCondition, DockerSyscall } from './schema.js';

/** What the conditions of entries depend on. */
export interface ResolutionTarget {
  readonly architecture: Architecture;
  /** The container's bounding set, as full names (`CAP_SYS_ADMIN`). */
  readonly capabilities: ReadonlySet<string>;
  /** Undefined is newer than any, so that a profile resolves alike on every machine. */
  readonly kernel?: KernelVersion | undefined;
}

/**
 * The names that `arches` is compared with. Podman takes libseccomp-golang's (ScmpArch.String): all but three are
 * libseccomp's. Moby's own table has the same names (profiles/seccomp/seccomp_linux.go, goToNative), except for one odd
 * spelling, which its default profile uses.
 */
const DOCKER_NAMES: Readonly<Partial<Record<ArchitectureName, readonly string[]>>> = {
  x86_64: ['amd64'],
  aarch64: ['arm64'],
  loongarch64: ['loong64'],
  mipsel64n32: ['mipsel64n32', 'mips3l64n32'],
};

/** What `includes.arches` and `excludes.arches` may call an architecture; the usual name first. */
export function dockerNames({ name }: Architecture): readonly string[] {
  return DOCKER_NAMES[name] ?? [name];
}

/** A name of an architecture as Podman spells it: the same for all names of one. */
export function dockerArchitecture(name: string): string {
  return Object.values(DOCKER_NAMES).find((names) => names.includes(name))?.[0] ?? name;
}

/** Every name that `includes.arches` and `excludes.arches` can match. Comparison is exact. */
export const DOCKER_ARCHITECTURES: ReadonlySet<string> = new Set(ARCHITECTURES.flatMap(dockerNames));

/** One condition of an entry, and its outcome on the target. */
export interface ConditionOutcome {
  readonly clause: 'includes' | 'excludes';
  readonly key: 'arches' | 'caps' | 'minKernel';
  /** Whether the condition lets the entry apply. */
  readonly holds: boolean;
  /** In words, for a person: "the container lacks CAP_SYS_ADMIN". */
  readonly reason: string;
}

/**
 * Try the conditions of an entry; it applies where all of them hold. This follows setupSeccomp (moby/moby,
 * profiles/seccomp/seccomp_linux.go; containers/common, pkg/seccomp/seccomp_linux.go). `includes` needs the target's
 * architecture in `arches`, every capability of `caps`, and a kernel not older than `minKernel`. `excludes` drops the
 * entry if `arches` has the architecture, for any capability of `caps`, or if the kernel is not older than `minKernel`.
 * An empty list, or an empty `minKernel`, is no condition. Podman has no `minKernel`; Moby's rule applies where it is
 * given.
 */
export function tryConditions({ includes, excludes }: DockerSyscall, target: ResolutionTarget): ConditionOutcome[] {
  return [...tryClause('excludes', excludes ?? {}, target), ...tryClause('includes', includes ?? {}, target)];
}

function tryClause(
  clause: ConditionOutcome['clause'],
  { arches, caps, minKernel }: DockerCondition,
  target: ResolutionTarget,
): ConditionOutcome[] {
  const outcomes: ConditionOutcome[] = [];
  const note = (key: ConditionOutcome['key'], isMet: boolean, reason: string) =>
    outcomes.push({ clause, key, holds: isMet === (clause === 'includes'), reason });

  if (arches?.length) {
    const names = dockerNames(target.architecture);
    const isListed = arches.some((name) => names.includes(name));
    note('arches', isListed, `${names[0]} is ${isListed ? '' : 'not '}among ${arches.join(', ')}`);
  }
  if (caps?.length) {
    const held = caps.filter((capability) => target.capabilities.has(capability));
    const lacking = caps.filter((capability) => !target.capabilities.has(capability));
    const isMet = clause === 'includes' ? lacking.length === 0 : held.length > 0;
    const has = `the container has ${held.join(', ')}`;
    const lacks = `the container lacks ${lacking.join(', ')}`;
    note('caps', isMet, isMet ? has : lacks);
  }
  if (minKernel) {
    const isMet = reaches(target, minKernel);
    const kernel = target.kernel ? `${target.kernel.version}.${target.kernel.revision}` : 'newer than any';
    note('minKernel', isMet, `the kernel (${kernel}) is ${isMet ? 'not older' : 'older'} than ${minKernel}`);
  }
  return outcomes;
}

function reaches({ kernel }: ResolutionTarget, minKernel: string): boolean {
  const least = parseMinKernel(minKernel);
  return kernel === undefined || (least !== undefined && isAtLeast(kernel, least));
}
