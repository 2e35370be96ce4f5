import { Command, CommanderError, Help } from 'commander';
import { ScmpError } from '../errors.js';
import { LIBSECCOMP_VERSION } from '../release.js';
import { printable } from '../text.js';
import { LINUX_VERSION, VERSION } from '../version.js';
import { errorText } from './error-text.js';
import { addExamples } from './examples.js';
import { ExitCode, exitCodeOf, internalError } from './exit-code.js';
import { refuseRepeats } from './once-only.js';
import { print, printError } from './output.js';
import { startProgress } from './progress.js';

type AddCommand = (program: Command) => void;

/** One file per command, loaded on demand: no command loads what only another needs. The order is that of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  compile: async () => (await import('./commands/compile.js')).addCompileCommand,
  convert: async () => (await import('./commands/convert.js')).addConvertCommand,
  check: async () => (await import('./commands/check.js')).addCheckCommand,
  simulate: async () => (await import('./commands/simulate.js')).addSimulateCommand,
  disasm: async () => (await import('./commands/disasm.js')).addDisasmCommand,
  asm: async () => (await import('./commands/asm.js')).addAsmCommand,
  diff: async () => (await import('./commands/diff.js')).addDiffCommand,
  implies: async () => (await import('./commands/implies.js')).addImpliesCommand,
  explain: async () => (await import('./commands/explain.js')).addExplainCommand,
  resolve: async () => (await import('./commands/resolve.js')).addResolveCommand,
  why: async () => (await import('./commands/why.js')).addWhyCommand,
  run: async () => (await import('./commands/run.js')).addRunCommand,
  record: async () => (await import('./commands/record.js')).addRecordCommand,
  dump: async () => (await import('./commands/dump.js')).addDumpCommand,
  playground: async () => (await import('./commands/playground.js')).addPlaygroundCommand,
  schema: async () => (await import('./commands/schema.js')).addSchemaCommand,
  features: async () => (await import('./commands/features.js')).addFeaturesCommand,
  completion: async () => (await import('./commands/completion.js')).addCompletionCommand,
  man: async () => (await import('./commands/man.js')).addManCommand,
};

/** Commands about all commands. */
const NEED_ALL: ReadonlySet<string> = new Set(['completion', 'man']);

const program = new Command('scmp')
  .description('Compile, inspect and run under seccomp profiles, with the compiler of libseccomp.')
  .version(`scmp ${VERSION}\nlibseccomp ${LIBSECCOMP_VERSION}\nsystem calls of Linux ${LINUX_VERSION}`)
  .enablePositionalOptions()
  .configureHelp({
    // A repeatable option is an empty list by default, which need not be shown.
    optionDescription: (option) =>
      Help.prototype.optionDescription(
        Array.isArray(option.defaultValue) ? Object.create(option, { defaultValue: { value: undefined } }) : option,
      ),
  })
  .showHelpAfterError('(add --help for the usage)')
  .configureOutput({
    // commander's own writing ends in a stack trace when the reader has gone away.
    writeOut: print,
    writeErr: (text) => printError(text.trimEnd()),
    outputError: (text) => printError(`scmp: ${usageError(text)}`),
  })
  .exitOverride();

/** commander quotes arguments as they are; its suggestions take a line of their own. */
function usageError(text: string): string {
  const [, message, suggestion = ''] = /^(.*?)(\n\(Did you mean .*\))?$/s.exec(text.trimEnd())!;
  return printable(message!) + suggestion;
}

async function main(): Promise<void> {
  const asked = process.argv[2] ?? '';
  // If the first argument is no command, it is a request for help or a mistake; both list all commands.
  const isAlone = Object.hasOwn(COMMANDS, asked) && !NEED_ALL.has(asked);
  const wanted = isAlone ? [asked] : Object.keys(COMMANDS);
  for (const name of wanted) (await (COMMANDS[name] as () => Promise<AddCommand>)())(program);
  for (const command of program.commands) {
    addExamples(command);
    refuseRepeats(command);
  }
  startProgress(asked);
  await program.parseAsync();
}

function report(error: unknown): number {
  // commander has printed its message, and --help and --version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.DONE : ExitCode.UNUSABLE_INPUT;
  printError(`scmp: ${error instanceof ScmpError ? errorText(error) : internalError(error).message}`);
  return exitCodeOf(error);
}

main().catch((error: unknown) => {
  process.exitCode = report(error);
});
