import type { FilterFlag } from '../policy.js';
import type { ProfileIssue } from '../profile/document/profile-error.js';
import type { ParsedProfile, Place } from '../profile/model/parsed-profile.js';
import { NATIVE_ARCHITECTURE } from '../profile/model/schema.js';
import { type Resolution, uselessErrnos } from '../profile/resolve/resolve-policy.js';
import { type LibseccompVersion, versionTable } from './host-libseccomp.js';
import { behaviourOf, type RuntimeBehaviour, type RuntimeName, type RuntimeOptions } from './runtime.js';

/**
 * What a runtime refuses in a profile that libseccomp would accept: its containers do not start. Only entries that
 * apply count.
 */
export function runtimeRefusals(
  profile: ParsedProfile,
  resolution: Resolution,
  options: RuntimeOptions & { libseccompVersion?: LibseccompVersion | undefined },
): readonly ProfileIssue[] {
  const behaviour = behaviourOf(options);
  const runtime = wordsFor(options.runtime ?? 'libseccomp');
  return [
    ...(behaviour.notifyGuards ? (profile.notifyIssues ?? []) : []),
    ...(behaviour.errnoRet === 'strict' ? uselessErrnos(profile, resolution.entries) : []),
    ...missingListener(profile, resolution, behaviour, runtime),
    ...refusedFlags(profile, behaviour, runtime),
    ...refusedArchitectures(profile, resolution, behaviour, runtime),
    ...beyondLibseccomp(profile, resolution, options),
  ];
}

/** `runc-1.1` as people write it: `runc 1.1`. */
const wordsFor = (runtime: RuntimeName): string => runtime.replace('-', ' ');

function missingListener(
  { seccomp: { listenerPath } }: ParsedProfile,
  { entries }: Resolution,
  { needsListenerPath }: RuntimeBehaviour,
  runtime: string,
): ProfileIssue[] {
  const entry = entries.find(({ rule }) => rule?.action.kind === 'NOTIFY' && rule.names.length > 0);
  if (!needsListenerPath || listenerPath || entry === undefined) return [];
  const message = `${runtime} refuses SCMP_ACT_NOTIFY in a profile without "listenerPath": the container does not start`;
  const hint = 'name the socket of the agent that answers';
  return [{ code: 'listener-path-missing', message, hint, ...entry.place }];
}

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
  { policy }: Resolution,
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
  const names = archMap?.length ? [] : (architectures ?? []);
  const listed = policy.architectures.flatMap((place, index) => {
    const { name, ociName } = place.architecture;
    // The runtime reads that name, whatever the machine is.
    const isNative = names[index] === NATIVE_ARCHITECTURE;
    return isNative || takesArchitectures.includes(name) ? [] : [refuse(ociName, place)];
  });
  const native = names.indexOf(NATIVE_ARCHITECTURE);
  if (native < 0 || takesArchitectures.includes('native')) return listed;
  return [...listed, refuse(NATIVE_ARCHITECTURE, locate('architectures', native))];
}

/** What the host's libseccomp does not know: an architecture, or the flag that it would have to set for the runtime. */
function beyondLibseccomp(
  { seccomp: { flags }, locate }: ParsedProfile,
  { policy, target }: Resolution,
  { libseccompVersion: version, runtime }: RuntimeOptions & { libseccompVersion?: LibseccompVersion | undefined },
): ProfileIssue[] {
  if (version === undefined) return [];
  const { architectures } = versionTable(version);
  const refuse = (code: 'architecture-refused' | 'flag-refused', what: string, place: Place): ProfileIssue => ({
    code,
    message: `libseccomp ${version} does not know ${what}: there is no filter`,
    hint: 'take it out, or name the libseccomp that the host has',
    path: place.path,
    position: place.position,
    source: place.source,
  });
  const listed = policy.architectures.filter(({ architecture }) => architectures.includes(architecture.name));
  const own = architectures.includes(target.architecture.name) && listed.length === 0;
  // crun sets the flags itself; SCMP_FLTATR_CTL_WAITKILL came with 2.6.
  const flag = version.startsWith('2.5.') && runtime !== 'crun' ? 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV' : undefined;
  const at = flag === undefined ? -1 : (flags ?? []).indexOf(flag);
  return [
    ...listed.map((place) => refuse('architecture-refused', place.architecture.ociName, place)),
    ...(own ? [refuse('architecture-refused', target.architecture.ociName, { path: '' })] : []),
    ...(flag !== undefined && at >= 0 ? [refuse('flag-refused', flag, locate('flags', at))] : []),
  ];
}
