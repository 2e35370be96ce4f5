import { type Command, InvalidArgumentError as InvalidOption, Option } from 'commander';
import { LIBSECCOMP_VERSIONS } from '../compiler/host-libseccomp.js';
import {
  mapRows,
  RUNTIME_CHOICES,
  RUNTIME_NAMES,
  type RuntimeChoice,
  type RuntimeOptions,
} from '../compiler/runtime.js';
import { LOG_KINDS } from '../learn/read-log.js';
import { NUMBER } from '../options.js';
import { DEFAULT_OPERATOR, OPERATOR_VERSIONS } from '../profile/extend/operator-union.js';
import { INPUT_FORMATS } from '../profile/formats/index.js';
import { NEWEST_SYSTEMD, SYSTEMD_VERSIONS } from '../profile/formats/systemd-versions.js';
import { CAPABILITY_SETS } from '../profile/model/capability.js';
import { collectArches } from './arch-option.js';
import { MINIMIZING } from './brief-commands.js';

/** An option of the command line that several commands take. */
interface SharedOption {
  /** In commander's syntax; the name in the table is the attribute's. */
  readonly flags: string;
  /** A function: of the words of a command that has its own. */
  readonly help: string | ((words?: string) => string);
  /** The same of `--no-…`, where that is an option too. */
  readonly helpNo?: string | undefined;
  readonly choices?: readonly string[];
  readonly parse?: (text: string, previous: never) => unknown;
  readonly default?: unknown;
  /** Its heading in the help; without one it is among the command's own. */
  readonly group?: OptionGroup;
}

const GROUPS = {
  input: 'Which profile is read:',
  target: 'The container and the kernel it is for:',
  program: 'The program that is made:',
  runtime: 'Where runtimes differ:',
} as const;
type OptionGroup = keyof typeof GROUPS;

/** How the calls of a command are observed: seccomp(2), SECCOMP_RET_TRACE and SECCOMP_RET_USER_NOTIF. */
export const OBSERVERS = ['trace', 'notify'] as const;
export type Observer = (typeof OBSERVERS)[number];

/** commander's parser for an option that may be repeated: each counts. */
export const collect = (value: string, previous: string[]) => [...previous, value];

const ENGINES = Object.keys(CAPABILITY_SETS).filter((name) => name !== 'none');

/** Every option that more than one command takes, but those of {@link RUNTIME_CHOICES}; a command names what it takes. */
const ROWS = {
  arch: {
    flags: '--arch <arch>',
    help: (machine = 'the machine: x86_64, arm64… (default: this machine)') =>
      `${machine}; repeatable, or separated by commas`,
    parse: collectArches,
    default: [],
  },
  output: {
    flags: '-o, --output <file>',
    help: (
      where = 'where to write the result; DIR/ or a name with %a: one for each --arch (default: standard output)',
    ) => where,
  },
  profile: {
    flags: '--profile <file>',
    help: (what = 'a profile, or a compiled program; "-" is standard input') => what,
  },
  json: { flags: '--json', help: 'as JSON' },
  name: { flags: '--name <name>', help: (what = "a SeccompProfile's name") => what },
  args: {
    flags: '--args',
    help: (words = 'allow calls such as socket, clone and ioctl with the arguments they were seen with only') => words,
  },
  log: {
    flags: '--log <kind>',
    help: (words = 'what the logs are (default: as their first lines look)') => words,
    choices: LOG_KINDS,
  },
  observe: {
    flags: '--observe <how>',
    help: 'trace: by ptrace(2), which disturbs nothing; notify: by notification, for programs that trace others (default: trace, where it can be had)',
    choices: OBSERVERS,
  },

  from: {
    group: 'input',
    flags: '--from <format>',
    help: "the profile's format (default: detected by its content)",
    choices: INPUT_FORMATS,
  },
  thread: { group: 'input', flags: '--thread <name>', help: 'of a seccompiler file: the thread whose filter is meant' },
  document: {
    group: 'input',
    flags: '--document <name>',
    help: 'of several documents of YAML, or objects in a list: the one with this metadata.name or number; FILE#NAME says it of one file',
  },
  systemd: {
    group: 'input',
    flags: '--systemd <version>',
    help: (words = 'of a unit or .nspawn file') => `${words}: whose groups (default: ${NEWEST_SYSTEMD})`,
    choices: SYSTEMD_VERSIONS,
  },
  base: {
    group: 'input',
    flags: '--base <folder>',
    help: "where profiles are that others extend by name (default: the profile's own folder)",
  },
  ociLayout: {
    group: 'input',
    flags: '--oci-layout <dir>',
    help: 'where artifacts (oci://NAME:TAG) that profiles extend are: an OCI image layout, a tar archive of one, or a folder with DIR/NAME; repeatable (no registry is asked)',
    parse: collect,
    default: [],
  },
  operator: {
    group: 'input',
    flags: '--operator <version>',
    help: `the Security Profiles Operator that unites a SeccompProfile with its base (default: ${DEFAULT_OPERATOR})`,
    choices: OPERATOR_VERSIONS,
  },

  cap: {
    group: 'target',
    flags: '--cap <capability>',
    help: `a capability the container has, for conditional entries; repeatable; "all", "none", or an engine's default set: ${ENGINES.join(', ')} (default: none, said where it matters)`,
    parse: collect,
    default: [],
  },
  kernel: {
    group: 'target',
    flags: '--kernel <X.Y>',
    help: (otherwise = 'newer than any the profile names') =>
      `the kernel, for conditional entries (default: ${otherwise})`,
  },

  enosysNewerThan: {
    group: 'program',
    flags: '--enosys-newer-than <X.Y>',
    help: 'ENOSYS for calls that came after this Linux, where the profile does not name them; older ones get its default',
  },

  runtime: {
    group: 'runtime',
    flags: '--runtime <runtime>',
    help: 'whose behaviour to follow, where runtimes differ',
    choices: RUNTIME_NAMES,
    default: 'libseccomp',
  },
  libseccomp: {
    group: 'runtime',
    flags: '--libseccomp <version>',
    help: "the host's libseccomp: names that it does not know are left out (default: as new as the one here)",
    choices: LIBSECCOMP_VERSIONS,
  },

  optimize: {
    group: 'program',
    flags: `${MINIMIZING.option} <level>`,
    help: "libseccomp's program, 0: its default, 1: by priority, 2: a binary tree; min: not libseccomp's, but the smallest and fastest found (default: the runtime's)",
    choices: ['0', '1', '2', MINIMIZING.level],
  },
  fallback: {
    group: 'program',
    flags: '--fallback <level>',
    help: "where libseccomp's program is wrong, too long or too much work: the one of --optimize min instead of an error",
    choices: ['min'],
  },
  weights: {
    group: 'program',
    flags: '--weights <file>',
    help: 'for min: how often calls happen, counted by strace -c, recorded, or listed ("name count"); "uncached": only those that the kernel runs filters for',
  },
  unknownSyscall: {
    group: 'program',
    flags: '--unknown-syscall <what>',
    help: 'about names libseccomp does not know',
    choices: ['warn', 'error', 'ignore'],
    default: 'warn',
  },
} as const satisfies Readonly<Record<string, SharedOption>>;

type Choices = typeof RUNTIME_CHOICES;
type OptionName = keyof typeof ROWS | keyof Choices;

const SHARED_OPTIONS: Readonly<Record<OptionName, SharedOption>> = {
  ...ROWS,
  ...mapRows(RUNTIME_CHOICES, choiceOption),
};

/** A piece of a runtime's behaviour as an option. */
function choiceOption(_: string, { flag: flags, help, helpNo, takes, words }: RuntimeChoice): SharedOption {
  const [, metavariable] = flags.split(' ');
  const row = { flags, help, group: 'runtime' } as const;
  if (metavariable === undefined) return { ...row, helpNo };
  if (takes.includes(NUMBER)) return { ...row, parse: (text: string) => parseCount(text, metavariable) };
  if (words) return { ...row, choices: Object.keys(words), parse: (word: string) => words[word] };
  return { ...row, choices: takes.filter((value) => typeof value === 'string') };
}

function parseCount(text: string, metavariable: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidOption(`give a number of ${metavariable.slice(1, -1)}`);
  return Number(text);
}

/**
 * The options that a command takes, in the order of its help: shared ones by name, with words where it has its own, and
 * those of no other command.
 */
type TakenOptions<Taken> = {
  readonly [Name in keyof Taken]: Name extends OptionName ? true | string | Option : Option;
};

/** The options of every command that reads a profile. */
export const INPUT_OPTIONS = {
  from: true,
  thread: true,
  document: true,
  systemd: true,
  base: true,
  ociLayout: true,
  operator: true,
} as const;

/** The options of every command that decides conditional entries. */
export const TARGET_OPTIONS = { cap: true, kernel: true } as const;

/** The options that say whose behaviour is followed where runtimes differ. */
export const RUNTIME_OPTIONS = {
  runtime: true,
  libseccomp: true,
  ...mapRows(RUNTIME_CHOICES, () => true as const),
} as const;

/** The options of every command that compiles a profile. */
export const COMPILE_OPTIONS = {
  ...TARGET_OPTIONS,
  optimize: true,
  enosysNewerThan: true,
  ...RUNTIME_OPTIONS,
  fallback: true,
  weights: true,
  unknownSyscall: true,
} as const;

type ValueOf<Row> = Row extends { parse: (text: string, previous: never) => infer Value }
  ? Value
  : Row extends { choices: readonly (infer Choice)[] }
    ? Choice
    : Row extends { flags: `${string}<${string}` }
      ? string
      : boolean;
type OptionValues = { [Name in keyof typeof ROWS]: ValueOf<(typeof ROWS)[Name]> } & {
  [Name in keyof Choices]: NonNullable<RuntimeOptions[Name]>;
};
type WithDefault = {
  [Name in keyof typeof ROWS]: (typeof ROWS)[Name] extends { default: unknown } ? Name : never;
}[keyof typeof ROWS];

/** What the shared options that a command takes come to. */
export type FlagsOf<Taken> = {
  [Name in keyof Taken & WithDefault]: OptionValues[Name];
} & {
  [Name in Exclude<keyof Taken & OptionName, WithDefault>]?: OptionValues[Name] | undefined;
};

/** Add options to a command. */
export function addOptions<Taken extends TakenOptions<Taken>>(command: Command, taken: Taken): Command {
  for (const [name, words] of Object.entries<true | string | Option>(taken)) {
    if (words instanceof Option) {
      command.addOption(words);
      continue;
    }
    const row = SHARED_OPTIONS[name as OptionName];
    command.addOption(sharedOption(name as OptionName, words === true ? undefined : words));
    if (row.helpNo) command.addOption(grouped(new Option(row.flags.replace('--', '--no-'), row.helpNo), row));
  }
  return command;
}

/** A shared option, with words of the command's own, for a command that makes more of it. */
export function sharedOption(name: OptionName, words?: string): Option {
  const row = SHARED_OPTIONS[name];
  return commanderOption(row, typeof row.help === 'string' ? row.help : row.help(words));
}

const grouped = (option: Option, { group }: SharedOption): Option =>
  group === undefined ? option : option.helpGroup(GROUPS[group]);

function commanderOption(row: SharedOption, help: string): Option {
  const { flags, choices, parse, default: otherwise } = row;
  const option = grouped(new Option(flags, help), row);
  if (choices) option.choices(choices);
  const checked = option.parseArg ?? ((text: string) => text);
  if (parse) option.argParser<unknown>((text, previous) => parse(checked(text, ''), previous as never));
  return otherwise === undefined ? option : option.default(otherwise);
}

/** `--json` of a command that has `--format` too. */
export const jsonFormatOption = (): Option => new Option('--json', 'the same as --format json').conflicts('format');
