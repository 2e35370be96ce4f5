import { LIBSECCOMP_VERSIONS } from '../../compiler/host-libseccomp.js';
import { mapRows, RUNTIME_CHOICES, RUNTIME_NAMES, type RuntimeChoice } from '../../compiler/runtime.js';
import { NUMBER } from '../../options.js';
import { OPERATOR_VERSIONS } from '../../profile/extend/operator-union.js';
import { INPUT_FORMATS } from '../../profile/formats/index.js';
import { SYSTEMD_VERSIONS } from '../../profile/formats/systemd-versions.js';
import type { OptionName } from './settings.js';

/** An option as the page shows it. */
export interface OptionRow {
  /** As on the command line, with its metavariable. */
  readonly flag: string;
  readonly label: string;
  /** One line. */
  readonly help: string;
  /** What happens without it. */
  readonly otherwise: string;
  /** The words it takes; none: any text. */
  readonly choices?: readonly string[];
  /** It has no word, but an opposite (`--no-…`) or none. */
  readonly isSwitch?: 'yes' | 'yes or no';
  /** The longest word. */
  readonly maxLength?: number;
  readonly group: keyof typeof OPTION_GROUPS;
}

export const OPTION_GROUPS = {
  input: 'Which profile is read',
  target: 'The container and the kernel',
  program: 'The program that is made',
  runtime: 'Where runtimes differ',
} as const;

const ROWS: Readonly<Record<Exclude<OptionName, keyof typeof RUNTIME_CHOICES>, OptionRow>> = {
  from: {
    group: 'input',
    flag: '--from <format>',
    label: 'Format',
    help: 'What the text is written in; say it where two formats would read it',
    otherwise: 'as its content looks',
    choices: INPUT_FORMATS,
  },
  document: {
    group: 'input',
    flag: '--document <name>',
    label: 'Document',
    help: 'Of several documents of YAML, or objects in a list: the one with this metadata.name or number',
    otherwise: 'the only one',
    maxLength: 253,
  },
  thread: {
    group: 'input',
    flag: '--thread <name>',
    label: 'Thread',
    help: 'Of a seccompiler file: the thread whose filter is meant',
    otherwise: 'the only one',
    maxLength: 253,
  },
  operator: {
    group: 'input',
    flag: '--operator <version>',
    label: 'Security Profiles Operator',
    help: 'The operator’s version, which unites a SeccompProfile with its base',
    otherwise: 'the newest',
    choices: OPERATOR_VERSIONS,
  },
  systemd: {
    group: 'input',
    flag: '--systemd <version>',
    label: 'systemd',
    help: 'Of a unit or .nspawn file: the systemd that reads it',
    otherwise: 'the newest known',
    choices: SYSTEMD_VERSIONS,
  },
  kernel: {
    group: 'target',
    flag: '--kernel <X.Y>',
    label: 'Kernel',
    help: 'The kernel that conditional entries (minKernel) meet',
    otherwise: 'newest',
    maxLength: 32,
  },
  optimize: {
    group: 'program',
    flag: '--optimize <level>',
    label: 'Optimise',
    help: 'libseccomp’s program: 0 its default, 1 by priority, 2 a binary tree; min: not libseccomp’s, the smallest and fastest found',
    otherwise: 'the runtime’s',
    choices: ['0', '1', '2', 'min'],
  },
  weights: {
    group: 'program',
    flag: '--weights <file>',
    label: 'Weights',
    help: 'For min: how often calls happen. Paste strace -c’s table or lines “name count”, or write “uncached”',
    otherwise: 'what programs usually call',
    maxLength: 200_000,
  },
  fallback: {
    group: 'program',
    flag: '--fallback <level>',
    label: 'Fallback',
    help: 'Where libseccomp’s program is wrong, too long or too much work: the one of min instead of an error',
    otherwise: 'an error',
    choices: ['min'],
  },
  enosysNewerThan: {
    group: 'program',
    flag: '--enosys-newer-than <X.Y>',
    label: 'ENOSYS for newer than',
    help: 'ENOSYS for calls that came after this Linux, where the profile does not name them',
    otherwise: 'what the profile says',
    maxLength: 32,
  },
  unknownSyscall: {
    group: 'program',
    flag: '--unknown-syscall <what>',
    label: 'Unknown names',
    help: 'What to do about names that libseccomp does not know',
    otherwise: 'warn',
    choices: ['warn', 'error', 'ignore'],
  },
  verify: {
    group: 'program',
    flag: '--verify',
    label: 'Prove all calls',
    help: 'Prove that the program decides every call there could be as the rules say, not only those with conditions (slower)',
    otherwise: 'calls with conditions are proven',
    isSwitch: 'yes',
  },
  runtime: {
    group: 'runtime',
    flag: '--runtime <runtime>',
    label: 'Runtime',
    help: 'Whose behaviour to follow where runtimes differ; a name alone is its newest version',
    otherwise: 'libseccomp alone',
    choices: RUNTIME_NAMES.filter((name) => name !== 'libseccomp'),
  },
  libseccomp: {
    group: 'runtime',
    flag: '--libseccomp <version>',
    label: 'Host’s libseccomp',
    help: 'The libseccomp of the host: names that it does not know are left out, as there',
    otherwise: 'as new as the one here',
    choices: LIBSECCOMP_VERSIONS,
  },
};

/** A piece of what runtimes do, which the table of the compiler describes. */
function choiceRow(_: string, { flag, help, helpNo, takes, words }: RuntimeChoice): OptionRow {
  const [name = '', metavariable] = flag.split(' ');
  const label = name
    .slice(2)
    .replaceAll('-', ' ')
    .replace(/^enosys/, 'ENOSYS')
    .replace(/^[a-z]/, (first) => first.toUpperCase());
  const row = { flag, label, help: sentence(help), group: 'runtime', otherwise: 'the runtime’s' } as const;
  if (metavariable === undefined) return { ...row, isSwitch: helpNo === undefined ? 'yes' : 'yes or no' };
  if (takes.includes(NUMBER)) return { ...row, maxLength: 9 };
  return { ...row, choices: words ? Object.keys(words) : takes.filter((value) => typeof value === 'string') };
}

const sentence = (words: string) => words.replace(/^[a-z]/, (first) => first.toUpperCase());

/** Every option that takes one word, in the order of the page. */
export const OPTION_ROWS: Readonly<Record<OptionName, OptionRow>> = {
  ...ROWS,
  ...mapRows(RUNTIME_CHOICES, choiceRow),
};

export const OPTION_NAMES = Object.keys(OPTION_ROWS) as OptionName[];

export const flagOf = ({ flag }: OptionRow): string => flag.replace(/ .*$/, '');

/** Whether an option takes a word: nobody's link gives it another one. */
export function takesWord(name: OptionName, word: string): boolean {
  const { choices, isSwitch, maxLength = 0 } = OPTION_ROWS[name];
  if (isSwitch) return word === 'yes' || (word === 'no' && isSwitch === 'yes or no');
  return choices ? choices.includes(word) : word.length <= maxLength;
}
