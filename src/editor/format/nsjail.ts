import { seccompString } from '../../profile/formats/nsjail/seccomp-string.js';
import { formatKafelLines } from './kafel.js';
import { withLines } from './lines.js';

/** A line with nothing but a setting of one string, in which only quotes and backslashes are escaped. */
const STRING = /^\s*seccomp_string\s*:\s*"((?:[^"\\]|\\["\\])*)"\s*$/;

/** A configuration of nsjail: its seccomp_string lines are a policy of kafel, the rest stays as it is. */
export function formatNsjail(text: string): string {
  return withLines(text, (lines) => {
    const policy = lines.flatMap((line, index) => {
      const written = STRING.exec(line)?.[1];
      return written === undefined ? [] : [{ index, words: written.replace(/\\(.)/g, '$1') }];
    });
    const formatted = formatKafelLines(policy.map(({ words }) => words));
    const written = new Map(policy.map(({ index }, at) => [index, seccompString(formatted[at]!)]));
    return lines.map((line, index) => written.get(index) ?? line);
  });
}
