import type { Architecture } from '../architecture.js';
import { CompileError } from './compile-error.js';
import type { Rules } from './expected-decisions.js';
import type { RuleOperation } from './filter-operation.js';

/** A rule that is not taken, at its name in the profile. */
export function ruleRefused(
  { name, rule }: RuleOperation,
  reason: string,
  { source }: Pick<Rules, 'source'>,
  { code = 'RULE_REFUSED', ...options }: ErrorOptions & { code?: 'RULE_REFUSED' | 'TOO_COMPLEX' } = {},
): CompileError {
  const position = rule.names.find((entry) => entry.name === name)?.position ?? rule.position;
  const place = { source: rule.source ?? source, path: rule.path, position };
  return new CompileError(code, `${name}: ${reason}`, place, options);
}

/** An architecture that is not taken, at its place in the profile. */
export function architectureRefused(
  architecture: Architecture,
  reason: string,
  { policy, source }: Pick<Rules, 'policy' | 'source'>,
  options?: ErrorOptions,
): CompileError {
  const place = policy.architectures.find((entry) => entry.architecture === architecture);
  return new CompileError(
    'ARCHITECTURE_REFUSED',
    `${architecture.name}: ${reason}`,
    { source: place?.source ?? source, path: place?.path, position: place?.position },
    options,
  );
}
