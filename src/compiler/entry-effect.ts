import { permits } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import type { PolicyRule } from '../policy.js';
import type { Multiplexer } from './multiplexed-calls.js';

/** What a program makes of an entry, where that is not what the entry says. */
export interface EntryEffect {
  code: 'ineffective-rule' | 'multiplexed-condition' | 'multiplexer-widened';
  /** The entry, and the calls of it that this is about. */
  rule: PolicyRule;
  names: readonly string[];
  /** Where it is so; undefined: on all architectures of the filter on which the calls exist. */
  on: readonly ArchitectureName[] | undefined;
  /** Whether a call may run that the entry says may not; or may not that it says may; or only what it gets instead differs. */
  consequence: 'weaker' | 'stronger' | 'other';
  /** The multiplexer that it is about. */
  multiplexer?: Multiplexer | undefined;
  message: string;
}

/** What it means that calls get some actions for which the entry has another. */
export function consequenceOf(rule: PolicyRule, got: readonly PolicyRule['action'][]): EntryEffect['consequence'] {
  if (permits(rule.action)) return got.every(permits) ? 'other' : 'stronger';
  return got.some(permits) ? 'weaker' : 'other';
}
