import { Command, CommanderError } from 'commander';
import { ScmpError } from '../errors.js';
import { LIBSECCOMP_VERSION } from '../release.js';
import { LINUX_VERSION, VERSION } from '../version.js';
import { isForPeople } from './colors.js';
import { errorText } from './error-text.js';
import { ExitCode, exitCodeOf, internalError } from './exit-code.js';
import { HELP, usageReminder } from './help.js';
import { refuseRepeats } from './once-only.js';
import { print, printError, printPaintedError } from './output.js';
import { startProgress } from './progress.js';
import { unknownCommand, usageErrorText } from './usage-error.js';

type AddCommand = (program: Command) => void;

/**
 * One file per command, loaded on demand: no command loads what only another needs. Order and headings are those of the
 * help.
 */
const COMMAND_GROUPS: Readonly<Record<string, Readonly<Record<string, () => Promise<AddCommand>>>>> = {
  'Understand a profile or a filter:': {
    check: async () => (await import('./commands/check.js')).addCheckCommand,
    explain: async () => (await import('./commands/explain.js')).addExplainCommand,
    diff: async () => (await import('./commands/diff.js')).addDiffCommand,
    implies: async () => (await import('./commands/implies.js')).addImpliesCommand,
    simulate: async () => (await import('./commands/simulate.js')).addSimulateCommand,
    disasm: async () => (await import('./commands/disasm.js')).addDisasmCommand,
  },
  'Find out what a program does, and what was denied:': {
    why: async () => (await import('./commands/why.js')).addWhyCommand,
    run: async () => (await import('./commands/run.js')).addRunCommand,
    record: async () => (await import('./commands/record.js')).addRecordCommand,
    merge: async () => (await import('./commands/merge.js')).addMergeCommand,
    dump: async () => (await import('./commands/dump.js')).addDumpCommand,
  },
  'Put profiles together:': {
    intersect: async () => (await import('./commands/compose.js')).addIntersectCommand,
    union: async () => (await import('./commands/compose.js')).addUnionCommand,
    subtract: async () => (await import('./commands/compose.js')).addSubtractCommand,
  },
  'Make a filter:': {
    compile: async () => (await import('./commands/compile.js')).addCompileCommand,
    fmt: async () => (await import('./commands/fmt.js')).addFmtCommand,
    convert: async () => (await import('./commands/convert.js')).addConvertCommand,
    asm: async () => (await import('./commands/asm.js')).addAsmCommand,
  },
  'Look things up:': {
    profiles: async () => (await import('./commands/profiles.js')).addProfilesCommand,
    resolve: async () => (await import('./commands/resolve.js')).addResolveCommand,
    features: async () => (await import('./commands/features.js')).addFeaturesCommand,
    schema: async () => (await import('./commands/schema.js')).addSchemaCommand,
    lsp: async () => (await import('./commands/lsp.js')).addLspCommand,
    playground: async () => (await import('./commands/playground.js')).addPlaygroundCommand,
    completion: async () => (await import('./commands/completion.js')).addCompletionCommand,
    man: async () => (await import('./commands/man.js')).addManCommand,
  },
};
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = Object.assign(
  {},
  ...Object.values(COMMAND_GROUPS),
);

const groupOf = (name: string): string =>
  Object.entries(COMMAND_GROUPS).find(([, commands]) => Object.hasOwn(commands, name))?.[0] ?? '';

/** Commands about all commands. */
const NEED_ALL: ReadonlySet<string> = new Set(['completion', 'man']);

const program = new Command('scmp')
  .description('Compile, inspect and run under seccomp profiles, with the compiler of libseccomp.')
  .version(`scmp ${VERSION}\nlibseccomp ${LIBSECCOMP_VERSION}\nsystem calls of Linux ${LINUX_VERSION}`)
  .enablePositionalOptions()
  .configureHelp(HELP)
  .commandsGroup('Look things up:')
  .configureOutput({
    // commander's own writing ends in a stack trace when the reader has gone away.
    writeOut: print,
    writeErr: (text) => printError(text.trimEnd()),
    outputError: (text) => printError(`scmp: ${usageErrorText(text)}`),
  })
  .exitOverride();

const VERSION_OPTIONS: ReadonlySet<string> = new Set(['--version', '-V']);

/** A first word that is neither a command nor one of the options that `scmp` has itself. */
const isMistake = (word: string): boolean =>
  word !== '' &&
  !Object.hasOwn(COMMANDS, word) &&
  !VERSION_OPTIONS.has(word) &&
  !['help', '--help', '-h'].includes(word);

async function main(): Promise<void> {
  const asked = process.argv[2] ?? '';
  // If the first argument is no command, it is a request for help or a mistake; both list all commands.
  const isAlone = Object.hasOwn(COMMANDS, asked) && !NEED_ALL.has(asked);
  const wanted = isAlone ? [asked] : VERSION_OPTIONS.has(asked) ? [] : Object.keys(COMMANDS);
  for (const name of wanted) (await (COMMANDS[name] as () => Promise<AddCommand>)())(program);
  for (const command of program.commands) {
    command.helpGroup(groupOf(command.name())).showHelpAfterError(usageReminder(command));
    refuseRepeats(command);
  }
  program.showHelpAfterError(usageReminder(program));
  const word = asked === 'help' ? (process.argv[3] ?? '') : asked;
  if (!isAlone && isMistake(word)) program.error(unknownCommand(word, Object.keys(COMMANDS)));
  startProgress(asked);
  await program.parseAsync();
}

async function report(error: unknown): Promise<number> {
  // commander has printed its message, and --help and --version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.DONE : ExitCode.UNUSABLE_INPUT;
  const diagnostics = error instanceof ScmpError && isForPeople(2) ? await diagnosticsOf(error) : undefined;
  if (diagnostics !== undefined) printPaintedError(diagnostics);
  else printError(`scmp: ${error instanceof ScmpError ? errorText(error) : internalError(error).message}`);
  return exitCodeOf(error);
}

/** Loaded where there is an error to show. */
const diagnosticsOf = async (error: ScmpError) => (await import('./error-diagnostics.js')).errorDiagnostics(error);

main().catch(async (error: unknown) => {
  process.exitCode = await report(error);
});
