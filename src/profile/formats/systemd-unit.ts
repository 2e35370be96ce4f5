import type { ProfileError } from '../profile-error.js';
import { syntaxFault } from '../source-text.js';

/** A blank-separated word of a value, with its place. */
export interface UnitWord {
  text: string;
  /** UTF-16 code units from the beginning of the text. */
  offset: number;
}

/** `key=value` of a unit file. */
export interface Assignment {
  /** Undefined before the first section header. */
  section: string | undefined;
  key: string;
  words: UnitWord[];
  offset: number;
}

/**
 * The assignments of a unit file (systemd.syntax(7)): sections, comments of `#` and `;` lines, and lines that a backslash
 * continues. Values are split at blanks. Raises {@link ProfileError} `PROFILE_SYNTAX` for a line that is none of these.
 */
export function parseUnit(text: string, source: string | undefined): Assignment[] {
  const fail = (message: string, offset: number): ProfileError =>
    syntaxFault('bad-syntax', message, { source, text, offset });
  const assignments: Assignment[] = [];
  let section: string | undefined;
  let continued: Assignment | undefined;
  const lines = /([^\r\n]*)(\r\n?|\n|$)/gy;
  while (lines.lastIndex < text.length) {
    const start = lines.lastIndex;
    const line = lines.exec(text)![1]!;
    const offset = start + line.length - line.trimStart().length;
    // A comment between continued lines does not end them.
    if (/^\s*[#;]/.test(line)) continue;
    const goesOn = line.endsWith('\\');
    const content = goesOn ? line.slice(0, -1) : line;
    if (continued) {
      continued.words.push(...wordsOf(content, start));
      if (!goesOn) continued = undefined;
      continue;
    }
    if (content.trim() === '') continue;
    const header = /^\s*\[(.*)\]\s*$/.exec(content);
    if (header) {
      section = header[1];
      continue;
    }
    const equals = content.indexOf('=');
    const key = content.slice(0, Math.max(equals, 0)).trim();
    if (key === '') throw fail('neither a section, nor a setting "Key=value"', offset);
    const assignment = { section, key, words: wordsOf(content.slice(equals + 1), start + equals + 1), offset };
    assignments.push(assignment);
    if (goesOn) continued = assignment;
  }
  return assignments;
}

function wordsOf(content: string, start: number): UnitWord[] {
  return [...content.matchAll(/\S+/g)].map((match) => ({ text: match[0], offset: start + match.index }));
}
