import { type Command, Option } from 'commander';
import type { Architecture } from '../../architecture.js';
import {
  type ComposedProfile,
  type ComposeInput,
  intersectProfiles,
  subtractProfiles,
  unionProfiles,
} from '../../compose/index.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import { OUTPUT_FORMATS, type OutputFormat, writtenFormat } from '../../profile/formats/index.js';
import { writeWarnings } from '../../profile/formats/write-profile.js';
import { machinesOf } from '../comparison-inputs.js';
import { compileOptions } from '../compile-options.js';
import { assumedWarnings } from '../compile-targets.js';
import { reportJson, reportText } from '../compose-report-text.js';
import { type FilterSource, readFilters } from '../filter-stack.js';
import { addOptions, COMPILE_OPTIONS, type FlagsOf, INPUT_OPTIONS } from '../options.js';
import { print, printWarnings, writeResult } from '../output.js';
import { targetFiles, writeTargets } from '../target-files.js';
import { terminalColumns } from '../terminal.js';

const OPTIONS = {
  to: new Option('--to <format>', 'the format of the result; what it cannot say is an error')
    .choices(OUTPUT_FORMATS)
    .default('docker'),
  output: true,
  name: 'of a SeccompProfile: its name',
  stricter: new Option(
    '--stricter',
    'where no profile says it exactly: the nearest stricter one; the report has what was lost',
  ),
  order: new Option(
    '--order <actions>',
    'actions of one kind, the strictest first: EPERM,ENOSYS or NOTIFY,TRACE (default: ENOSYS before other errnos, EPERM last)',
  ).argParser((text: string, previous: string[] = []) => [...previous, ...text.split(',')]),
  report: new Option('--report', 'what each input does to every call, and what was lost; with -o beside the profile'),
  json: 'the report as JSON',
  arch: 'the machine that the result is for (default: this machine)',
  ...INPUT_OPTIONS,
  ...COMPILE_OPTIONS,
} as const;

interface Flags extends FlagsOf<typeof OPTIONS> {
  to: OutputFormat;
  name?: string;
  stricter?: boolean;
  order?: string[];
  report?: boolean;
  deny?: string;
}

type Compose = typeof subtractProfiles;

export function addIntersectCommand(program: Command): void {
  const command = program
    .command('intersect')
    .summary('what all profiles allow, as a profile')
    .description(
      'Make the profile of what all inputs allow: for every call and all its arguments the strictest of their decisions. ' +
        'Its program is proven to decide so; it is nowhere more permissive than any input.',
    );
  addShared(command).action((paths: string[], flags: Flags) => run('intersection', intersectProfiles, paths, flags));
}

export function addUnionCommand(program: Command): void {
  const command = program
    .command('union')
    .summary('what any of several profiles allows, as a profile')
    .description(
      'Make the profile of what any input allows: for every call and all its arguments the weakest of their decisions. ' +
        'Its program is proven to decide so; no input is anywhere more permissive.',
    );
  addShared(command).action((paths: string[], flags: Flags) => run('union', unionProfiles, paths, flags));
}

export function addSubtractCommand(program: Command): void {
  const command = program
    .command('subtract')
    .summary('what one profile allows and others do not, as a profile')
    .description(
      'Make the profile of what the first input allows and none of the others does. Calls that another lets run, or asks ' +
        'somebody about, are denied; all others keep the decision of the first input.',
    );
  addShared(command)
    .option('--deny <action>', "the answer to calls that are taken away (default: the first input's default, or EPERM)")
    .action((paths: string[], flags: Flags) => run('difference', subtractProfiles, paths, flags));
}

function addShared(command: Command): Command {
  command.argument('<inputs...>', 'profiles, or compiled programs; "-" is standard input');
  return addOptions(command, OPTIONS);
}

async function run(what: string, compose: Compose, paths: readonly string[], flags: Flags): Promise<void> {
  const { to, output, name, stricter, order, deny } = flags;
  const inputs = await readFilters(paths, flags);
  const machines = machinesOf(inputs, flags);
  for (const { profile } of inputs) {
    if (profile)
      printWarnings(
        machines.flatMap((each) => assumedWarnings(profile, each, flags)),
        profile.source,
      );
  }
  const options = {
    ...(await compileOptions(flags)),
    libseccomp: loadLibseccompSync(),
    to,
    stricter,
    order,
    ...(deny !== undefined && { denied: deny }),
  };
  const composeFor = (arch: readonly Architecture[]) =>
    compose(inputs.map(inputOf), { ...options, arch: arch.map((each) => each.name) });
  const isPerMachine = output !== undefined && (output.endsWith('/') || output.includes('%a'));
  const composed = isPerMachine ? machines.map((each) => composeFor([each])) : [composeFor(machines)];
  const texts = composed.map((each) => each.write(name ?? what));
  for (const each of composed) warnOf(each, to);
  if (!flags.report || output !== undefined) {
    const { extension } = writtenFormat(to).output;
    const files = isPerMachine ? targetFiles(output, machines, { source: what, extension }) : [output];
    if (isPerMachine) writeTargets(texts, files, output);
    else writeResult(texts[0]!, output);
  }
  const isReported = flags.report === true && (output === undefined || output !== '-');
  if (isReported) {
    const reports = composed.map((each) => each.report());
    if (flags.json)
      print(`${JSON.stringify(reports.length === 1 ? reportJson(reports[0]!) : reports.map(reportJson), null, 2)}\n`);
    else print(reports.map((each) => reportText(each, terminalColumns())).join('\n'));
  }
}

const inputOf = ({ input: { bytes, source }, profile }: FilterSource): ComposeInput =>
  profile ?? { program: bytes, source };

function warnOf({ profile, warnings, differences }: ComposedProfile, to: OutputFormat): void {
  printWarnings([...warnings, ...writeWarnings(profile, to)]);
  printWarnings(
    differences.map((message) => ({ code: 'composed-differs', message: `the profile decides otherwise: ${message}` })),
    profile.source,
  );
}
