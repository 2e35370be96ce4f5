import { type Command, Option } from 'commander';
import type { Direction } from '../../action.js';
import type { ArchitectureName } from '../../architecture.js';
import { compareDecisions, comparedOnMachine } from '../../bpf/decisions/compare.js';
import { type SeenArchitectures, seenArchitectures } from '../../bpf/decisions/policy-table.js';
import { ScmpError } from '../../errors.js';
import { compareCapabilities, type DependentDifference } from '../../explain/compare-capabilities.js';
import { countChanges, formatChangeCounts, summarizeComparison } from '../../explain/comparison-summary.js';
import { formatComparison, formatDifference, joinNames, rankOf } from '../../explain/format-comparison.js';
import { type NamedDifference, nameComparison } from '../../explain/name-comparison.js';
import { PLAIN } from '../../explain/paint.js';
import { selectDifferences } from '../../explain/select-answers.js';
import { otherArchitecture } from '../../explain/unnamed-architecture.js';
import { DEFAULT_WIDTH, wrapConditions, wrapWords } from '../../explain/wrap.js';
import { type Libseccomp, loadLibseccompSync } from '../../libseccomp/index.js';
import { count } from '../../phrases.js';
import { withAndWithout } from '../../profile/resolve/assumed-capabilities.js';
import { printable } from '../../text.js';
import {
  addComparisonOptions,
  type Compared,
  type ComparedPair,
  type ComparisonFlags,
  readEach,
  unseenByBoth,
} from '../comparison-inputs.js';
import { differenceJson } from '../difference-json.js';
import { errorText } from '../error-text.js';
import { ExitCode } from '../exit-code.js';
import { listingColors } from '../listing-colors.js';
import { type ListingFlags, listingOptions, selectionOf } from '../listing-options.js';
import { addOptions } from '../options.js';
import { print, printError, printPainted } from '../output.js';
import { terminalColumns } from '../terminal.js';
import { explainingComplexity } from '../too-complex.js';

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
        'Where one of the two is several SeccompProfiles, as kubectl get prints them, each is compared with the other, and gets a verdict. ' +
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
  const read = await readEach([a, b], flags, libseccomp);
  const compare = (compared: Compared) => comparedOn(compared, flags, libseccomp, selection);
  const json = (all: readonly ComparedOn[]) => (flags.stat ? statisticsJson(all) : differencesJson(all));
  if (!Array.isArray(read)) {
    const all = compare(read as Compared);
    if (flags.json) print(`${JSON.stringify(json(all), null, 2)}\n`);
    else printComparison(all, flags, libseccomp);
    if (hasShown(all)) process.exitCode = ExitCode.NO;
    return;
  }
  const answers: object[] = [];
  let exitCode: number = ExitCode.DONE;
  for (const [index, { name, side, compared }] of read.entries()) {
    const gap = index > 0 ? '\n' : '';
    if (compared instanceof ScmpError) {
      exitCode = ExitCode.UNUSABLE_INPUT;
      if (flags.json) answers.push({ document: name, error: compared.message });
      else print(`${gap}${printable(name)}: cannot be compared\n`);
      printError(`scmp: ${printable(name)}: ${errorText(compared)}`);
      continue;
    }
    const all = compare(compared);
    const { verdict, text } = verdictOf(all, side, compared.names[1 - side] as string);
    if (flags.json) answers.push({ document: name, verdict, ...json(all) });
    else {
      print(`${gap}${printable(name)}: ${text}\n`);
      if (hasShown(all)) printComparison(all, flags, libseccomp);
    }
    if (hasShown(all) && exitCode === ExitCode.DONE) exitCode = ExitCode.NO;
  }
  if (flags.json) print(`${JSON.stringify(answers, null, 2)}\n`);
  process.exitCode = exitCode;
}

const hasShown = (all: readonly ComparedOn[]) => all.some(({ shown }) => shown.length > 0);

function comparedOn(
  { names, filters, pairs }: Compared,
  flags: Flags,
  libseccomp: Libseccomp,
  selection: ReturnType<typeof selectionOf>,
): ComparedOn[] {
  const asked = (all: readonly NamedDifference[]) =>
    (selection ? selectDifferences(all, selection) : all).filter(
      ({ direction }) => flags.only === undefined || direction === flags.only,
    );
  return pairs.map(({ target, machine, programs, usual }): ComparedOn => {
    const named = (both: ComparedPair['programs']) =>
      explainingComplexity(filters, () =>
        nameComparison(comparedOnMachine(compareDecisions(...both), machine), libseccomp),
      );
    const differences = named(programs);
    const shown = asked(differences);
    const withUsual = usual && asked(named(usual));
    const { alike, dependent } = withUsual ? compareCapabilities(shown, withUsual) : { alike: shown, dependent: [] };
    const isEqual = differences.length === 0;
    const unlike = isEqual ? undefined : unlikeArchitectures(programs, names);
    const unseen = isEqual ? undefined : unseenByBoth(programs, machine);
    return { target, machine, differences, isEqual, shown, alike, dependent, unlike, unseen };
  });
}

/** One object beside what it was compared with, whatever was asked to be shown. */
function verdictOf(all: readonly ComparedOn[], side: 0 | 1, other: string): { verdict: string; text: string } {
  const differences = all.flatMap((each) => each.differences);
  const callsOf = (direction: Direction) => {
    const own = differences.filter((each) => each.direction === direction);
    return new Set(own.flatMap(({ syscalls, numbers }) => [...syscalls, ...(numbers.length > 0 ? ['others'] : [])]))
      .size;
  };
  // A difference is one of the second filter.
  const [weaker, stricter] =
    side === 1 ? [callsOf('weaker'), callsOf('stronger')] : [callsOf('stronger'), callsOf('weaker')];
  const otherwise = callsOf('other');
  const than = printable(other);
  const more = otherwise > 0 ? `, otherwise in ${otherwise}` : '';
  if (weaker > 0) {
    const less = stricter > 0 ? `, stricter in ${stricter}` : '';
    return { verdict: 'weaker', text: `weaker than ${than} in ${count(weaker, 'call')}${less}${more}` };
  }
  if (otherwise > 0) {
    const less = stricter > 0 ? `, stricter in ${stricter}` : '';
    return { verdict: 'other', text: `not weaker than ${than}, other in ${count(otherwise, 'call')}${less}` };
  }
  if (stricter > 0)
    return { verdict: 'stricter', text: `at least as strict as ${than}, stricter in ${count(stricter, 'call')}` };
  return { verdict: 'equal', text: `decides as ${than}` };
}

/** The differences on one machine. */
interface ComparedOn {
  target: ArchitectureName | undefined;
  machine: ArchitectureName;
  differences: readonly NamedDifference[];
  isEqual: boolean;
  /** What was asked for. */
  shown: readonly NamedDifference[];
  /** Of these what is so whatever the capabilities. */
  alike: readonly NamedDifference[];
  dependent: readonly DependentDifference[];
  /** A sentence, where the two filters are for different machines. */
  unlike: string | undefined;
  /** A sentence, where neither looks at the architecture. */
  unseen: string | undefined;
}

function printComparison(all: readonly ComparedOn[], { stat }: Flags, libseccomp: Libseccomp): void {
  const colors = listingColors();
  const paint = colors ?? PLAIN;
  const width = terminalColumns() ?? DEFAULT_WIDTH;
  const texts = all.map(({ target, machine, isEqual, shown, alike, dependent, unlike, unseen }) => {
    const heading = target ? `${paint('heading', `compiled for ${target}:`)}\n` : '';
    const depending = new Set(dependent.map(({ without, withUsual }) => (without ?? withUsual)?.syscalls.join()));
    const dependents = depending.size > 0 ? `; ${depending.size} depending on capabilities` : '';
    if (shown.length + dependent.length === 0) {
      return `${heading}${isEqual ? 'no difference: both decide alike, on every possible input' : 'no difference of those asked for'}\n`;
    }
    const summary = `${summarizeComparison(shown, paint) || 'no difference'}${dependents}\n`;
    const said = unseen ? `${wrapWords(unseen.split(' '), { width, first: '' }).join('\n')}\n` : '';
    // On foreign machines one of the two knows no call by name.
    if (stat || unlike) {
      const counts = [
        unlike ? `${wrapWords(unlike.split(' '), { width, first: '' }).join('\n')}\n` : '',
        said + summary,
        formatChangeCounts(shown, machine, paint),
      ];
      return `${heading}${counts.filter(Boolean).join('\n')}`;
    }
    return [
      heading,
      said,
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
  const { architecture, auditArches, direction } = (without ?? withUsual) as NamedDifference;
  const [here, there] = [without, withUsual].map((each) => (each ? formatDifference(each) : 'no difference'));
  // Where both are about one call, the call is named once.
  const [subject] = (here as string).split(': ', 1);
  const prefix = `${subject}: `;
  const rest = without && there?.startsWith(prefix) ? there.slice(prefix.length) : (there as string);
  const place = architecture ?? otherArchitecture(auditArches);
  return { direction: without ? direction : '', place, text: withAndWithout(here as string, rest) };
}
