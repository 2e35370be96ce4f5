import { isKeyword } from '../../profile/formats/firejail/lines.js';
import { withLines } from './lines.js';

/** A profile of firejail: its lines about seccomp, with one blank after the keyword. The others stay as they are. */
export function formatFirejail(text: string): string {
  return withLines(text, (lines) =>
    lines.map((line) => {
      const hash = line.indexOf('#');
      const [said, note] = hash < 0 ? [line, ''] : [line.slice(0, hash), line.slice(hash).trimEnd()];
      const keyword = /^\S+/.exec(said.trim())?.[0] ?? '';
      if (!isKeyword(keyword)) return line;
      const value = said.trim().slice(keyword.length).trim();
      return [keyword, value, note].filter((each) => each !== '').join(' ');
    }),
  );
}
