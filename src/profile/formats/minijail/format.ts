import type { LinesFormat } from '../format.js';

/**
 * A statement, at the beginning of its line: `@include …`, or a call with what is done with it. Words that YAML profiles
 * have as keys are none.
 */
const STATEMENT =
  /^(?:@(?:include|frequency|default|denylist)\b|(?!\w*_action\b|default\w*\b)(?:ARM_)?[a-z_]\w*(?:\[[^\]]*\])?[ \t]*:[ \t]*(?:1[ \t]*(?:#.*|\\)?$|(?:allow|kill|kill-process|kill-thread|trap|trace|log|user-notify)[ \t]*(?:#.*|\\)?$|return\b|arg\w*[ \t]|\{[ \t]*(?:arg\d|return\b))|\{[^:]*\}[ \t]*:[ \t]*(?:1|[a-z{]))/;

/** minijail's `.policy` as its compile_seccomp_policy.py reads it, which crosvm is built with. */
export const minijailPy = {
  id: 'minijail-py',
  title: 'minijail (compile_seccomp_policy.py)',
  phrase: 'a minijail policy',
  syntax: 'lines',
  looksLikeYaml: 'line',
  sign: (line) => STATEMENT.test(line),
  traits: { entrySyntax: 'minijail' },
  output: { extension: 'policy', note: 'for compile_seccomp_policy.py of minijail', x32ByDefault: true },
} as const satisfies LinesFormat;

/** The same files as the C parser of `minijail0 -S` reads them. Nothing in a file says so: it is named. */
export const minijail = {
  id: 'minijail',
  title: 'minijail (minijail0 -S)',
  phrase: 'a minijail policy for minijail0 -S',
  syntax: 'lines',
  sign: () => false,
  traits: { entrySyntax: 'minijail' },
  output: { extension: 'policy', note: 'for minijail0 -S', x32ByDefault: true },
} as const satisfies LinesFormat;
