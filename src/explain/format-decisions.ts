import type { ArchitectureName } from '../architecture.js';
import { checkArgument, LIST } from '../options.js';
import type { NamedDecision } from './named-policy.js';
import { type Paint, PLAIN, paintAction } from './paint.js';

/**
 * `ERRNO(EPERM) when domain == AF_VSOCK, else ALLOW`
 *
 * @throws nothing: it only writes what it is given
 *
 * @example
 * ```js
 * import { formatDecisions } from 'libseccomp-wasm/explain';
 *
 * const log = { action: { kind: 'LOG' }, when: 'domain == AF_VSOCK' };
 * const allow = { action: { kind: 'ALLOW' }, when: 'domain != AF_VSOCK' };
 * console.log(formatDecisions([log, allow])); // LOG when domain == AF_VSOCK, else ALLOW
 * ```
 */
export function formatDecisions(decisions: readonly NamedDecision[], architecture?: ArchitectureName): string {
  checkArgument('formatDecisions', 'decisions', decisions, LIST);
  return decisionWords(decisions, architecture, PLAIN);
}

/** In place of the decisions for calls that have none. */
export const TOO_COMPLEX = 'too complex to decide exactly';

/** As {@link formatDecisions}, in colours. */
export function decisionWords(
  decisions: readonly NamedDecision[],
  architecture: ArchitectureName | undefined,
  paint: Paint,
): string {
  if (decisions.length === 0) return TOO_COMPLEX;
  return decisions
    .map(({ action, when }, index) => {
      const text = paintAction(action, architecture, paint);
      if (when === undefined) return text;
      // Together they cover everything: the last one, with the longest condition, is the rest.
      if (index === decisions.length - 1) return `else ${text}`;
      return `${text} when ${when ?? 'the arguments are of more kinds than can be listed'}`;
    })
    .join(', ');
}
