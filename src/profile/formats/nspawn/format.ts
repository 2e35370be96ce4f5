import type { LinesFormat } from '../format.js';

/** systemd-nspawn's settings of a container. */
export const nspawn = {
  id: 'nspawn',
  title: 'nspawn',
  phrase: 'a .nspawn file',
  syntax: 'lines',
  sign: (line) => /^\[(?:Exec|Files)\]\s*$/.test(line),
  // Its other lines are those of a unit.
  isWhole: (text) => /^[ \t]*\[(?:Exec|Files)\][ \t]*$/m.test(text),
  traits: { entrySyntax: 'unit' },
} as const satisfies LinesFormat;
