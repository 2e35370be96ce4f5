import { type Command, Option } from 'commander';
import { compareDecisions } from '../bpf/compare.js';
import { formatComparison } from '../explain/format-comparison.js';
import { nameComparison } from '../explain/name-comparison.js';
import { loadLibseccompSync } from '../libseccomp/index.js';
import { addComparisonOptions, type ComparisonFlags, readBoth } from './comparison-inputs.js';
import { differenceJson } from './difference-json.js';
import { ExitCode } from './exit-code.js';
import { print } from './output.js';

interface Flags extends ComparisonFlags {
  only?: 'weaker' | 'stronger' | 'other';
}

export function addDiffCommand(program: Command): void {
  const command = program
    .command('diff')
    .summary('what two filters decide differently, on every possible input')
    .description(
      'Compare two filters exactly: every architecture, system call and argument condition that B decides otherwise than A. ' +
        'Weaker: B may let the call do more, or it cannot be told (another tracer or supervisor decides). ' +
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
  const all = pairs.map(({ target, programs }) => {
    const differences = nameComparison(compareDecisions(...programs), libseccomp);
    const shown = flags.only ? differences.filter(({ direction }) => direction === flags.only) : differences;
    return { target, isEqual: differences.length === 0, shown };
  });
  if (flags.json) {
    const differences = all.flatMap(({ target, shown }) =>
      shown.map((each) => ({ ...(target && { target }), ...differenceJson(each) })),
    );
    print(`${JSON.stringify({ equal: all.every(({ isEqual }) => isEqual), differences }, null, 2)}\n`);
  } else {
    for (const { target, shown } of all) {
      if (target && shown.length > 0) print(`compiled for ${target}:\n`);
      print(formatComparison(shown));
    }
  }
  if (all.some(({ shown }) => shown.length > 0)) process.exitCode = ExitCode.NO;
}
