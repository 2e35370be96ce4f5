import { type Command, Option } from 'commander';
import { compareDecisions } from '../../bpf/decisions/compare.js';
import { compareCapabilities, type DependentDifference } from '../../explain/compare-capabilities.js';
import { formatComparison, formatDifference } from '../../explain/format-comparison.js';
import { type NamedDifference, nameComparison } from '../../explain/name-comparison.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import { withAndWithout } from '../../profile/resolve/assumed-capabilities.js';
import { addComparisonOptions, type ComparisonFlags, readBoth } from '../comparison-inputs.js';
import { differenceJson } from '../difference-json.js';
import { ExitCode } from '../exit-code.js';
import { print } from '../output.js';

interface Flags extends ComparisonFlags {
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
}

async function diff(a: string, b: string, flags: Flags): Promise<void> {
  const libseccomp = loadLibseccompSync();
  const { pairs } = await readBoth([a, b], flags, libseccomp);
  const isAsked = ({ direction }: NamedDifference) => flags.only === undefined || direction === flags.only;
  const all = pairs.map(({ target, programs, usual }) => {
    const differences = nameComparison(compareDecisions(...programs), libseccomp);
    const shown = differences.filter(isAsked);
    const withUsual = usual && nameComparison(compareDecisions(...usual), libseccomp).filter(isAsked);
    const { alike, dependent } = withUsual ? compareCapabilities(shown, withUsual) : { alike: shown, dependent: [] };
    return { target, isEqual: differences.length === 0, shown, alike, dependent };
  });
  if (flags.json) {
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
    print(
      `${JSON.stringify({ equal, differences, ...(dependent.length > 0 && { dependOnCapabilities: dependent }) }, null, 2)}\n`,
    );
  } else {
    for (const { target, alike, dependent } of all) {
      if (target && alike.length + dependent.length > 0) print(`compiled for ${target}:\n`);
      print(formatComparison(alike));
      if (dependent.length > 0) print('depending on capabilities:\n');
      for (const each of dependent) print(`  ${formatDependent(each)}\n`);
    }
  }
  if (all.some(({ shown }) => shown.length > 0)) process.exitCode = ExitCode.NO;
}

/** `weaker    chroot: ALLOW → ERRNO(EPERM) without capabilities; no difference with Docker's default set: --cap docker` */
function formatDependent({ without, withUsual }: DependentDifference): string {
  const { architecture, direction } = (without ?? withUsual) as NamedDifference;
  const [here, there] = [without, withUsual].map((each) => (each ? formatDifference(each) : 'no difference'));
  // Where both are about one call, the call is named once.
  const [subject] = (here as string).split(': ', 1);
  const prefix = `${subject}: `;
  const rest = without && there?.startsWith(prefix) ? there.slice(prefix.length) : (there as string);
  const where = architecture ?? 'any other architecture';
  return `${(without ? direction : '').padEnd(8)}  on ${where}: ${withAndWithout(here as string, rest)}`;
}
