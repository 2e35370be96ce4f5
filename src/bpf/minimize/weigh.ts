import { X32_SYSCALL_BIT } from '../../architecture.js';
import { actionTerminal, type DecisionDiagram } from '../decisions/decision-diagram.js';
import { nodeOfCall } from '../decisions/witness.js';
import { type CallWeights, callWeights, type WeighedCall, weightsWhere } from './weights.js';

/**
 * The calls for which a program is made fast: counted ones, or `uncached`, those for which the kernel runs a filter.
 * Since Linux 5.11 it does not for those that are allowed whatever their arguments (kernel/seccomp.c,
 * `seccomp_cache_prepare`).
 */
export type Weights = readonly WeighedCall[] | 'uncached';

/**
 * The weights for the architectures of a filter (AUDIT_ARCH values), the native one first. Default: the built-in ones.
 */
export function weigh(
  { store, root }: DecisionDiagram,
  auditArches: readonly number[],
  asked: Weights | undefined,
): CallWeights {
  if (asked !== 'uncached') return callWeights(auditArches, asked);
  const allow = actionTerminal(store, { kind: 'ALLOW' });
  // the cache has no place for x32's numbers, which are past the table of x86_64's
  return weightsWhere(
    callWeights(auditArches),
    (arch, nr) => nr >= X32_SYSCALL_BIT || nodeOfCall(store, root, { arch, nr }) !== allow,
  );
}
