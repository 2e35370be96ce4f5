import { formatAction } from '../action.js';
import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import type { Decision } from '../bpf/index.js';
import type { ComposeReport } from '../compose/index.js';
import { formatDecisions } from '../explain/format-decisions.js';
import { type NamedDecision, nameCall } from '../explain/named-policy.js';
import { DEFAULT_WIDTH, wrapWords } from '../explain/wrap.js';

/** Calls that have the same words in every column. */
interface Row {
  readonly machine: ArchitectureName;
  readonly architecture: ArchitectureName;
  readonly names: string[];
  readonly columns: readonly (readonly NamedDecision[])[];
}

interface Counted {
  readonly machine: ArchitectureName;
  readonly architecture: ArchitectureName;
  readonly names: readonly string[];
}

/** Conditions are in the words of each call, so calls that are decided alike may be of several rows. */
function rowsOf<Calls extends Counted>(
  all: readonly Calls[],
  columnsOf: (calls: Calls) => readonly (readonly Decision[])[],
): Row[] {
  const rows = new Map<string, Row>();
  for (const calls of all) {
    const architecture = parseArchitecture(calls.architecture);
    for (const name of calls.names) {
      const columns = columnsOf(calls).map(
        (decisions) => nameCall({ name, number: 0, decisions }, architecture).decisions,
      );
      const key = `${calls.machine} ${architecture.name} ${JSON.stringify(columns)}`;
      const row = rows.get(key) ?? { machine: calls.machine, architecture: architecture.name, names: [], columns };
      rows.set(key, row);
      row.names.push(name);
    }
  }
  return [...rows.values()];
}

/** What was lost, then what the inputs do to each call, first where they differ; for each machine. */
export function reportText({ inputs, calls, lost }: ComposeReport, width = DEFAULT_WIDTH): string {
  const machines = [...new Set(calls.map(({ machine }) => machine))];
  const texts = machines.map((machine) => {
    const isFor = (each: { machine: ArchitectureName }) => each.machine === machine;
    const text = machineText({ inputs, calls: calls.filter(isFor), lost: lost.filter(isFor) }, width);
    return machines.length > 1 ? `for ${machine}:\n\n${text}` : text;
  });
  return texts.join('\n');
}

function machineText({ inputs, calls, lost }: ComposeReport, width: number): string {
  const block = ({ architecture, names, columns }: Row, heads: readonly string[]) => {
    const list = names.map((name, index) => (index < names.length - 1 ? `${name},` : name));
    return [
      ...wrapWords([`${architecture}:`, ...list], { width, first: '', next: '  ' }),
      ...columns.map((decisions, index) => `    ${heads[index]}: ${formatDecisions(decisions, architecture)}`),
    ].join('\n');
  };
  const losses = rowsOf(lost, ({ asked, made }) => [asked, made]);
  const rows = rowsOf(calls, (each) => [...each.inputs, each.result]);
  const isAlike = ({ columns }: Row) => new Set(columns.map((each) => JSON.stringify(each))).size === 1;
  const [unlike, alike] = [rows.filter((each) => !isAlike(each)), rows.filter(isAlike)];
  const blocks = [
    ...(losses.length > 0 ? ['Lost, since no profile says it exactly:'] : []),
    ...losses.map((each) => block(each, ['asked for', 'profile'])),
    ...(losses.length > 0 ? ['What was asked for:'] : []),
    ...unlike.map((each) => block(each, [...inputs, 'result'])),
    ...alike.map((each) => block({ ...each, columns: each.columns.slice(0, 1) }, ['all'])),
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** The same for programs: actions as text. */
export function reportJson({ inputs, calls, lost }: ComposeReport): object {
  const decisionsJson = (decisions: readonly NamedDecision[], architecture: ArchitectureName) =>
    decisions.map(({ action, when }) => ({
      action: formatAction(action, architecture),
      ...(when === undefined ? {} : { when }),
    }));
  const rowJson = ({ machine, architecture, names, columns }: Row) => ({
    machine,
    architecture,
    syscalls: names,
    columns: columns.map((each) => decisionsJson(each, architecture)),
  });
  return {
    inputs,
    calls: rowsOf(calls, (each) => [...each.inputs, each.result]).map((row) => {
      const { columns, ...rest } = rowJson(row);
      return { ...rest, inputs: columns.slice(0, -1), result: columns.at(-1) };
    }),
    lost: rowsOf(lost, ({ asked, made }) => [asked, made]).map((row) => {
      const { columns, ...rest } = rowJson(row);
      return { ...rest, asked: columns[0], made: columns[1] };
    }),
  };
}
