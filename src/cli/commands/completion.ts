import type { Command } from 'commander';
import { Argument } from 'commander';
import { BUILTIN_NAMES } from '../../profile/builtin/names.js';
import { print } from '../output.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .summary('print a completion script for a shell')
    .description('Print a completion script for a shell.')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => print(completionScript(program, shell)));
}

interface CompletableOption {
  flags: string[];
  description: string;
  /** Whether a value follows, and its choices where they are few. */
  takesValue: boolean;
  choices: readonly string[];
  takesProfile: boolean;
}

interface CompletableCommand {
  name: string;
  summary: string;
  options: CompletableOption[];
  /** What the first argument may be, where it is one of few words; else it is a file. */
  words: readonly string[];
  /** Whether its arguments are profiles: files, and what comes with the package. */
  takesProfiles: boolean;
}

/** What an argument or an option that takes a profile is called. */
const PROFILE_ARGUMENTS: ReadonlySet<string> = new Set(['profile', 'input', 'a', 'b']);
const PROFILE_OPTIONS: ReadonlySet<string> = new Set(['--profile', '--against', '--merge']);
const PROFILES = BUILTIN_NAMES.join(' ');

/** The completion script of a shell for a program and its subcommands, all of which must have been added. */
export function completionScript(program: Command, shell: Shell): string {
  const commands = program.commands.map(describe);
  const own = describe(program).options;
  switch (shell) {
    case 'bash':
      return bash(commands, own);
    case 'zsh':
      return zsh(commands, own);
    case 'fish':
      return fish(commands, own);
  }
}

function describe(command: Command): CompletableCommand {
  const options = [...command.createHelp().visibleOptions(command)].map((option) => ({
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
    takesProfile: PROFILE_OPTIONS.has(option.long ?? ''),
  }));
  return {
    name: command.name(),
    summary: command.summary() || command.description(),
    options,
    words: command.registeredArguments[0]?.argChoices ?? [],
    takesProfiles: PROFILE_ARGUMENTS.has(command.registeredArguments[0]?.name() ?? ''),
  };
}

function bash(commands: readonly CompletableCommand[], own: readonly CompletableOption[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const ownFlags = own.flatMap(({ flags }) => flags).join(' ');
  const cases = commands.map(({ name, options, words: own, takesProfiles }) => {
    const words = takesProfiles ? BUILTIN_NAMES : own;
    const valued = options.filter(({ takesValue }) => takesValue);
    const choices = valued
      .filter((option) => option.choices.length > 0)
      .map((option) => `        ${option.flags.join('|')}) words="${option.choices.join(' ')}" ;;`);
    const others = valued.filter((option) => option.choices.length === 0);
    const fileCase = (of: readonly CompletableOption[], set: string) =>
      of.length > 0 ? [`        ${of.flatMap((option) => option.flags).join('|')}) ${set} ;;`] : [];
    const files = [
      ...fileCase(
        others.filter(({ takesProfile }) => takesProfile),
        `words="${PROFILES}" files=1`,
      ),
      ...fileCase(
        others.filter(({ takesProfile }) => !takesProfile),
        'files=1',
      ),
    ];
    const flags = options.flatMap((option) => option.flags).join(' ');
    return [
      `    ${name})`,
      '      case "$previous" in',
      ...choices,
      ...files,
      `        *) if [[ $word == -* ]]; then words="${flags}"; else words="${words.join(' ')}"; files=1; fi ;;`,
      '      esac ;;',
    ].join('\n');
  });
  return `# bash completion for scmp: source <(scmp completion bash)
_scmp() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words= files=
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "${names} ${ownFlags}" -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ -n $files ]]; then COMPREPLY+=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _scmp scmp
`;
}

/** A text inside single quotes, for every shell here. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function zsh(commands: readonly CompletableCommand[], own: readonly CompletableOption[]): string {
  // In _arguments' specifications brackets and colons have a meaning.
  const bare = (text: string) => text.replace(/[[\]:]/g, '\\$&');
  const specification = ({ flags, description, takesValue, choices, takesProfile }: CompletableOption) => {
    const file = takesProfile ? ':profile:_scmp_profile' : ':value:_files';
    const value = !takesValue ? '' : choices.length > 0 ? `:value:(${choices.join(' ')})` : file;
    return flags.map((flag) => quoted(`*${flag}[${bare(description)}]${value}`)).join(' ');
  };
  const names = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = commands.map(({ name, options, words, takesProfiles }) => {
    const files = takesProfiles ? '*:profile:_scmp_profile' : '*:file:_files';
    const first = words.length > 0 ? `1:argument:(${words.join(' ')})` : files;
    return `    ${name}) _arguments ${[...options.map(specification), quoted(first)].join(' ')} ;;`;
  });
  return `#compdef scmp
# zsh completion for scmp: put it into a folder of $fpath as _scmp
_scmp_profile() { _alternative 'builtins:built-in profile:(${PROFILES})' 'files:file:_files' }
_scmp() {
  local -a commands=(
${names.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    _arguments ${own.map(specification).join(' ')}
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
compdef _scmp scmp
`;
}

function fish(commands: readonly CompletableCommand[], own: readonly CompletableOption[]): string {
  const line = (condition: string, { flags, description, takesValue, choices, takesProfile }: CompletableOption) => {
    const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
    const value = !takesValue
      ? ''
      : choices.length > 0
        ? ` -x -a ${quoted(choices.join(' '))}`
        : takesProfile
          ? ` -r -F -a ${quoted(PROFILES)}`
          : ' -r';
    return `complete -c scmp -n ${condition} ${names.join(' ')}${value} -d ${quoted(description)}`;
  };
  return `${[
    '# fish completion for scmp: put it into ~/.config/fish/completions/scmp.fish',
    ...own.map((option) => line('__fish_use_subcommand', option)),
    ...commands.flatMap(({ name, summary, options, words, takesProfiles }) => [
      `complete -c scmp -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
      ...options.map((option) => line(`'__fish_seen_subcommand_from ${name}'`, option)),
      ...(takesProfiles ? [`complete -c scmp -n '__fish_seen_subcommand_from ${name}' -a ${quoted(PROFILES)}`] : []),
      ...(words.length > 0
        ? [`complete -c scmp -n '__fish_seen_subcommand_from ${name}' -f -a ${quoted(words.join(' '))}`]
        : []),
    ]),
  ].join('\n')}\n`;
}
