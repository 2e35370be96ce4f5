import { checkArgument } from '../options.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { type ResolveOptions, resolvePolicy } from '../profile/resolve/resolve-policy.js';

/** The programs that start another under the filter, and are under it too. */
export const LAUNCHERS = ['bwrap'] as const;
export type Launcher = (typeof LAUNCHERS)[number];

/** Calls that a launcher makes under the filter, and when. */
const CALLS: Readonly<Record<Launcher, { names: readonly string[]; when: string }>> = {
  // bubblewrap.c, do_init: waits for its children, writes the exit status to an eventfd, and ends.
  bwrap: {
    names: ['wait4', 'write', 'exit_group'],
    when: 'the process 1 of bwrap --unshare-pid and --unshare-all makes these (not with --as-pid-1)',
  },
};

/**
 * A profile with an entry for those of a launcher's calls that no entry is about.
 *
 * @throws {ProfileError} when the target lacks an errno, or `extends` was not resolved
 * @throws {InvalidArgumentError} when the launcher is unknown, or a capability, kernel version or option of the target
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { withLauncher } from 'libseccomp-wasm/learn';
 *
 * const entry = { names: ['write'], action: 'SCMP_ACT_ALLOW' };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [entry] });
 * const { seccomp } = withLauncher(profile, 'bwrap', { arch: findArchitecture('x86_64') });
 * console.log(seccomp.syscalls[1].names); // [ 'wait4', 'exit_group' ]
 * ```
 */
export function withLauncher(profile: ParsedProfile, launcher: Launcher, target: ResolveOptions): ParsedProfile {
  checkArgument('withLauncher', 'launcher', launcher, ...LAUNCHERS);
  const { policy } = resolvePolicy(profile, target);
  const { names, when } = CALLS[launcher];
  const listed = new Set(policy.rules.flatMap((rule) => rule.names.map(({ name }) => name)));
  const missing = names.filter((name) => !listed.has(name));
  if (missing.length === 0 || policy.defaultAction.kind === 'ALLOW') return profile;
  const entry = { names: missing, action: 'SCMP_ACT_ALLOW' as const, comment: `Not observed: ${when}` };
  const seccomp = { ...profile.seccomp, syscalls: [...(profile.seccomp.syscalls ?? []), entry] };
  return { ...profile, seccomp };
}
