import type { Problem } from '../../editor/problems.js';
import { flagOf, OPTION_NAMES, OPTION_ROWS, takesWord } from './option-table.js';
import type { OptionName } from './settings.js';

/** A setting that somebody is advised to make: a problem may be settled by it. */
export interface AdvisedSetting {
  option: OptionName;
  word: string;
  /** "Set Runtime to runc". */
  label: string;
}

const BY_FLAG = new Map(OPTION_NAMES.map((name) => [flagOf(OPTION_ROWS[name]), name]));

/** A flag of the command with the word after it, where that is one that it takes. */
const FLAG = /(?<![\w-])(--[a-z][a-z-]*[a-z])(?:[ =]([\w.-]*\w))?/g;

/** A problem whose advice names flags of the command, in the terms of the page. */
export function inPanelTerms<P extends Problem>(problem: P): P & { setting?: AdvisedSetting } {
  const settings: AdvisedSetting[] = [];
  const translate = (text: string) =>
    text.replace(FLAG, (whole, flag: string, next: string | undefined) => {
      if (flag === '--arch') return `“Architecture”${next ? ` ${next}` : ''}`;
      if (flag === '--cap') return `“Capabilities”${next ? ` ${next}` : ''}`;
      const option = BY_FLAG.get(flag);
      if (option === undefined) return whole;
      const { label, isSwitch } = OPTION_ROWS[option];
      const rest = whole.slice(flag.length);
      if (isSwitch) {
        settings.push({ option, word: 'yes', label: `Turn on “${label}”` });
        return `“${label}”${rest}`;
      }
      if (next !== undefined && OPTION_ROWS[option].choices && takesWord(option, next)) {
        settings.push({ option, word: next, label: `Set “${label}” to ${next}` });
        return `“${label}”: ${next}`;
      }
      return `“${label}”${rest}`;
    });
  const message = translate(problem.message);
  const advice = problem.advice === undefined ? undefined : translate(problem.advice);
  const [setting, ...others] = settings;
  return { ...problem, message, advice, ...(setting && others.length === 0 ? { setting } : {}) };
}
