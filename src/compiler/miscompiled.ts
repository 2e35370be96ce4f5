import { formatAction } from '../action.js';
import type { Architecture } from '../architecture.js';
import type { SeccompData } from '../bpf/execution/simulate.js';
import type { Action } from '../policy.js';
import { LIBSECCOMP_VERSION } from '../release.js';
import { CompileError } from './compile-error.js';
import type { RuleOperation } from './filter-operation.js';

export interface Miscompilation {
  /** Undefined where the call is of an architecture that is not in the filter. */
  architecture: Architecture | undefined;
  /** The call that is decided wrongly. */
  data: SeccompData;
  got: Action;
  /** Any of these would be right. */
  right: readonly Action[];
  /** Whether other calls for which the same entries hold are decided as `right` says. */
  isInconsistent?: boolean | undefined;
  /** The entries that are about the call, in the profile's order; none for a call that no entry names. */
  rules: readonly RuleOperation[];
  source: string | undefined;
}

/** The error for a program that does not decide a call as the entries say. It names the call and the entries. */
export function miscompiled({
  architecture,
  data,
  got,
  right,
  isInconsistent,
  rules,
  source,
}: Miscompilation): CompileError {
  const last = rules.at(-1);
  const says = (action: Action) => formatAction(action, architecture?.name);
  const values = data.args.map((value) => `0x${value.toString(16)}`).join(', ');
  const call = `${last?.name ?? `system call ${data.nr >>> 0}`}(${values})`;
  const place = architecture?.name ?? `architecture 0x${data.arch.toString(16)}`;
  const others = right.map(says).join(' or ');
  const contrast = isInconsistent
    ? `, and ${others} where the same entries hold for other values`
    : ` instead of ${others}`;
  const decisions = `on ${place}, ${call} gives ${says(got)}${contrast}`;
  const paths = [...new Set(rules.map(({ rule }) => rule.path))].join(', ');
  return new CompileError(
    'MISCOMPILED',
    last
      ? `${last.name}: libseccomp does not make of these entries (${paths}) what they say: ${decisions}. libseccomp ${LIBSECCOMP_VERSION} goes wrong for some calls that have several entries with NE, LT, LE, GT or GE; say it with EQ and MASKED_EQ, or with one range`
      : `libseccomp decides a call that no entry is about otherwise than the default says: ${decisions}`,
    { source: last?.rule.source ?? source, path: last?.rule.path, position: last?.rule.position },
  );
}
