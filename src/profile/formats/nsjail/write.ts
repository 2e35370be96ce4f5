import type { Draft } from '../handler.js';
import { writeKafel } from '../kafel/write.js';
import { seccompString } from './seccomp-string.js';

const LOG = 'SECCOMP_FILTER_FLAG_LOG';

/** A profile as settings of nsjail: a string for each line of the policy, to which nsjail adds the line's end. */
export function writeNsjail(draft: Draft): string {
  const { profile, resolved } = draft;
  const flags = (resolved ?? profile.seccomp).flags ?? [];
  const rest = { flags: flags.filter((flag) => flag !== LOG) };
  const policy = writeKafel({
    ...draft,
    profile: { ...profile, seccomp: { ...profile.seccomp, ...rest } },
    resolved: resolved && { ...resolved, ...rest },
  });
  const strings = policy.trimEnd().split('\n').map(seccompString);
  return `${[...strings, ...(flags.includes(LOG) ? ['seccomp_log: true'] : [])].join('\n')}\n`;
}
