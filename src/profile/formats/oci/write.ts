import { formatExactJson } from '../../document/exact-json.js';
import type { Draft } from '../handler.js';
import { cannotExtend, unresolvedSection } from '../plain-section.js';

/** A bare `LinuxSeccomp`. */
export function writeOci({ profile, resolved, cannot }: Draft): string {
  if (!resolved && profile.seccomp.extends) cannotExtend(cannot);
  return formatExactJson(resolved ?? unresolvedSection(profile, cannot));
}
