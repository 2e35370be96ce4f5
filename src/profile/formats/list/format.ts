import type { LinesFormat } from '../format.js';

const STATEMENT =
  /^(?:default|allow|deny|log|trap|notify|kill|errno|trace|arch|flags|extends|remove|when)(?=\s+[^\s:=])/;

/** The plain list (docs/list-format.md). */
export const list = {
  id: 'list',
  title: 'Plain list',
  phrase: 'a plain list',
  syntax: 'lines',
  sign: (line) => STATEMENT.test(line),
  traits: { entrySyntax: 'list' },
  output: { extension: 'list', hasTrapData: true, note: 'a line a rule, as scmp reads it' },
} as const satisfies LinesFormat;
