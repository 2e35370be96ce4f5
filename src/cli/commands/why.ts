import { type Command, Option } from 'commander';
import { hostArchitecture } from '../../../native-loader/libc/host.js';
import { parseArchitecture } from '../../architecture.js';
import { type CheckReport, checkProfile } from '../../check/index.js';
import { InvalidArgumentError } from '../../errors.js';
import { AskedProfile } from '../../learn/asked-profile.js';
import { type Denial, DenialTable } from '../../learn/denial-table.js';
import { mergeLearned, mergeMasks, Observations, syscallLookup } from '../../learn/index.js';
import { detectLogKind, logReader } from '../../learn/log-kind.js';
import { withNumbers } from '../../learn/numbered-call.js';
import type { LogKind, LogReader } from '../../learn/read-log.js';
import { type Libseccomp, loadLibseccompSync } from '../../libseccomp/index.js';
import { printable } from '../../text.js';
import { onlyArch } from '../arch-option.js';
import { compileOptions, givenCapabilities, runtimeOptions } from '../compile-options.js';
import { compileWithUsualCapabilities } from '../compile-targets.js';
import { ExitCode } from '../exit-code.js';
import { type LogInput, logInputs } from '../log-input.js';
import { addOptions, COMPILE_OPTIONS, type FlagsOf, INPUT_OPTIONS, jsonFormatOption } from '../options.js';
import { print, printError, printLogProblems } from '../output.js';
import { readInputProfile } from '../read-input-profile.js';
import { type ExplainedDenial, RENDERERS, renderRow } from './why-report.js';

const OPTIONS = {
  profile: 'the profile that the programs ran under, or are to run under',
  against: new Option('--against <profile>', 'another one, asked about the same calls'),
  log: true,
  follow: new Option(
    '--follow',
    'go on reading as the logs grow, until Ctrl-C; each kind of denial is shown once it comes',
  ),
  format: new Option('--format <format>', 'how to report').choices(Object.keys(RENDERERS)).default('text'),
  json: jsonFormatOption(),
  arch: 'the machine the logs are from (default: the one that has such calls, this one first)',
  ...INPUT_OPTIONS,
  ...COMPILE_OPTIONS,
} as const;

interface Flags extends FlagsOf<typeof OPTIONS> {
  against?: string;
  log?: LogKind;
  follow?: boolean;
  format: keyof typeof RENDERERS;
}

export function addWhyCommand(program: Command): void {
  const command = program
    .command('why')
    .summary('which calls were denied, why, and what to add')
    .description(
      'Read logs and answer what broke: which program was denied which system call, how often and when, which entry of a profile decides it, and what to add. Reads audit records in every form, logs of strace, and what run --trace reported. With a strace log of a run that worked, it says what the profile would deny.',
    )
    .argument('<log...>', 'files, folders of them, "-" for standard input; packed by gzip or zstd too');
  addOptions(command, OPTIONS).action(why);
}

async function why(paths: readonly string[], flags: Flags): Promise<void> {
  const machine = onlyArch(flags, 'logs are of one machine; ask about those of each on their own');
  if (flags.against !== undefined && flags.profile === undefined) {
    throw new InvalidArgumentError('--against compares with a profile: name it with --profile');
  }
  const format = flags.json ? 'json' : flags.format;
  const libseccomp = loadLibseccompSync();
  const options = { ...(await compileOptions(flags)), libseccomp };
  const asked: AskedProfile[] = [];
  for (const path of [flags.profile, flags.against]) {
    if (path === undefined) continue;
    const from = { machine, host: hostArchitecture() };
    asked.push(new AskedProfile(await readInputProfile(path, flags), options, from, compileWithUsualCapabilities));
  }
  const table = new DenialTable(asked.map(({ judge }) => judge));
  const explain = explainer(asked, flags, libseccomp);
  const report = () => {
    const rows = table.rows().map(explain);
    print(
      RENDERERS[format](rows, {
        calls: table.calls,
        left: table.left,
        profiles: asked.map((each) => each.profile.source ?? 'profile'),
      }),
    );
    process.exitCode = rows.some(({ isDenied }) => isDenied) ? ExitCode.NO : ExitCode.DONE;
  };
  const inputs = logInputs(paths, { follow: flags.follow });
  const shown = new Set<Denial>();
  const onPiece = () => {
    table.settle();
    if (!flags.follow || format !== 'text') return;
    for (const row of table.rows()) {
      if (shown.has(row)) continue;
      shown.add(row);
      print(`${renderRow(explain(row))}\n`);
    }
  };
  if (flags.follow) {
    process.once('SIGINT', () => {
      report();
      process.exit();
    });
    await Promise.all(inputs.map((input) => readLog(input, table, flags, machine, libseccomp, onPiece)));
  } else {
    for (const input of inputs) await readLog(input, table, flags, machine, libseccomp, onPiece);
  }
  report();
}

async function readLog(
  { source, pieces }: LogInput,
  table: DenialTable,
  { log }: Flags,
  machine = hostArchitecture(),
  libseccomp: Libseccomp,
  onPiece: () => void,
): Promise<void> {
  const lookup = withNumbers(syscallLookup(libseccomp));
  let reader: LogReader | undefined;
  for await (const piece of pieces) {
    if (reader === undefined) {
      const kind = log ?? detectLogKind(piece);
      reader = logReader(kind, lookup, {
        architecture: machine,
        onCall: (call, place) => table.add(call, place, source),
        onCalls: (call, tally) => table.addAll(call, tally, source),
        onSignal: (call, place) => table.addSignal(call, place, source),
      });
    }
    reader.push(piece);
    onPiece();
  }
  if (reader === undefined) return;
  const { used, problems } = reader.end();
  onPiece();
  printLogProblems(problems, source);
  if (used === 0) printError(`${printable(source)}: warning: there is no system call in it`);
}

/** How many additions are checked for what they open: each check takes as long as `scmp check`. */
const MAX_CHECKED = 20;

function explainer(asked: readonly AskedProfile[], flags: Flags, libseccomp: Libseccomp) {
  const known = new Map<Denial, ExplainedDenial>();
  const [first] = asked;
  const opens = first && openings(first, flags, libseccomp);
  return (denial: Denial): ExplainedDenial => {
    const before = known.get(denial);
    if (before) return before;
    const answers = asked.map((each, index) => each.answer(denial, index));
    const isDenied = asked.length > 0 ? answers.some((each) => each.isDenied) || wasDenied(denial) : wasDenied(denial);
    const isAdded = (answers[0]?.advice.length ?? 0) > 0;
    const explained = { denial, answers, isDenied, opens: isAdded ? opens?.(denial) : undefined };
    known.set(denial, explained);
    return explained;
  };
}

/** Whether the log says so itself. */
function wasDenied({ outcome }: Denial): boolean {
  if (outcome?.kind === 'filter') return outcome.action !== 'LOG' && outcome.action !== 'ALLOW';
  return outcome?.kind === 'kill' || outcome?.kind === 'signal';
}

/** The findings of `check` that a profile has only when it allows the call too. */
function openings({ profile }: AskedProfile, flags: Flags, libseccomp: Libseccomp) {
  const check = (asked: typeof profile, target: string): CheckReport =>
    checkProfile(asked, {
      targets: [target],
      libseccomp,
      capabilities: givenCapabilities(flags) ?? [],
      kernel: flags.kernel,
      ...runtimeOptions(flags),
    });
  const keyOf = ({ id, message }: CheckReport['findings'][number]) => `${id} ${message}`;
  let left = MAX_CHECKED;
  const before = new Map<string, ReadonlySet<string>>();
  return ({ architecture, name, args }: Denial): readonly string[] | undefined => {
    if (left-- <= 0) return undefined;
    const target = {
      arch: parseArchitecture(architecture),
      capabilities: givenCapabilities(flags),
      kernel: flags.kernel,
    };
    const observations = new Observations(mergeMasks(profile, { target, arguments: true }));
    observations.add({ architecture, name, args });
    const { profile: merged } = mergeLearned(profile, observations, { target, arguments: true });
    let known = before.get(architecture);
    if (known === undefined) {
      known = new Set(check(profile, architecture).findings.map(keyOf));
      before.set(architecture, known);
    }
    const found = check(merged, architecture).findings.filter((finding) => !known.has(keyOf(finding)));
    return found.map(({ id, message }) => `${message} [${id}]`);
  };
}
