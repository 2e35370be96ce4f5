import type { SemanticToken, TokenType } from './semantic-tokens.js';

/**
 * A key with its colon; else a comment, a string, a sign, or a plain word up to a sign. A comment begins a line or stands
 * after a blank (YAML 1.2, section 6.6).
 */
const TOKEN =
  /(?<key>(?:[\w./$-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')(?=[ \t]*:(?:[\s]|$)))|(?<comment>(?<![^\s])#[^\n]*)|(?<string>"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?)|(?<mark>^---|^\.\.\.|[&*!][\w./-]+)|(?<plain>[\w@./+-][^\s,:[\]{}]*)|(?<sign>[[\]{},:>|-])/gm;

/** The words of a YAML text by what they are, for an editor that has no grammar of YAML. The text need not parse. */
export function yamlTokens(text: string): SemanticToken[] {
  return Array.from(text.matchAll(TOKEN), (found): SemanticToken => {
    const [name = 'sign', word = ''] =
      Object.entries(found.groups ?? {}).find(([, value]) => value !== undefined) ?? [];
    return { from: found.index, to: found.index + found[0].length, type: typeOf(name, word) };
  });
}

function typeOf(name: string, word: string): TokenType {
  switch (name) {
    case 'key':
      return 'property';
    case 'comment':
      return 'comment';
    case 'mark':
      return 'macro';
    case 'sign':
      return 'operator';
    case 'plain':
      if (/^(?:-|[|>]-?)$/.test(word)) return 'operator';
      return /^(?:[-+]?(?:0x[\da-f]+|\d+)|true|false|null|~)$/i.test(word) ? 'number' : 'string';
    default:
      return 'string';
  }
}
