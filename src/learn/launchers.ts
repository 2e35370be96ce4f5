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

/** A profile with an entry for those of a launcher's calls that no entry is about. */
export function withLauncher(profile: ParsedProfile, launcher: Launcher, target: ResolveOptions): ParsedProfile {
  const { policy } = resolvePolicy(profile, target);
  const { names, when } = CALLS[launcher];
  const listed = new Set(policy.rules.flatMap((rule) => rule.names.map(({ name }) => name)));
  const missing = names.filter((name) => !listed.has(name));
  if (missing.length === 0 || policy.defaultAction.kind === 'ALLOW') return profile;
  const entry = { names: missing, action: 'SCMP_ACT_ALLOW' as const, comment: `Not observed: ${when}` };
  const seccomp = { ...profile.seccomp, syscalls: [...(profile.seccomp.syscalls ?? []), entry] };
  return { ...profile, seccomp };
}
