import { MAX_ERRNO } from '../action.js';
import type { Architecture } from '../architecture.js';
import type { Action } from '../policy.js';
import { CompileError } from './compile-error.js';
import type { Rules } from './expected-decisions.js';
import { isRuleOperation } from './filter-operation.js';
import { architectureRefused, ruleRefused } from './refusal.js';

/**
 * Refuse what no program can do, as libseccomp would, which is not called where the minimiser makes the program. That
 * is architectures of two byte orders, an errno that the kernel would change, and an argument that does not exist.
 *
 * @throws {CompileError} `ARCHITECTURE_REFUSED` or `RULE_REFUSED`, when there is such a thing
 */
export function refuseForMin(rules: Rules): void {
  const { policy, operations, architectures, source } = rules;
  const [target, ...others] = architectures as [Architecture, ...Architecture[]];
  const foreign = others.find(({ endianness }) => endianness !== target.endianness);
  if (foreign) {
    throw architectureRefused(foreign, `its byte order is not that of ${target.name}, and a filter has one`, rules);
  }
  if (!isErrno(policy.defaultAction)) {
    throw new CompileError('RULE_REFUSED', `the default action: ${noErrno(policy.defaultAction)}`, { source });
  }
  for (const operation of operations.filter(isRuleOperation)) {
    const { action, conditions } = operation;
    if (!isErrno(action)) throw ruleRefused(operation, noErrno(action), rules);
    for (const { index } of conditions) {
      if (Number.isInteger(index) && index >= 0 && index <= 5) continue;
      throw ruleRefused(operation, `there is no argument ${index}, only 0 to 5`, rules);
    }
  }
}

const isErrno = (action: Action) => action.kind !== 'ERRNO' || action.data <= MAX_ERRNO;

const noErrno = (action: Action) =>
  `the kernel answers no errno past ${MAX_ERRNO}${'data' in action ? `, and this is ${action.data}` : ''}`;
