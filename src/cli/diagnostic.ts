import type { SourcePosition } from '../errors.js';
import { formatPlace } from '../source-place.js';
import { codeFrame } from './code-frame.js';
import { Color, type Paint, paintFor } from './colors.js';
import { inputText } from './input.js';
import { terminalColumns } from './terminal.js';

/** Something to say about a place in a file, to people. */
export interface Diagnostic {
  severity: 'error' | 'warning' | 'advice' | 'fixed';
  /** The id of a finding. */
  id?: string | undefined;
  message: string;
  source: string;
  /** JSON path; empty: the whole file. */
  path?: string | undefined;
  position?: Pick<SourcePosition, 'line' | 'column'> | undefined;
  /** What to do; empty where there is nothing to say. */
  help?: string | undefined;
}

const COLORS: Readonly<Record<Diagnostic['severity'], string>> = {
  error: Color.BOLD_RED,
  warning: '1;33',
  advice: '1;36',
  fixed: '1;32',
};

/** The columns to write in: longer lines are hard to read, and shorter ones hold no code. */
function widthOf(fd: 1 | 2): number {
  const asked = Number(process.env.COLUMNS);
  return Math.max(40, Math.min((asked > 0 ? asked : terminalColumns(fd)) ?? 80, 120));
}

/** A diagnostic as compilers write it on a terminal: what, where, the source with carets, what to do. */
export function renderDiagnostic(diagnostic: Diagnostic, fd: 1 | 2): string {
  const { severity, id, message, source, path, position, help } = diagnostic;
  const paint = paintFor(fd);
  const width = widthOf(fd);
  const label = id === undefined ? severity : `${severity}[${id}]`;
  const heading = wrap(`${label}: ${message}`, width);
  const [first = '', ...others] = heading;
  const place = `${formatPlace(source, position)}${path ? `  ${path}` : ''}`;
  const text = position && inputText(source);
  const frame = text === undefined || position === undefined ? [] : codeFrame(text, position, { width, paint });
  const lines = [
    `${paint(COLORS[severity], first.slice(0, label.length))}${paint(Color.BOLD, first.slice(label.length))}`,
    ...others.map((line) => paint(Color.BOLD, line)),
    `${paint(Color.DIM, '  -->')} ${paint(Color.CYAN, place)}`,
    ...frame,
    ...(help ? helpLines(help, width, paint) : []),
  ];
  return lines.join('\n');
}

function helpLines(help: string, width: number, paint: Paint): string[] {
  const [first = '', ...others] = wrap(help, width - 8);
  return [
    `${paint(Color.GREEN, '  help:')} ${paint(undefined, first)}`,
    ...others.map((line) => `        ${paint(undefined, line)}`),
  ];
}

/** Lines of at most so many columns, broken at blanks; a longer word stays whole, so that it can be copied. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
