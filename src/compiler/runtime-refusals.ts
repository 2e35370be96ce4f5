import type { FilterFlag } from '../policy.js';
import type { ParsedProfile } from '../profile/parsed-profile.js';
import type { ProfileIssue } from '../profile/profile-error.js';
import { type Resolution, uselessErrnos } from '../profile/resolve-policy.js';
import { NATIVE_ARCHITECTURE } from '../profile/schema.js';
import { type RuntimeBehaviour, type RuntimeName, type RuntimeOptions, runtimeBehaviour } from './runtime.js';

/**
 * What a runtime refuses in a profile that libseccomp would take: a container under it does not start. Of entries those
 * that apply.
 */
export function runtimeRefusals(
  profile: ParsedProfile,
  resolution: Pick<Resolution, 'entries' | 'policy'>,
  options: RuntimeOptions,
): readonly ProfileIssue[] {
  const behaviour = runtimeBehaviour(options);
  const runtime = wordsFor(options.runtime ?? 'libseccomp');
  return [
    ...(behaviour.notifyGuards ? (profile.notifyIssues ?? []) : []),
    ...(behaviour.errnoRet === 'strict' ? uselessErrnos(profile, resolution.entries) : []),
    ...refusedFlags(profile, behaviour, runtime),
    ...refusedArchitectures(profile, resolution, behaviour, runtime),
  ];
}

/** `runc-1.1` as people write it: `runc 1.1`. */
const wordsFor = (runtime: RuntimeName): string => runtime.replace('-', ' ');

function refusedFlags(
  { seccomp: { flags }, locate }: ParsedProfile,
  { takesFlags }: RuntimeBehaviour,
  runtime: string,
): ProfileIssue[] {
  return (flags ?? []).flatMap((flag, index) => {
    if (takesFlags.includes(flag as FilterFlag)) return [];
    const message = `${runtime} refuses ${flag}: the container does not start`;
    const taken = takesFlags.map((each) => each.replace('SECCOMP_FILTER_FLAG_', '')).join(', ');
    const hint = taken === '' ? `take "flags" out: ${runtime} takes none` : `take it out: ${runtime} takes ${taken}`;
    return [{ code: 'flag-refused', message, hint, ...locate('flags', index) }];
  });
}

function refusedArchitectures(
  { seccomp: { archMap, architectures }, locate }: ParsedProfile,
  { policy }: Pick<Resolution, 'policy'>,
  { takesArchitectures }: RuntimeBehaviour,
  runtime: string,
): ProfileIssue[] {
  const refuse = (name: string, { path, position, source }: Omit<ProfileIssue, 'code' | 'message'>): ProfileIssue => ({
    code: 'architecture-refused',
    message: `${runtime} refuses ${name}: the container does not start`,
    hint: 'take it out, or use a runtime that knows it',
    path,
    position,
    source,
  });
  const listed = policy.architectures.flatMap((place) => {
    const { name, ociName } = place.architecture;
    return takesArchitectures.includes(name) ? [] : [refuse(ociName, place)];
  });
  const native = archMap?.length ? -1 : (architectures ?? []).indexOf(NATIVE_ARCHITECTURE);
  if (native < 0 || takesArchitectures.includes('native')) return listed;
  return [...listed, refuse(NATIVE_ARCHITECTURE, locate('architectures', native))];
}
