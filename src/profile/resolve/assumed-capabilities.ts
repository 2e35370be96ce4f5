import type { Architecture } from '../../architecture.js';
import type { Warning } from '../../policy.js';
import { printable } from '../../text.js';
import { type ResolutionTarget, tryConditions } from '../model/conditional-entry.js';
import type { ParsedProfile, Place } from '../model/parsed-profile.js';
import { namesOf, resolutionTarget } from './resolve-policy.js';

// If the caller names no capabilities, a container is assumed to have none. But engines start containers with some, so
// an answer that depends on them says both.

/** The set that answers are compared with: Docker's default. */
export const USUAL_CAPABILITIES = ['docker'] as const;

/** `ERRNO(EPERM) without capabilities; ALLOW with Docker's default set: --cap docker` */
export function withAndWithout(without: string, withUsual: string): string {
  return `${without} without capabilities; ${withUsual} with Docker's default set: --cap docker`;
}

/** An entry that applies with Docker's default set and not without capabilities, or the other way round. */
export interface DependentEntry {
  readonly index: number;
  readonly place: Place;
  readonly names: readonly string[];
  /** Whether it applies with that set. */
  readonly appliesWith: boolean;
}

/** The entries of a profile that apply only with Docker's default set, or only without capabilities, on one target. */
export function dependentEntries(
  profile: ParsedProfile,
  { arch, kernel }: { arch: Architecture; kernel?: string | undefined },
): DependentEntry[] {
  const { syscalls, extends: isOpen } = profile.seccomp;
  if (isOpen || !syscalls) return [];
  const [without, withUsual] = [{}, { capabilities: USUAL_CAPABILITIES }].map((given) =>
    resolutionTarget({ arch, kernel, ...given }),
  ) as [ResolutionTarget, ResolutionTarget];
  return syscalls.flatMap((entry, index): DependentEntry[] => {
    if (!entry.includes?.caps?.length && !entry.excludes?.caps?.length) return [];
    const applies = (target: ResolutionTarget) => tryConditions(entry, target).every(({ holds }) => holds);
    const appliesWith = applies(withUsual);
    if (appliesWith === applies(without)) return [];
    const names = namesOf(entry, index, profile.locate).map(({ name }) => name);
    return [{ index, place: profile.locate('syscalls', index), names, appliesWith }];
  });
}

/** The warnings for a filter that is made without naming capabilities. */
export function assumedCapabilityWarnings(
  profile: ParsedProfile,
  target: { arch: Architecture; kernel?: string | undefined },
): Warning[] {
  return dependentEntries(profile, target).map(({ place, names, appliesWith }) => {
    const [here, there] = appliesWith ? ['is dropped', 'applies'] : ['applies', 'is dropped'];
    const shown = names.slice(0, 4).map((name) => printable(name, 80));
    const listed = [...shown, ...(names.length > 4 ? ['…'] : [])].join(', ');
    return { code: 'capabilities-assumed', message: `${listed}: the entry ${withAndWithout(here, there)}`, ...place };
  });
}
