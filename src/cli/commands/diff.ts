import { type Command, Option } from 'commander';
import type { ArchitectureName } from '../../architecture.js';
import { compareDecisions } from '../../bpf/decisions/compare.js';
import { type SeenArchitectures, seenArchitectures } from '../../bpf/decisions/policy-table.js';
import { compareCapabilities, type DependentDifference } from '../../explain/compare-capabilities.js';
import { countChanges, formatChangeCounts, summarizeComparison } from '../../explain/comparison-summary.js';
import { formatComparison, formatDifference, joinNames, rankOf } from '../../explain/format-comparison.js';
import { type NamedDifference, nameComparison } from '../../explain/name-comparison.js';
import { PLAIN } from '../../explain/paint.js';
import { selectDifferences } from '../../explain/select-answers.js';
import { DEFAULT_WIDTH, wrapConditions, wrapWords } from '../../explain/wrap.js';
import { type Libseccomp, loadLibseccompSync } from '../../libseccomp/index.js';
import { withAndWithout } from '../../profile/resolve/assumed-capabilities.js';
import { printable } from '../../text.js';
import { addComparisonOptions, type ComparedPair, type ComparisonFlags, readBoth } from '../comparison-inputs.js';
import { differenceJson } from '../difference-json.js';
import { ExitCode } from '../exit-code.js';
import { listingColors } from '../listing-colors.js';
import { type ListingFlags, listingOptions, selectionOf } from '../listing-options.js';
import { addOptions } from '../options.js';
import { print, printPainted } from '../output.js';
import { terminalColumns } from '../terminal.js';

interface Flags extends ComparisonFlags, ListingFlags {
  only?: 'weaker' | 'stronger' | 'other';
}

export function addDiffCommand(program: Command): void {
  const command = program
    .command('diff')
    .summary('what two filters decide differently, on every possible input')
    .description(
      'Compare two filters exactly: every architecture, system call and argument condition that B decides otherwise than A. ' +
        'Weaker: B may let the call do more, or that is not known (another tracer or supervisor decides). ' +
        'Exit 0: no difference; 1: some; 2: unusable input.',
    );
  addComparisonOptions(command)
    .addOption(
      new Option('--only <direction>', 'show, and count for the exit code, no others').choices([
        'weaker',
        'stronger',
        'other',
      ]),
    )
    .action(diff);
  addOptions(
    command,
    listingOptions({
      action: 'changes from or to this action alone: ERRNO, EPERM, TRACE(7), allowed, denied; repeatable',
      stat: 'how many calls change how, instead of their names',
    }),
  );
}

async function diff(a: string, b: string, flags: Flags): Promise<void> {
  const libseccomp = loadLibseccompSync();
  const selection = selectionOf(flags, libseccomp);
  const { names, pairs } = await readBoth([a, b], flags, libseccomp);
  const asked = (all: readonly NamedDifference[]) =>
    (selection ? selectDifferences(all, selection) : all).filter(
      ({ direction }) => flags.only === undefined || direction === flags.only,
    );
  const all = pairs.map(({ target, machine, programs, usual }): ComparedOn => {
    const differences = nameComparison(compareDecisions(...programs), libseccomp);
    const shown = asked(differences);
    const withUsual = usual && asked(nameComparison(compareDecisions(...usual), libseccomp));
    const { alike, dependent } = withUsual ? compareCapabilities(shown, withUsual) : { alike: shown, dependent: [] };
    const unlike = differences.length > 0 ? unlikeArchitectures(programs, names) : undefined;
    return { target, machine, isEqual: differences.length === 0, shown, alike, dependent, unlike };
  });
  if (flags.json) print(`${JSON.stringify(flags.stat ? statisticsJson(all) : differencesJson(all), null, 2)}\n`);
  else printComparison(all, flags, libseccomp);
  if (all.some(({ shown }) => shown.length > 0)) process.exitCode = ExitCode.NO;
}

/** The differences on one machine. */
interface ComparedOn {
  target: ArchitectureName | undefined;
  machine: ArchitectureName;
  isEqual: boolean;
  /** What was asked for. */
  shown: readonly NamedDifference[];
  /** Of these what is so whatever the capabilities. */
  alike: readonly NamedDifference[];
  dependent: readonly DependentDifference[];
  /** A sentence, where the two filters are for different machines. */
  unlike: string | undefined;
}

function printComparison(all: readonly ComparedOn[], { stat }: Flags, libseccomp: Libseccomp): void {
  const colors = listingColors();
  const paint = colors ?? PLAIN;
  const width = terminalColumns() ?? DEFAULT_WIDTH;
  const texts = all.map(({ target, machine, isEqual, shown, alike, dependent, unlike }) => {
    const heading = target ? `${paint('heading', `compiled for ${target}:`)}\n` : '';
    const depending = new Set(dependent.map(({ without, withUsual }) => (without ?? withUsual)?.syscalls.join()));
    const dependents = depending.size > 0 ? `; ${depending.size} depending on capabilities` : '';
    if (shown.length + dependent.length === 0) {
      return `${heading}${isEqual ? 'no difference: both decide alike, on every possible input' : 'no difference of those asked for'}\n`;
    }
    const summary = `${summarizeComparison(shown, paint) || 'no difference'}${dependents}\n`;
    // On foreign machines one of the two knows no call by name.
    if (stat || unlike) {
      const counts = [
        unlike ? `${wrapWords(unlike.split(' '), { width, first: '' }).join('\n')}\n` : '',
        summary,
        formatChangeCounts(shown, machine, paint),
      ];
      return `${heading}${counts.filter(Boolean).join('\n')}`;
    }
    return [
      heading,
      summary,
      formatComparison(alike, { first: machine, width, paint, libseccomp }),
      ...(dependent.length > 0 ? [paint('heading', 'depending on capabilities:'), '\n'] : []),
      ...formatDependents(dependent, machine, width),
    ].join('');
  });
  (colors ? printPainted : print)(texts.join('\n'));
}

/** Two programs that have no ABI in common differ on all of each, which says nothing about their policies. */
function unlikeArchitectures(programs: ComparedPair['programs'], names: readonly [string, string]): string | undefined {
  const [a, b] = programs.map((program) => seenArchitectures(program));
  if (!a?.looksAtArchitecture || !b?.looksAtArchitecture) return undefined;
  if (a.architectures.some(({ auditArch }) => b.architectures.some((each) => each.auditArch === auditArch))) {
    return undefined;
  }
  const listed = ({ architectures }: SeenArchitectures) => joinNames(architectures.map(({ name }) => name)) || 'none';
  const [first, second] = names.map((name) => printable(name));
  return `The filters are for different machines: ${first} distinguishes ${listed(a)}, ${second} ${listed(b)}. What each does with its own calls is compared with the other's answer to any foreign call.`;
}

function differencesJson(all: readonly ComparedOn[]): object {
  const differences = all.flatMap(({ target, shown }) =>
    shown.map((each) => ({ ...(target && { target }), ...differenceJson(each) })),
  );
  const dependent = all.flatMap(({ target, dependent }) =>
    dependent.map(({ without, withUsual }) => ({
      ...(target && { target }),
      withoutCapabilities: without ? differenceJson(without) : null,
      withDockerCapabilities: withUsual ? differenceJson(withUsual) : null,
    })),
  );
  const equal = all.every(({ isEqual }) => isEqual);
  return { equal, differences, ...(dependent.length > 0 && { dependOnCapabilities: dependent }) };
}

function statisticsJson(all: readonly ComparedOn[]): object {
  const statistics = all.flatMap(({ target, shown }) =>
    countChanges(shown).map((each) => ({ ...(target && { target }), ...each })),
  );
  return { equal: all.every(({ isEqual }) => isEqual), statistics };
}

/** What depends on capabilities; what is so on several ABIs is written once. */
function formatDependents(
  dependent: readonly DependentDifference[],
  machine: ArchitectureName,
  width: number,
): string[] {
  const rank = ({ without, withUsual }: DependentDifference) => rankOf((without ?? withUsual)?.architecture, machine);
  const places = new Map<string, { direction: string; text: string; on: string[] }>();
  for (const each of [...dependent].sort((one, other) => rank(one) - rank(other))) {
    const { direction, text, place } = describeDependent(each);
    const key = JSON.stringify([direction, text]);
    const known = places.get(key) ?? { direction, text, on: [] };
    places.set(key, { ...known, on: [...known.on, place] });
  }
  return [...places.values()].flatMap(({ direction, text, on }) => {
    const first = `  ${direction.padEnd(8)}  on ${joinNames(on)}: `;
    return wrapConditions(first + text, { width, first: '', next: ' '.repeat(14) }).map((line) => `${line}\n`);
  });
}

/** `chroot: ALLOW → ERRNO(EPERM) without capabilities; no difference with Docker's default set: --cap docker` */
function describeDependent({ without, withUsual }: DependentDifference): {
  direction: string;
  place: string;
  text: string;
} {
  const { architecture, direction } = (without ?? withUsual) as NamedDifference;
  const [here, there] = [without, withUsual].map((each) => (each ? formatDifference(each) : 'no difference'));
  // Where both are about one call, the call is named once.
  const [subject] = (here as string).split(': ', 1);
  const prefix = `${subject}: `;
  const rest = without && there?.startsWith(prefix) ? there.slice(prefix.length) : (there as string);
  const place = architecture ?? 'any other architecture';
  return { direction: without ? direction : '', place, text: withAndWithout(here as string, rest) };
}
