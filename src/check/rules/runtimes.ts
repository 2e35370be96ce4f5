import type { Rule } from '../rule.js';

const refusedByRuntime: Rule = {
  id: 'refused-by-runtime',
  severity: 'error',
  summary: 'What the runtime of `--runtime` refuses: a container with the profile does not start.',
  *checkTarget({ refusals }) {
    for (const { message, hint, path, position, source } of refusals) {
      yield { place: { path, position, source }, message, advice: hint ?? 'see the message' };
    }
  },
};

const emptyArgs: Rule = {
  id: 'empty-args',
  severity: 'error',
  summary: 'An empty list of conditions, of which youki 0.6 makes no rule: the entry has no effect.',
  *checkTarget({ warnings }) {
    for (const { code, message, path = '', position, source } of warnings) {
      if (code !== 'empty-args') continue;
      yield { place: { path, position, source }, message, advice: 'take "args" out: the entry then has no conditions' };
    }
  },
};

export const RUNTIME_RULES: readonly Rule[] = [refusedByRuntime, emptyArgs];
