import type { ArchitectureName } from '../architecture.js';
import type { Place } from '../profile/model/parsed-profile.js';
import type { CheckContext } from './context.js';
import type { Severity, TextEdit } from './finding.js';
import type { CheckedTarget } from './target.js';

/** What a rule has to say about one place. */
export interface RuleFinding {
  place: Place;
  message: string;
  advice: string;
  /** The architectures it is about, where that is not the target. */
  on?: readonly ArchitectureName[] | undefined;
  /** Where it is not the rule's own. */
  severity?: Severity | undefined;
  fix?: readonly TextEdit[] | undefined;
}

/**
 * One kind of finding. A rule looks at the profile as it is written, whatever the target, or at what it comes to on one
 * target, which has entries dropped and names resolved. What it says on several targets in the same words is told once.
 */
export interface CheckRule {
  id: string;
  severity: Severity;
  /** What it finds, in a line. */
  summary: string;
  checkText?(context: CheckContext): Iterable<RuleFinding>;
  checkTarget?(target: CheckedTarget, context: CheckContext): Iterable<RuleFinding>;
}
