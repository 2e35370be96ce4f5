import {
  ALL_SHAPES,
  answerOf,
  COLUMNS,
  type Column,
  ELSEWHERE,
  isAsBehind,
  READ_ALL_THE_SAME,
  RUNTIMES,
  STRICTER,
} from './answers.js';
import { ENGINES } from './engine.js';
import { EXPLAINED, OWN } from './explained.js';
import { LANGUAGES, STRICTER_THAN_OWNERS, WRITTEN_SHAPES } from './languages.js';
import { ourAnswer } from './ours.js';
import { PROFILES } from './profiles.js';
import type { Shape } from './shapes.js';

// The tables of docs/field/runtimes.md, made of what the tests hold.

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const cell = (text: string): string => text.replaceAll('|', '\\|');

/** What `--runtime` does beside the columns: the same for each, or what is otherwise. */
function ours(key: string, shape: Shape): string {
  const answers = RUNTIMES.map((runtime) => ({ runtime, answer: ourAnswer(shape, runtime) }));
  const [first] = answers;
  const other = answers.filter(({ runtime, answer }) => answer !== answerOf(runtime, key));
  if (other.length === 0) return 'the same';
  if (answers.every(({ answer }) => answer === first!.answer)) return first!.answer;
  return other.map(({ runtime, answer }) => `\`${runtime}\`: ${answer}`).join('; ');
}

/** What each runtime and engine does with each shape. */
function shapesTable(columns: readonly Column[], last?: { title: string; of: typeof ours }): string {
  const titles = columns.map((column) => `${COLUMNS[column].title} (${COLUMNS[column].how})`);
  const head = ['Shape', 'Asked', ...titles, ...(last ? [last.title] : [])];
  const groups = [...new Set(ALL_SHAPES.map(({ group }) => group))];
  const rows = groups.flatMap((group) => [
    [`**${group}**`, ...head.slice(1).map(() => '')],
    ...ALL_SHAPES.filter((each) => each.group === group).map(({ key, shape }) => {
      // Of an engine in front of a runtime: what is its own.
      const answers = columns.map((column) => (isAsBehind(column, key) ? '·' : cell(answerOf(column, key))));
      const mark = key in STRICTER ? ' ¹' : key in ELSEWHERE ? ' ²' : '';
      return [
        `${cell(shape.what)}${mark}`,
        shape.ask.map((call) => `\`${call}\``).join(', '),
        ...answers,
        ...(last ? [cell(last.of(key, shape))] : []),
      ];
    }),
  ]);
  return table(head, rows);
}

const reasons = (rows: Readonly<Record<string, string>>): string =>
  table(
    ['Shape', 'Why'],
    Object.entries(rows).map(([key, why]) => [cell(key), cell(why)]),
  );

/** Which containers have the filter that `scmp compile` says. */
function enginesTable(): string {
  const notes = (engine: string, profile: string) =>
    EXPLAINED.flatMap((row, index) => (row.engines.includes(engine) && row.profile === profile ? [index + 1] : []));
  const names = ENGINES.map(({ name }) => name);
  const rows = [OWN, ...PROFILES.map(({ name }) => name)].map((profile) => [
    profile,
    ...names.map(
      (name) =>
        notes(name, profile)
          .map((index) => `row ${index}`)
          .join(' ') || 'alike',
    ),
  ]);
  const why = EXPLAINED.map(({ why: text }, index) => `${index + 1}. ${text[0]!.toUpperCase()}${text.slice(1)}.`);
  return `${table(['Profile', ...names], rows)}\n\n${why.join('\n')}`;
}

/** What the owners of other languages do. */
function languagesTable(): string {
  const rows = WRITTEN_SHAPES.map(({ what, ask, answers }) => [
    what,
    ask.map((call) => `\`${call}\``).join(', '),
    ...LANGUAGES.map((language) => {
      const mark = STRICTER_THAN_OWNERS[what]?.includes(language) ? ' ³' : '';
      return answers[language] === undefined ? '–' : `${answers[language]}${mark}`;
    }),
  ]);
  return table(['Shape', 'Asked', 'LXC 5.0.2', 'snapd 2.57.6', 'systemd 252'], rows);
}

/** By the name that stands in the page. */
export const TABLES: Readonly<Record<string, () => string>> = {
  runtimes: () => shapesTable(RUNTIMES, { title: '`--runtime`', of: ours }),
  engines: () => shapesTable(['docker', 'containerd', 'podman', 'cri-o', 'operator']),
  stricter: () => reasons(STRICTER),
  elsewhere: () => reasons(ELSEWHERE),
  operator: () => reasons(READ_ALL_THE_SAME),
  containers: enginesTable,
  languages: languagesTable,
};

/** The page with its tables as they are now. */
export function renderPage(page: string): string {
  return page.replace(/<!-- table: (\w+) -->\n[\s\S]*?<!-- end -->/g, (whole, name: string) => {
    const make = TABLES[name];
    return make ? `<!-- table: ${name} -->\n${make()}\n<!-- end -->` : whole;
  });
}
