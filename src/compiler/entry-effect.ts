import { permits } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import type { PolicyRule } from '../policy.js';
import type { Multiplexer } from './multiplexed-calls.js';

/** The effect of an entry in a program, where that is not what the entry says. */
export interface EntryEffect {
  code: 'ineffective-rule' | 'multiplexed-condition' | 'multiplexer-widened';
  /** The entry, and the calls of it that this is about. */
  rule: PolicyRule;
  names: readonly string[];
  /** The architectures on which it is so; undefined: all of the filter on which the calls exist. */
  on: readonly ArchitectureName[] | undefined;
  /**
   * `weaker`: a call may run that the entry denies. `stronger`: a call that the entry allows may not. Else only the
   * answer to the call differs.
   */
  consequence: 'weaker' | 'stronger' | 'other';
  /** The multiplexer that it is about. */
  multiplexer?: Multiplexer | undefined;
  message: string;
}

/** What it means that calls get these actions instead of the entry's. */
export function consequenceOf(rule: PolicyRule, got: readonly PolicyRule['action'][]): EntryEffect['consequence'] {
  if (permits(rule.action)) return got.every(permits) ? 'other' : 'stronger';
  return got.some(permits) ? 'weaker' : 'other';
}
