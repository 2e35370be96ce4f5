import type { SourceText } from '../../document/source-text.js';

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

/** How many words all values of a unit may have together; units of distributions have some tens. */
const MAX_WORDS = 200_000;

/**
 * The assignments of a unit file (systemd.syntax(7)): sections, comments of `#` and `;` lines, and lines that a
 * backslash continues. Values are split at blanks.
 *
 * @throws {ProfileError} `PROFILE_SYNTAX`, when a line is none of these
 */
export function parseUnit(source: SourceText): Assignment[] {
  const { text } = source;
  const assignments: Assignment[] = [];
  let count = 0;
  const addWords = ({ words }: Assignment, content: string, at: number): void => {
    for (const { 0: word, index } of content.matchAll(/\S+/g)) {
      if (++count > MAX_WORDS) {
        throw source.fail(at + index, { code: 'input-too-large', message: `more than ${MAX_WORDS} words` });
      }
      words.push({ text: word, offset: at + index });
    }
  };
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
      addWords(continued, content, start);
      if (!goesOn) continued = undefined;
      continue;
    }
    if (content.trim() === '') continue;
    const header = /^\s*\[(.*)\]\s*$/.exec(content);
    if (header) {
      section = header[1];
      continue;
    }
    if (/^\s*\[/.test(content)) {
      throw source.fail(offset, {
        code: 'bad-syntax',
        message: 'systemd refuses this as the head of a section',
        hint: 'write "[NAME]" and nothing after it in this line',
      });
    }
    const equals = content.indexOf('=');
    const key = content.slice(0, Math.max(equals, 0)).trim();
    if (key === '') {
      throw source.fail(offset, { code: 'bad-syntax', message: 'neither a section, nor a setting "Key=value"' });
    }
    const assignment: Assignment = { section, key, words: [], offset };
    addWords(assignment, content.slice(equals + 1), start + equals + 1);
    assignments.push(assignment);
    if (goesOn) continued = assignment;
  }
  return assignments;
}
