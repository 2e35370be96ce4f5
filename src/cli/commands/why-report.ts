import { escapeData, escapeProperty } from '../../check/output/github.js';
import type { ProfileAnswer } from '../../learn/asked-profile.js';
import { type Denial, formatOutcome } from '../../learn/denial-table.js';
import { count } from '../../phrases.js';
import { printable } from '../../text.js';

/** A row of the table, with what the profiles have to say. */
export interface ExplainedDenial {
  denial: Denial;
  answers: readonly ProfileAnswer[];
  isDenied: boolean;
  /** Findings of `check` on the profile with the addition; undefined where there is none, or it was not checked. */
  opens: readonly string[] | undefined;
}

interface Totals {
  /** Calls in the logs. */
  calls: number;
  /** Denied calls that are in no row. */
  left: number;
  profiles: readonly string[];
}

type Render = (rows: readonly ExplainedDenial[], totals: Totals) => string;

export const RENDERERS = {
  text: renderText,
  json: renderJson,
  markdown: renderMarkdown,
  github: renderGithub,
} as const satisfies Readonly<Record<string, Render>>;

const COLUMNS = ['PROGRAM', 'PROCESSES', 'CALL', 'ARCH', 'ANSWER', 'TIMES', 'FIRST', 'LAST'] as const;

function cells({ denial }: ExplainedDenial): string[] {
  const { program, pids, isMany, text, name, architecture, outcome, count, first, last } = denial;
  return [
    program === undefined ? '-' : printable(program, 60),
    pids === 0 ? '-' : `${pids}${isMany ? '+' : ''}`,
    printable(text ?? name, 80),
    architecture,
    formatOutcome(outcome),
    `${count}`,
    formatTime(first.time),
    count > 1 ? formatTime(last.time) : '',
  ];
}

/** Seconds since 1970 as a date, in UTC; other times as they are. */
function formatTime(time: string | undefined): string {
  if (time === undefined) return '-';
  if (!/^\d{9,11}\.\d+$/.test(time)) return printable(time, 40);
  return new Date(Number(time) * 1000)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

/** The lines below a row. */
function details({ denial, answers, opens, isDenied }: ExplainedDenial): string[] {
  const said = answers.flatMap(({ source, why, advice }) => [
    `${source}: ${why}`,
    ...advice.map((each) => `  ${each}`),
  ]);
  const unsure =
    denial.outcome?.kind === 'errno' && answers.length === 0
      ? ['a filter may have answered so, or the kernel itself: --profile tells which']
      : [];
  const opened = (opens ?? []).map((each) => `  that opens: ${each}`);
  const alone = answers.length === 0 && isDenied ? ['with --profile: which entry decides it, and what to add'] : [];
  return [...said, ...unsure, ...opened, ...alone].map((line) => printable(line));
}

function summary(rows: readonly ExplainedDenial[], { calls, left }: Totals): string {
  const denied = rows.filter(({ isDenied }) => isDenied);
  const times = denied.reduce((sum, { denial }) => sum + denial.count, 0);
  const programs = new Set(denied.map(({ denial }) => denial.program)).size;
  const more = left > 0 ? `; ${count(left, 'more call')} of other kinds, which are too many to list` : '';
  return `${count(denied.length, 'kind')} of denied calls, ${count(times, 'time')}, ${count(programs, 'program')}; ${count(calls, 'call')} read${more}`;
}

function renderText(rows: readonly ExplainedDenial[], totals: Totals): string {
  if (rows.length === 0) return `${summary(rows, totals)}\n`;
  const table = [[...COLUMNS], ...rows.map(cells)];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  const lines = rows.flatMap((row) => [line(cells(row)), ...details(row).map((each) => `    ${each}`)]);
  return `${[summary(rows, totals), '', line(COLUMNS), ...lines].join('\n')}\n`;
}

/** A row by itself, as it comes. */
export function renderRow(row: ExplainedDenial): string {
  return [
    cells(row)
      .filter((cell) => cell !== '')
      .join('  '),
    ...details(row).map((each) => `    ${each}`),
  ].join('\n');
}

function renderMarkdown(rows: readonly ExplainedDenial[], totals: Totals): string {
  const escaped = (text: string) => text.replace(/[\\|`*_<>[\]]/g, '\\$&').replaceAll('\n', ' ');
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const table = [
    line([...COLUMNS, 'WHY']),
    line([...COLUMNS, 'WHY'].map(() => '---')),
    ...rows.map((row) =>
      line(
        [
          ...cells(row),
          details(row)
            .map((each) => each.trim())
            .join('; '),
        ].map(escaped),
      ),
    ),
  ];
  return `${[escaped(summary(rows, totals)), '', ...(rows.length > 0 ? table : [])].join('\n').trimEnd()}\n`;
}

/** Workflow commands of GitHub Actions: an annotation for each row. */
function renderGithub(rows: readonly ExplainedDenial[]): string {
  return rows
    .map((row) => {
      const { denial, isDenied } = row;
      const title = escapeProperty(`scmp why: ${denial.program ?? 'a program'}: ${denial.name}`);
      const text = `${denial.text ?? denial.name} (${denial.architecture}): ${formatOutcome(denial.outcome)}, ${denial.count} times. ${details(
        row,
      )
        .map((each) => each.trim())
        .join('. ')}`;
      return `::${isDenied ? 'error' : 'notice'} title=${title}::${escapeData(text)}\n`;
    })
    .join('');
}

function renderJson(rows: readonly ExplainedDenial[], { calls, left, profiles }: Totals): string {
  const denials = rows.map(({ denial, answers, isDenied, opens }) => {
    const { program, pids, isMany, name, number, text, architecture, outcome, count, first, last } = denial;
    const args = denial.args.map((value) => (value === undefined ? null : `0x${value.toString(16)}`));
    const answer = formatOutcome(outcome);
    return {
      ...{ program, processes: pids, moreProcesses: isMany || undefined, syscall: name, number, call: text, args },
      ...{
        architecture,
        answer,
        denied: isDenied,
        count,
        first,
        last,
        profiles: answers.map(({ addition: _, ...answer }) => answer),
        opens,
      },
    };
  });
  return `${JSON.stringify({ calls, moreDenied: left || undefined, profiles, denials }, null, 2)}\n`;
}
