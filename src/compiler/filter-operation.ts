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
      /** The architectures of the filter that it is for; left out: all. */
      on?: readonly Architecture[];
      /** For messages: the system call's name and the profile's entry it comes from. */
      name: string;
      rule: PolicyRule;
    };

export type RuleOperation = Extract<FilterOperation, { kind: 'addRule' }>;

export const isRuleOperation = (operation: FilterOperation): operation is RuleOperation => operation.kind === 'addRule';

/** Whether a rule is for an architecture of the filter. */
export const isOn = ({ on }: RuleOperation, architecture: Architecture): boolean =>
  on === undefined || on.includes(architecture);

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
