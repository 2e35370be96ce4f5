import type { LinesFormat } from '../format.js';

const ACTION =
  '(?:ALLOW|LOG|DENY|KILL|KILL_THREAD|KILL_PROCESS|USER_NOTIF|(?:ERRNO|TRAP|TRACE)[ \\t]*\\([ \\t]*\\w+[ \\t]*\\))';

/** A statement, at the beginning of its line. A `#` of kafel is no comment. */
const STATEMENT = new RegExp(
  `^[ \\t]*(?:POLICY[ \\t]+\\w+[ \\t]*(?:\\{|$)|USE[ \\t]+\\w|DEFAULT[ \\t]+${ACTION}|${ACTION}[ \\t]*(?:\\{|$)|#define[ \\t]+\\w+[ \\t]+-?\\d|#include[ \\t]+")`,
);

/** Policies of Google's kafel, which nsjail has. */
export const kafel = {
  id: 'kafel',
  title: 'kafel',
  phrase: 'a kafel policy',
  syntax: 'lines',
  sign: (line) => STATEMENT.test(line),
  traits: { entrySyntax: 'kafel' },
  output: {
    extension: 'kafel',
    note: 'for kafel, and seccomp_policy_file of nsjail',
    x32ByDefault: true,
    hasTrapData: true,
  },
} as const satisfies LinesFormat;
