import type { LinesFormat } from '../format.js';

/** The SystemCall…= lines of a systemd unit. */
export const systemd = {
  id: 'systemd',
  title: 'systemd',
  phrase: 'a systemd unit',
  syntax: 'lines',
  sign: (line) => /^(?:\[[A-Z][a-z-][A-Za-z-]*\]\s*$|[ \t]*SystemCall[A-Za-z]*[ \t]*=)/.test(line),
  traits: { entrySyntax: 'unit' },
} as const satisfies LinesFormat;
