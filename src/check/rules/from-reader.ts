import { count } from '../../phrases.js';
import type { AdviceWording } from '../../profile/formats/advice.js';
import type { Severity } from '../finding.js';
import type { CheckRule } from '../rule.js';

/** What the reader warns of, under the reader's own code. Several of one kind are reported once, at the first. */
export function fromReader(
  id: string,
  severity: Severity,
  summary: string,
  advice: string | ((terms: AdviceWording) => string),
): CheckRule {
  return {
    id,
    severity,
    summary,
    *checkText({ profile, terms }) {
      const warnings = profile.warnings.filter(({ code }) => code === id);
      const [first] = warnings;
      if (first === undefined) return;
      const more = warnings.length - 1;
      const { message, path = '', position, source } = first;
      const rest = more === 0 ? '' : ` (and ${count(more, 'other place')})`;
      yield {
        place: { path, position, source },
        message: `${message}${rest}`,
        advice: typeof advice === 'string' ? advice : advice(terms),
      };
    },
  };
}
