import { MAX_ERRNO } from '../action.js';
import type { Architecture } from '../architecture.js';
import type { Action } from '../policy.js';
import { CompileError } from './compile-error.js';
import type { Rules } from './expected-decisions.js';
import { isRuleOperation } from './filter-operation.js';

/**
 * Refuse what no program can do, in the words of an error of libseccomp's, which is not asked where the minimiser makes the
 * program: architectures of two byte orders, an errno that the kernel would change, an argument that there is not.
 *
 * @throws CompileError `ARCHITECTURE_REFUSED`, `RULE_REFUSED`
 */
export function refuseForMin({ policy, operations, architectures, source }: Rules): void {
  const [target, ...others] = architectures as [Architecture, ...Architecture[]];
  const foreign = others.find(({ endianness }) => endianness !== target.endianness);
  if (foreign) {
    const place = policy.architectures.find(({ architecture }) => architecture === foreign);
    throw new CompileError(
      'ARCHITECTURE_REFUSED',
      `${foreign.name}: its byte order is not that of ${target.name}, and a filter has one`,
      { source: place?.source ?? source, path: place?.path, position: place?.position },
    );
  }
  if (!isErrno(policy.defaultAction)) {
    throw new CompileError('RULE_REFUSED', `the default action: ${noErrno(policy.defaultAction)}`, { source });
  }
  for (const { name, rule, action, conditions } of operations.filter(isRuleOperation)) {
    const refuse = (message: string) => {
      const position = rule.names.find((entry) => entry.name === name)?.position ?? rule.position;
      const place = { source: rule.source ?? source, path: rule.path, position };
      throw new CompileError('RULE_REFUSED', `${name}: ${message}`, place);
    };
    if (!isErrno(action)) refuse(noErrno(action));
    for (const { index } of conditions) {
      if (!Number.isInteger(index) || index < 0 || index > 5) refuse(`there is no argument ${index}, only 0 to 5`);
    }
  }
}

const isErrno = (action: Action) => action.kind !== 'ERRNO' || action.data <= MAX_ERRNO;

const noErrno = (action: Action) =>
  `the kernel answers no errno past ${MAX_ERRNO}${'data' in action ? `, and this is ${action.data}` : ''}`;
