import { type Command, Option } from 'commander';
import { checkProfile } from '../../check/check-profile.js';
import type { CheckOptions } from '../../check/check-targets.js';
import { countFindings, type FileReport, unreadableReport } from '../../check/file-report.js';
import { fixProfile } from '../../check/fix.js';
import { renderGithub } from '../../check/output/github.js';
import { renderJson } from '../../check/output/json.js';
import { renderSarif } from '../../check/output/sarif.js';
import { renderStatistics, renderStatisticsJson } from '../../check/output/statistics.js';
import { renderText } from '../../check/output/text.js';
import type { TargetName } from '../../compose/targets/target.js';
import { InvalidArgumentError, ScmpError } from '../../errors.js';
import { type Libseccomp, loadLibseccompSync } from '../../libseccomp/index.js';
import { mayHaveSeveral } from '../../profile/formats/several-profiles.js';
import { byteOrderOf } from '../arch-option.js';
import { isForPeople } from '../colors.js';
import { givenCapabilities, runtimeOptions } from '../compile-options.js';
import { ExitCode, internalError } from '../exit-code.js';
import { isProgram, readFilterInput } from '../filter-input.js';
import { findingPage } from '../finding-page.js';
import { type Input, inputText } from '../input.js';
import type { InputProfile, InputProfiles } from '../listed-profiles.js';
import {
  addOptions,
  collect,
  type FlagsOf,
  INPUT_OPTIONS,
  jsonFormatOption,
  RUNTIME_OPTIONS,
  TARGET_OPTIONS,
} from '../options.js';
import { print, printError, printPainted, printVerbatim, writeResult } from '../output.js';
import { profileOfInput } from '../read-input-profile.js';
import { mayBeCompose } from '../security-option-sign.js';
import { targetOption } from '../target-option.js';

const RENDERERS = { text: renderText, json: renderJson, sarif: renderSarif, github: renderGithub } as const;
const STATISTICS: Partial<typeof RENDERERS> = { text: renderStatistics, json: renderStatisticsJson };

const OPTIONS = {
  ...TARGET_OPTIONS,
  target: targetOption('where the file goes as it is: what is refused there, ignored and added, and how that is known'),
  ignore: new Option('--ignore <id>', 'a finding to ignore; repeatable').argParser(collect).default([]),
  strict: new Option('--strict', 'advice counts as a finding, for the exit code'),
  format: new Option('--format <format>', 'how to report').choices(Object.keys(RENDERERS)).default('text'),
  json: jsonFormatOption(),
  stat: new Option('--stat', 'how often each finding is there, instead of the findings'),
  fix: new Option(
    '--fix',
    'fix in the file what can be fixed without weakening the filter; with "-": to standard output',
  ),
  explain: new Option('--explain <id>', 'instead of checking: what a finding means, why, and what to do'),
  dryRun: new Option('--dry-run', 'with --fix: report what would be fixed, and change no file'),
  arch: 'a machine to check for (default: those the profile names, or x86_64 and aarch64)',
  ...INPUT_OPTIONS,
  ...RUNTIME_OPTIONS,
} as const;

interface Flags extends FlagsOf<typeof OPTIONS> {
  format: keyof typeof RENDERERS;
  target?: TargetName;
  ignore: string[];
  strict?: boolean;
  stat?: boolean;
  fix?: boolean;
  dryRun?: boolean;
  explain?: string;
}

export function addCheckCommand(program: Command): void {
  const command = program
    .command('check')
    .summary('look profiles over for mistakes, holes and what breaks programs')
    .description(
      'Look profiles over for what a reviewer would want to see. docs/check.md lists the findings; --explain shows the page of one. ' +
        'Of several documents, objects of a list or threads in a file each is checked, and each profile of a compose file.',
    )
    .argument('[profile...]', 'the profiles; "-" is standard input');
  addOptions(command, OPTIONS).action(check);
}

async function check(paths: string[], flags: Flags): Promise<void> {
  if (flags.explain !== undefined) {
    print(findingPage(flags.explain));
    return;
  }
  if (paths.length === 0) throw new InvalidArgumentError('check which profiles? Give files, or --explain ID');
  if (flags.dryRun && !flags.fix) throw new InvalidArgumentError('--dry-run goes with --fix');
  const format = flags.json ? 'json' : flags.format;
  const render = (flags.stat ? STATISTICS : RENDERERS)[format];
  if (!render) throw new InvalidArgumentError(`--stat is for --format text and json, not ${format}`);
  const files: FileReport[] = [];
  let fixedInput: string | undefined;
  let hasFailed = false;
  let libseccomp: Libseccomp | undefined;
  for (const path of paths) {
    for (const checkOne of await inputsOf(path, flags)) {
      // An instance that crashed on a profile cannot be used for the next.
      if (!libseccomp?.usable) libseccomp = loadLibseccompSync();
      const { file, text, isInternal } = await checkOne(libseccomp);
      files.push(file);
      hasFailed ||= isInternal === true;
      if (path === '-' && flags.fix && !flags.dryRun && !file.isUnreadable) fixedInput = text;
    }
  }
  const rendered = render(files);
  const isText = format === 'text' && !flags.stat;
  if (fixedInput !== undefined) {
    // The fixed profile is the result then, and the report goes to the diagnostics.
    printVerbatim(fixedInput);
    printError(rendered.trimEnd());
  } else if (isText && isForPeople(1)) {
    printPainted((await import('../check-diagnostics.js')).checkDiagnostics(files));
  } else {
    print(rendered);
  }
  process.exitCode = hasFailed ? ExitCode.INTERNAL_ERROR : exitCode(files, flags);
}

interface Checked {
  file: FileReport;
  text: string;
  isInternal?: boolean;
}

type CheckOne = (libseccomp: Libseccomp) => Promise<Checked>;

/** What there is to check in a file: one profile, or each of several. */
async function inputsOf(path: string, flags: Flags): Promise<CheckOne[]> {
  const source = path === '-' ? 'stdin' : path;
  let input: Input;
  try {
    input = await readFilterInput(path, flags);
  } catch (error) {
    if (!(error instanceof ScmpError)) throw error;
    const services = await servicesOf(source, flags);
    return services ?? [async () => ({ file: unreadableReport(error, source), text: '' })];
  }
  if (isProgram(input.bytes)) return [(libseccomp) => checkCompiled(input, flags, libseccomp)];
  const several = await profilesOf(input, flags);
  if (several === undefined) return [(libseccomp) => checkInput(path, input, { flags, libseccomp })];
  if (several.others > 0)
    printError(`scmp: ${input.source}: ${several.others} of its documents are no profile, and are not checked`);
  // What was fixed in one is in the text that the next is read from.
  let current = { input, profiles: several.profiles };
  return several.profiles.map(({ selection }, index) => async (libseccomp) => {
    const { input, profiles } = current;
    const { read } = profiles[index] as InputProfile;
    const checked = await checkInput(path, input, { flags: { ...flags, ...selection }, libseccomp, read });
    if (checked.file.fixed && checked.file.fixed.length > 0) {
      const fixed = { ...input, bytes: new TextEncoder().encode(checked.text) };
      current = { input: fixed, profiles: (await profilesOf(fixed, flags))?.profiles ?? profiles };
    }
    return { ...checked, file: { ...checked.file, ...selection } };
  });
}

/** The services of a compose file with several profiles, none of which is chosen. */
async function servicesOf(source: string, flags: Flags): Promise<CheckOne[] | undefined> {
  const text = inputText(source);
  if (text === undefined || flags.document !== undefined || !mayBeCompose(text)) return undefined;
  const { severalServices } = await import('../security-option.js');
  return severalServices(text, source)?.map(({ name: document, read }) => async (libseccomp) => {
    const checked = await checkService(source, read, { flags, libseccomp }).catch((error) => unusable(error, source));
    // What was read of a file of its own is about that one.
    return checked.file.source === source ? { ...checked, file: { ...checked.file, document } } : checked;
  });
}

async function checkService(
  source: string,
  read: () => Input,
  { flags, libseccomp }: { flags: Flags; libseccomp: Libseccomp },
): Promise<Checked> {
  const input = read();
  if (isProgram(input.bytes)) return checkCompiled(input, flags, libseccomp);
  return checkInput(source, input, { flags, libseccomp });
}

/** What reads several profiles takes a parser that most files do not need. */
async function profilesOf(input: Input, flags: Flags): Promise<InputProfiles | undefined> {
  if (input.builtin || !mayHaveSeveral(new TextDecoder().decode(input.bytes))) return undefined;
  return (await import('../listed-profiles.js')).inputProfiles(input, flags);
}

/** A program, which has no text to fix. */
async function checkCompiled({ bytes, source }: Input, flags: Flags, libseccomp: Libseccomp): Promise<Checked> {
  if (flags.fix) throw new InvalidArgumentError(`${source}: this is a compiled program: --fix is about profiles`);
  try {
    const { checkProgram } = await import('../../check/check-program.js');
    const { arch, ignore } = flags;
    const report = checkProgram(bytes, {
      libseccomp,
      arch: arch[0],
      endianness: byteOrderOf(bytes, flags),
      ignore,
      source,
    });
    return { file: { source, report }, text: '' };
  } catch (error) {
    return unusable(error, source);
  }
}

/** `read`: where the profile was parsed with others. */
async function checkInput(
  path: string,
  input: Input,
  { flags, libseccomp, read: readFirst }: { flags: Flags; libseccomp: Libseccomp; read?: InputProfile['read'] },
): Promise<Checked> {
  if (flags.fix && input.artifact) {
    throw new InvalidArgumentError(
      `${input.source}: this is of an artifact, whose digest a fix would change: convert it first`,
    );
  }
  const { arch, kernel, ignore, target: engine } = flags;
  const capabilities = givenCapabilities(flags);
  const options: CheckOptions = {
    libseccomp,
    targets: arch,
    capabilities,
    kernel,
    ...runtimeOptions(flags),
    ignore,
    engine,
  };
  try {
    const profile = await (readFirst?.() ?? profileOfInput(input, flags));
    const text = input.builtin ? undefined : new TextDecoder('utf-8', { ignoreBOM: true }).decode(input.bytes);
    if (!flags.fix || text === undefined) {
      return { file: { source: input.source, report: checkProfile(profile, { ...options, text }) }, text: text ?? '' };
    }
    const read = (fixedInput: string) =>
      readFirst && fixedInput === text
        ? readFirst()
        : profileOfInput({ ...input, bytes: Buffer.from(fixedInput) }, flags);
    const { report, fixed, text: fixedInput } = await fixProfile(text, read, options);
    if (path !== '-' && !flags.dryRun && fixed.length > 0) writeResult(fixedInput, input.source);
    return { file: { source: input.source, report, fixed }, text: fixedInput };
  } catch (error) {
    return unusable(error, input.source);
  }
}

function unusable(error: unknown, source: string): Checked {
  // Wrong options are no fault of a profile.
  if (error instanceof InvalidArgumentError) throw error;
  // After a fault of ours this file has no report, but the others do.
  const isInternal = !(error instanceof ScmpError);
  return { file: unreadableReport(isInternal ? internalError(error) : error, source), text: '', isInternal };
}

function exitCode(files: readonly FileReport[], { strict }: Flags): number {
  if (files.some(({ isUnreadable }) => isUnreadable)) return ExitCode.UNUSABLE_INPUT;
  const { error, warning, advice } = countFindings(files);
  return error + warning + (strict ? advice : 0) > 0 ? ExitCode.NO : ExitCode.DONE;
}
