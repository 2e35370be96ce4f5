import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { type CheckOptions, checkProfile } from '../../check/check-profile.js';
import { CONTAINER_ENGINES, type ContainerEngine } from '../../check/context.js';
import { countFindings, type FileReport, unreadableReport } from '../../check/file-report.js';
import { fixProfile } from '../../check/fix.js';
import { renderGithub } from '../../check/output/github.js';
import { renderJson } from '../../check/output/json.js';
import { renderSarif } from '../../check/output/sarif.js';
import { renderText } from '../../check/output/text.js';
import { InvalidArgumentError, ScmpError } from '../../errors.js';
import { type Libseccomp, loadLibseccompSync } from '../../libseccomp/index.js';
import { givenCapabilities, runtimeOptions } from '../compile-options.js';
import { ExitCode, internalError } from '../exit-code.js';
import { fileError, type Input, readInput } from '../input.js';
import {
  addOptions,
  collect,
  type FlagsOf,
  INPUT_OPTIONS,
  jsonFormatOption,
  RUNTIME_OPTIONS,
  TARGET_OPTIONS,
} from '../options.js';
import { print, printError, printVerbatim } from '../output.js';
import { profileOfInput } from '../read-input-profile.js';

const RENDERERS = { text: renderText, json: renderJson, sarif: renderSarif, github: renderGithub } as const;

const OPTIONS = {
  ...TARGET_OPTIONS,
  target: new Option(
    '--target <engine>',
    'the file is given to this engine as it is: what it would not read is an error',
  ).choices(CONTAINER_ENGINES),
  ignore: new Option('--ignore <id>', 'a finding to ignore; repeatable').argParser(collect).default([]),
  strict: new Option('--strict', 'advice counts as a finding, for the exit code'),
  format: new Option('--format <format>', 'how to report').choices(Object.keys(RENDERERS)).default('text'),
  json: jsonFormatOption(),
  fix: new Option(
    '--fix',
    'fix in the file what can be fixed without weakening the filter; with "-": to standard output',
  ),
  dryRun: new Option('--dry-run', 'with --fix: report what would be fixed, and change no file'),
  arch: 'a machine to check for (default: those the profile names, or x86_64 and aarch64)',
  ...INPUT_OPTIONS,
  ...RUNTIME_OPTIONS,
} as const;

interface Flags extends FlagsOf<typeof OPTIONS> {
  format: keyof typeof RENDERERS;
  target?: ContainerEngine;
  ignore: string[];
  strict?: boolean;
  fix?: boolean;
  dryRun?: boolean;
}

export function addCheckCommand(program: Command): void {
  const command = program
    .command('check')
    .summary('look profiles over for mistakes, holes and what breaks programs')
    .description('Look profiles over for what a reviewer would want to see. docs/check.md lists the findings.')
    .argument('<profile...>', 'the profiles; "-" is standard input');
  addOptions(command, OPTIONS).action(check);
}

async function check(paths: string[], flags: Flags): Promise<void> {
  if (flags.dryRun && !flags.fix) throw new InvalidArgumentError('--dry-run goes with --fix');
  const files: FileReport[] = [];
  let fixedInput: string | undefined;
  let hasFailed = false;
  let libseccomp: Libseccomp | undefined;
  for (const path of paths) {
    // An instance that crashed on a profile cannot be used for the next.
    if (!libseccomp?.usable) libseccomp = loadLibseccompSync();
    const { file, text, isInternal } = await checkFile(path, flags, libseccomp);
    files.push(file);
    hasFailed ||= isInternal === true;
    if (path === '-' && flags.fix && !flags.dryRun && !file.isUnreadable) fixedInput = text;
  }
  const rendered = RENDERERS[flags.json ? 'json' : flags.format](files);
  if (fixedInput === undefined) {
    print(rendered);
  } else {
    // The fixed profile is the result then, and the report goes to the diagnostics.
    printVerbatim(fixedInput);
    printError(rendered.trimEnd());
  }
  process.exitCode = hasFailed ? ExitCode.INTERNAL_ERROR : exitCode(files, flags);
}

async function checkFile(
  path: string,
  flags: Flags,
  libseccomp: Libseccomp,
): Promise<{ file: FileReport; text: string; isInternal?: boolean }> {
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
  const source = path === '-' ? 'stdin' : path;
  try {
    const input = readInput(path);
    const profile = await profileOfInput(input, flags);
    const text = input.builtin ? undefined : new TextDecoder('utf-8', { ignoreBOM: true }).decode(input.bytes);
    if (!flags.fix || text === undefined) {
      return { file: { source: input.source, report: checkProfile(profile, { ...options, text }) }, text: text ?? '' };
    }
    const read = (fixedInput: string) => profileOfInput({ ...input, bytes: Buffer.from(fixedInput) }, flags);
    const { report, fixed, text: fixedInput } = await fixProfile(text, read, options);
    if (path !== '-' && !flags.dryRun && fixed.length > 0) write(input, fixedInput);
    return { file: { source: input.source, report, fixed }, text: fixedInput };
  } catch (error) {
    // Wrong options are no fault of a profile.
    if (error instanceof InvalidArgumentError) throw error;
    // After a fault of ours this file has no report, but the others do.
    const isInternal = !(error instanceof ScmpError);
    return { file: unreadableReport(isInternal ? internalError(error) : error, source), text: '', isInternal };
  }
}

function write({ source }: Input, text: string): void {
  try {
    writeFileSync(source, text);
  } catch (cause) {
    throw fileError(source, cause);
  }
}

function exitCode(files: readonly FileReport[], { strict }: Flags): number {
  if (files.some(({ isUnreadable }) => isUnreadable)) return ExitCode.UNUSABLE_INPUT;
  const { error, warning, advice } = countFindings(files);
  return error + warning + (strict ? advice : 0) > 0 ? ExitCode.NO : ExitCode.DONE;
}
