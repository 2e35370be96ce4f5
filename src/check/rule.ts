import type { ArchitectureName } from '../architecture.js';
import type { Place } from '../profile/model/parsed-profile.js';
import type { CheckContext } from './context.js';
import type { Severity, TextEdit } from './finding.js';
import type { CheckedTarget } from './target.js';

/** What a rule finds at one place. */
export interface RuleFinding {
  place: Place;
  message: string;
  advice: string;
  /** The architectures it is about, where that is not the target. */
  on?: readonly ArchitectureName[] | undefined;
  /** Set where it is not the rule's own. */
  severity?: Severity | undefined;
  fix?: readonly TextEdit[] | undefined;
}

/**
 * One kind of finding. A rule checks the profile as it is written, whatever the target. Or it checks the profile on one
 * target, with entries dropped and names resolved. A finding in the same words on several targets is reported once.
 */
export interface CheckRule {
  id: string;
  severity: Severity;
  /** What it finds, in a line. */
  summary: string;
  /** @internal */
  checkText?(context: CheckContext): Iterable<RuleFinding>;
  /** @internal */
  checkTarget?(target: CheckedTarget, context: CheckContext): Iterable<RuleFinding>;
}
