import type { LinesFormat } from '../format.js';

const VALUE = /(?:-|(?:>=|<=|[!<>|])?(?:-?\d+|[A-Z][A-Z0-9_]*)|[ug]:[a-z_][-a-z0-9_]*)/.source;
const LINE = new RegExp(`^\\s*(?:@\\w+|~?[a-z_]\\w*(?:\\s+${VALUE})*)\\s*$`);
/** What another format's lines of names do not have. */
const SIGN =
  /^\s*(?:@(?:unrestricted|complain)|~[a-z_]\w*|\w+\s.*(?:^|\s)(?:-|[ug]:\S+|[!<>|=]*[A-Z][A-Z0-9_]*|[!<>|]\S+))(?:\s|$)/;

/** snapd's template of a snap's system calls, as snap-seccomp compiles it. */
export const snapd = {
  id: 'snapd',
  title: 'snapd',
  phrase: 'a snapd template',
  syntax: 'lines',
  sign: (line) => /^\s*@(?:unrestricted|complain)\s*$/.test(line),
  isWhole(text) {
    let isSigned = false;
    for (const line of text.split(/\r\n?|\n/)) {
      if (/^\s*(?:#|$)/.test(line)) continue;
      if (line.length > 500 || !LINE.test(line)) return false;
      isSigned ||= SIGN.test(line);
    }
    return isSigned;
  },
  traits: { entrySyntax: 'snapd' },
  output: { extension: 'src', about: "a snap's template", note: 'what snap-seccomp compile takes' },
} as const satisfies LinesFormat;
