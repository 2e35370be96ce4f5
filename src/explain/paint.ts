import { formatAction, isDecidedElsewhere, permits } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import type { Action } from '../policy.js';

/** The parts of an explanation that may be shown in colours. `asked`: another process decides. */
export type ExplanationPart = 'heading' | 'allowed' | 'asked' | 'denied' | 'weaker' | 'stronger' | 'other' | 'note';

/** Colours a part. It may add only what takes no room: escape sequences of ECMA-48 (SGR). */
export type Paint = (part: ExplanationPart, text: string) => string;

/** No colours. */
export const PLAIN: Paint = (_, text) => text;

/** An action as text, in the colour of what it does to a call. */
export function paintAction(action: Action, architecture: ArchitectureName | undefined, paint: Paint): string {
  const part = permits(action) ? 'allowed' : isDecidedElsewhere(action) ? 'asked' : 'denied';
  return paint(part, formatAction(action, architecture));
}
