import { permits } from '../../action.js';
import { firstToKnow } from '../../compiler/host-libseccomp.js';
import type { CheckRule } from '../rule.js';
import { lifted } from './lifted.js';

const refusedByRuntime: CheckRule = {
  id: 'refused-by-runtime',
  severity: 'error',
  summary: 'What the runtime of `--runtime` refuses: a container with the profile does not start.',
  *checkTarget({ refusals }) {
    for (const { message, hint, path, position, source } of refusals) {
      yield { place: { path, position, source }, message, advice: hint ?? 'see the message' };
    }
  },
};

const emptyArgs: CheckRule = {
  id: 'empty-args',
  severity: 'error',
  summary: 'An empty list of conditions: youki 0.6 makes no rule of it, and the entry has no effect.',
  checkTarget: (target) => lifted(target, 'empty-args', 'take "args" out: the entry then has no conditions'),
};

const newerThanLibseccomp: CheckRule = {
  id: 'newer-than-libseccomp',
  severity: 'warning',
  summary: 'A name that the libseccomp of `--libseccomp` does not know: there the entry does nothing for it.',
  *checkTarget({ newer, isDenyList }, { libseccompVersion }) {
    for (const { rule, listed } of newer) {
      const isHole = isDenyList && !permits(rule.action);
      const first = firstToKnow(listed.name);
      yield {
        place: listed,
        // A denial without effect is a hole; an allowance without effect is noticed.
        severity: isHole ? 'error' : undefined,
        message: `libseccomp ${libseccompVersion} does not know ${listed.name}, ${isHole ? 'so the filter does NOT deny it there' : 'so this entry does nothing for it there'}`,
        advice: `the host needs libseccomp ${first ?? 'newer than any release so far'}${first ? ' or newer' : ''} for it; without that the default decides, and what it does must be right`,
      };
    }
  },
};

export const RUNTIME_RULES: readonly CheckRule[] = [refusedByRuntime, emptyArgs, newerThanLibseccomp];
