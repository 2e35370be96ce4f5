import { nearestName } from '../../nearest-name.js';
import { quote } from '../../text.js';
import { ignoredIds } from '../ignore-comment.js';
import type { CheckRule } from '../rule.js';

const unknownIgnore: CheckRule = {
  id: 'unknown-ignore',
  severity: 'warning',
  summary: 'A comment that silences a finding there is not.',
  *checkText({ entries, profile, ruleIds }) {
    for (const entry of entries) {
      for (const id of ignoredIds(entry).filter((each) => !ruleIds.has(each))) {
        const nearest = nearestName(id, ruleIds);
        yield {
          place: profile.locate('syscalls', entry.index, 'comment'),
          message: `there is no finding ${quote(id)} to ignore`,
          advice: nearest === undefined ? 'see docs/check.md for the ids' : `write ${nearest} if that is meant`,
        };
      }
    }
  },
};

export const IGNORE_RULES: readonly CheckRule[] = [unknownIgnore];
