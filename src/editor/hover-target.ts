import type { ArchitectureName } from '../architecture.js';
import { type AskedFilter, answerCall } from '../explain/call-answer.js';
import { formatDecisions } from '../explain/format-decisions.js';
import type { Libseccomp } from '../libseccomp/index.js';
import type { HoverTarget } from './hover.js';

/** A target of a profile: what its entries say on it, and its filter where it has one. */
export interface AskedTarget {
  readonly architecture: ArchitectureName;
  readonly notes: HoverTarget['notes'];
  readonly filter: AskedFilter | undefined;
}

/** What is known of a target for the words about one call. */
export function hoverTarget(call: string, asked: AskedTarget, libseccomp: Libseccomp): HoverTarget {
  const { architecture, notes, filter } = asked;
  const answers = filter ? answerCall(filter, call, libseccomp).answers : [];
  return {
    architecture,
    notes: { [call]: notes[call] ?? [] },
    decisions: answers.map(({ architecture: on, decisions, through }) => ({
      architecture: on,
      text: `${formatDecisions(decisions, on)}${through ? ` (through ${through})` : ''}`,
    })),
  };
}
