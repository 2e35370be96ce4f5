import type { Architecture } from '../architecture.js';
import type { FilterAttributes, FilterContext } from '../libseccomp/index.js';
import type { Action, ArgumentCondition, PolicyRule } from '../policy.js';

/**
 * One call of a libseccomp function, as data. A policy is a list of them, which runs on the wasm and, in the tests, on
 * native libseccomp.
 */
export type FilterOperation =
  | { kind: 'addArchitecture'; architecture: Architecture }
  | {
      [A in keyof FilterAttributes]: { kind: 'setAttribute'; attribute: A; value: FilterAttributes[A] };
    }[keyof FilterAttributes]
  | {
      kind: 'addRule';
      action: Action;
      /** The native architecture's number, or one of libseccomp's pseudo-numbers. */
      syscall: number;
      conditions: readonly ArgumentCondition[];
      /** For the architectures of this word size alone; left out: for all. */
      wordSize?: 32 | 64;
      /** For messages: the system call's name and the profile's entry it comes from. */
      name: string;
      rule: PolicyRule;
    };

export type RuleOperation = Extract<FilterOperation, { kind: 'addRule' }>;

export const isRuleOperation = (operation: FilterOperation): operation is RuleOperation => operation.kind === 'addRule';

/** Apply an operation to a filter context. */
export function applyOperation(filter: FilterContext, operation: FilterOperation): void {
  switch (operation.kind) {
    case 'addArchitecture':
      filter.addArchitecture(operation.architecture);
      break;
    case 'setAttribute':
      filter.setAttribute(operation.attribute, operation.value);
      break;
    case 'addRule':
      filter.addRule(operation.action, operation.syscall, operation.conditions);
      break;
  }
}
