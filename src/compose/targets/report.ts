import type { SourcePosition } from '../../errors.js';
import type { TargetName, TargetSoftware } from './target.js';

/** One thing that a target does with a profile, and where that is in the profile. */
export interface TargetNote {
  readonly message: string;
  /** What to do about it; empty where there is nothing to do. */
  readonly advice: string;
  /** JSON path in the profile; the empty string is the whole profile. */
  readonly path: string;
  readonly position?: SourcePosition | undefined;
  readonly source?: string | undefined;
  /** The filter lets more through than the profile says. */
  readonly isWeaker?: boolean | undefined;
  /** The finding that says it in the words of `scmp check`; undefined where it changes nothing. */
  readonly finding?: string | undefined;
}

/** What a target does with a profile that is given to it as it is. */
export interface TargetReport {
  readonly target: TargetName;
  /** As a heading has it. */
  readonly title: string;
  /** With these the container, the unit or the pod does not start. */
  readonly refused: readonly TargetNote[];
  /** What has no effect there. */
  readonly ignored: readonly TargetNote[];
  /** What the profile does not say, and happens all the same. */
  readonly added: readonly TargetNote[];
  /** Whose behaviour that is. */
  readonly software: readonly TargetSoftware[];
}
