import { ProfileError, type ProfileIssue } from '../document/profile-error.js';
import { positionFinder } from '../document/source-text.js';
import type { InputFormat } from '../model/parsed-profile.js';

/** The syntax of a text. The keys of a `json` or `yaml` document show its format. */
export type Syntax = 'json' | 'yaml' | 'systemd' | 'list';

/** What only that syntax has at the beginning of a line; JSON is detected by its first character. */
const SIGNS: Readonly<Record<Exclude<Syntax, 'json'>, { pattern: RegExp; word: string }>> = {
  yaml: { pattern: /^(?:---|%YAML\b|(?:"[^"]*"|'[^']*'|[\w$.-]+)[ \t]*:(?=\s|$)|- )/, word: 'YAML' },
  systemd: { pattern: /^(?:\[[A-Z][A-Za-z-]*\]\s*$|[ \t]*SystemCall[A-Za-z]*[ \t]*=)/, word: 'a systemd unit' },
  list: {
    pattern: /^(?:default|allow|deny|log|trap|notify|kill|errno|trace|arch|flags|extends|remove|when)(?=\s+[^\s:=])/,
    word: 'a plain list',
  },
};

/** Whether a text is JSON, or meant to be: an object, or a value that no other syntax begins with. */
export function looksLikeJson(text: string): boolean {
  const firstLine = /\S[^\r\n]*/.exec(text)?.[0] ?? '';
  return /^[{"]/.test(firstLine) || (firstLine.startsWith('[') && !SIGNS.systemd.pattern.test(firstLine.trimEnd()));
}

/**
 * Detect a text's syntax. It must have signs of one only. A text without any is taken for JSON, whose reader says what
 * is wrong with it.
 *
 * @throws {ProfileError} `ambiguous-format`, when it has signs of two
 */
export function detectSyntax(text: string, source: string | undefined, wanted?: InputFormat): Syntax {
  if (wanted === 'systemd' || wanted === 'list' || wanted === 'yaml' || wanted === 'json') return wanted;
  if (looksLikeJson(text)) return 'json';
  // The other formats have keys, and are JSON or YAML; nothing else need be distinguished.
  if (wanted !== undefined) return 'yaml';
  const signs = findSigns(text);
  const [first, second] = signs;
  if (first && second) {
    const issue: ProfileIssue = {
      code: 'ambiguous-format',
      message: `line ${second.line} looks like ${SIGNS[second.syntax].word}, line ${first.line} like ${SIGNS[first.syntax].word}`,
      path: '',
      position: positionFinder(text)(second.offset),
      hint: 'say which it is (--from, or the option "format")',
    };
    throw new ProfileError('PROFILE_INVALID', [issue], source);
  }
  return first?.syntax ?? 'json';
}

interface Sign {
  syntax: Exclude<Syntax, 'json'>;
  line: number;
  offset: number;
}

/** The first line that shows each syntax, in the order of the text. */
function findSigns(text: string): Sign[] {
  const signs: Sign[] = [];
  const lines = /[^\r\n]*(?:\r\n?|\n|$)/gy;
  for (let line = 1; lines.lastIndex < text.length; line++) {
    const offset = lines.lastIndex;
    const content = lines.exec(text)![0].trimEnd();
    for (const syntax of ['yaml', 'systemd', 'list'] as const) {
      if (signs.some((sign) => sign.syntax === syntax)) continue;
      if (SIGNS[syntax].pattern.test(content)) signs.push({ syntax, line, offset });
    }
  }
  return signs;
}
