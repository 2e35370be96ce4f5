import { MAX_INSTRUCTIONS } from '../../bpf/program/instruction.js';
import { CompileError } from '../../compiler/compile-error.js';
import { LibseccompError } from '../../libseccomp/index.js';
import type { CheckRule, RuleFinding } from '../rule.js';
import type { CheckedTarget } from '../target.js';

/** From here on the next few entries may be too many. */
const NEAR_LIMIT = Math.floor(MAX_INSTRUCTIONS * 0.9);

function* refusals(
  target: CheckedTarget,
  test: (error: CompileError) => boolean,
  advice: string,
): Generator<RuleFinding> {
  const { filter } = target;
  if (!(filter instanceof CompileError) || !test(filter)) return;
  const { path = '', position, reason } = filter;
  yield { place: { path, position, source: sourceOf(target, path) }, message: reason, advice };
}

/** The file an entry comes from, which the error does not say, where it is not the profile's own. */
function sourceOf({ policy }: CheckedTarget, path: string): string | undefined {
  return policy.rules.find((rule) => rule.path === path)?.source;
}

const isConflict = ({ cause }: CompileError) => cause instanceof LibseccompError && cause.errno === 'EEXIST';

const conflictingActions: CheckRule = {
  id: 'conflicting-actions',
  severity: 'error',
  summary: 'Two entries give the same call and condition different actions: libseccomp makes no filter.',
  checkTarget: (target) =>
    refusals(
      target,
      (error) => error.code === 'RULE_REFUSED' && isConflict(error),
      'decide which action is meant, and take the other entry out',
    ),
};

const ruleRefused: CheckRule = {
  id: 'rule-refused',
  severity: 'error',
  summary: 'An entry that libseccomp does not take: there is no filter.',
  checkTarget: (target) =>
    refusals(target, (error) => error.code === 'RULE_REFUSED' && !isConflict(error), 'say the entry otherwise'),
};

const architectureRefused: CheckRule = {
  id: 'architecture-refused',
  severity: 'error',
  summary: 'An architecture that cannot be in one filter with the target, for its byte order.',
  checkTarget: (target, { terms }) =>
    refusals(target, ({ code }) => code === 'ARCHITECTURE_REFUSED', terms.splitByteOrders),
};

const miscompiled: CheckRule = {
  id: 'miscompiled',
  severity: 'error',
  summary: 'Conditions that libseccomp compiles to a filter that decides otherwise.',
  checkTarget: (target) =>
    refusals(target, ({ code }) => code === 'MISCOMPILED', 'say it with one range for each argument, or with masks'),
};

const filterTooLarge: CheckRule = {
  id: 'filter-too-large',
  severity: 'error',
  summary: 'A filter of more instructions than the kernel loads, or of more conditions than libseccomp can combine.',
  checkTarget: (target) =>
    refusals(
      target,
      ({ code }) => code === 'PROGRAM_TOO_LARGE' || code === 'TOO_COMPLEX',
      'use fewer conditions and architectures',
    ),
};

const filterNearLimit: CheckRule = {
  id: 'filter-near-limit',
  severity: 'warning',
  summary: `A filter within a tenth of the ${MAX_INSTRUCTIONS} instructions that the kernel loads.`,
  *checkTarget({ filter }, { profile }) {
    if (filter instanceof CompileError) return;
    const { instructions } = filter;
    if (instructions < NEAR_LIMIT) return;
    yield {
      place: profile.locate('syscalls'),
      message: `the filter has ${instructions} instructions, and the kernel loads ${MAX_INSTRUCTIONS} at most: a few more entries, or a runtime's own, and it loads no more`,
      advice: 'use fewer conditions and architectures',
    };
  },
};

export const PROGRAM_RULES: readonly CheckRule[] = [
  conflictingActions,
  ruleRefused,
  architectureRefused,
  miscompiled,
  filterTooLarge,
  filterNearLimit,
];
