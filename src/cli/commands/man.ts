import type { Command, Option } from 'commander';
import { VERSION } from '../../version.js';
import { exampleLines } from '../examples.js';
import { print } from '../output.js';

export function addManCommand(program: Command): void {
  program
    .command('man', { hidden: true })
    .description('Print the manual page, for man -l - and for the package.')
    .action(() => print(manualPage(program)));
}

/** The manual page of a program and its subcommands (all of which must have been added), in man(7). */
export function manualPage(program: Command): string {
  const help = program.createHelp();
  return `${[
    `.TH SCMP 1 "" "libseccomp-wasm ${VERSION}" "User Commands"`,
    '.SH NAME',
    `scmp \\- ${roff(lowerFirst(program.description()).replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    '.B scmp',
    '.I command',
    '[options] [arguments]',
    '.SH COMMANDS',
    ...visibleCommands(program).flatMap((command) => [
      '.SS',
      roff(`${program.name()} ${command.name()} ${command.usage()}`),
      paragraph(command.description()),
      ...help.visibleOptions(command).map(option),
      ...examples(command),
    ]),
    '.SH EXIT STATUS',
    '.TP\n.B 0\nDone.',
    '.TP\n.B 1\nThe answer is no: findings, differences, nothing found.',
    '.TP\n.B 2\nUnusable input or usage.',
    '.TP\n.B 3\nThe host cannot do it: no seccomp, not Linux.',
    paragraph("scmp run and scmp record pass on the command's own; 126 and 127 are as in sh(1)."),
    '.SH ENVIRONMENT',
    '.TP\n.B NO_COLOR\nIf set, nothing has colours.',
    '.TP\n.B FORCE_COLOR\nIf set, and not to 0, output has the colours and source lines that it has on a terminal.',
    `.TP\n.B NODE_DISABLE_COMPILE_CACHE\nIf set, Node's compile cache of scmp, in the package's folder, is neither used nor made (Node.js 22.10 and later).`,
    '.SH SEE ALSO',
    '.BR seccomp (2),',
    '.BR seccomp_init (3),',
    '.BR bwrap (1)',
  ].join('\n')}\n`;
}

/** All but the help command that commander adds. */
function visibleCommands(program: Command): Command[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help');
}

/** Escape text for roff: a backslash, and a dot or quote at the beginning of a line, have a meaning there. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}

function paragraph(text: string): string {
  return `.PP\n${roff(text)}`;
}

function option({ flags, description, argChoices, defaultValue }: Option): string {
  const shown = typeof defaultValue === 'string' ? [`default: ${defaultValue}`] : [];
  const notes = [...(argChoices ? [`one of ${argChoices.join(', ')}`] : []), ...shown].join('; ');
  return `.TP\n.B ${roff(flags)}\n${roff(description)}${notes === '' ? '' : roff(` (${notes})`)}`;
}

function examples(command: Command): string[] {
  const lines = exampleLines(command);
  return lines.length === 0
    ? []
    : ['.PP', 'Examples:', '.nf', roff(lines.map((line) => `  ${line}`).join('\n')), '.fi'];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
