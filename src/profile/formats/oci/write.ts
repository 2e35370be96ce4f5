import { formatExactJson } from '../../document/exact-json.js';
import type { Draft } from '../handler.js';
import { cannotExtend, unresolvedSection, withoutComments } from '../plain-section.js';

/** A bare `LinuxSeccomp`. */
export function writeOci({ profile, resolved, cannot }: Draft): string {
  if (!resolved && profile.seccomp.extends) cannotExtend(cannot);
  return formatExactJson(resolved ? withoutComments(resolved) : unresolvedSection(profile, cannot));
}
