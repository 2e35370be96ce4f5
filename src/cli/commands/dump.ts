import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError as InvalidOption, Option } from 'commander';
import { dumpFilters } from '../../../native-loader/install/dump-filters.js';
import { hostArchitecture } from '../../../native-loader/libc/host.js';
import { inheritedDescriptors } from '../../../native-loader/libc/inherited-descriptors.js';
import { parseArchitecture } from '../../architecture.js';
import { policyTable } from '../../bpf/index.js';
import { INSTRUCTION_SIZE } from '../../bpf/program/instruction.js';
import { InvalidArgumentError } from '../../errors.js';
import { listPolicy } from '../../explain/format-policy.js';
import { nameTable } from '../../explain/named-policy.js';
import { kernelArchitectures } from '../../learn/kernel-architectures.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import { printable } from '../../text.js';
import { ExitCode } from '../exit-code.js';
import { fileError } from '../input.js';
import { listingColors } from '../listing-colors.js';
import { addOptions, type FlagsOf } from '../options.js';
import { print, printError, printPainted, writeResult } from '../output.js';
import { namedPolicyJson } from '../policy-json.js';
import { terminalColumns } from '../terminal.js';
import { reportUndecided } from '../too-complex.js';
import type { Attempt } from './dump-command.js';
import type { CommandStart } from './observe.js';

const OPTIONS = {
  output:
    'where to write; several go to FILE.0.bpf, FILE.1.bpf…, or into DIR/ (default: standard output, for one filter)',
  filter: new Option('--filter <n>', 'this one only; 0 was installed first').argParser(parseNumber),
  all: new Option('--all', 'a list of all, and what they decide together; with -o DIR/ that is DIR/joint.bpf'),
  json: true,
} as const;

interface Flags extends FlagsOf<typeof OPTIONS> {
  filter?: number;
  all?: boolean;
}

export function addDumpCommand(program: Command): void {
  const command = program
    .command('dump')
    .summary('the filters of a process, or those that a command installs')
    .description(
      'Write the seccomp filters of a running process or thread as programs, for disasm, explain and diff, in the order they ' +
        'were installed. The process stops for a moment. It takes root (CAP_SYS_ADMIN in the initial user namespace), and a ' +
        'shell that is not under seccomp itself. Or run a command (after --), and list the filters that it and all it starts ' +
        'install, which takes no root. Exit 1: there is no filter.',
    )
    .argument('[pid]', 'the process, or one of its threads: each has its own filters')
    .argument('[command...]', 'after --: run, and watched with all that it starts; looked up in PATH');
  addOptions(command, OPTIONS).action(dump);
}

async function dump(first: string | undefined, rest: string[], flags: Flags): Promise<void> {
  const descriptors = inheritedDescriptors();
  const isCommand = process.argv.includes('--');
  if (first === undefined) throw new InvalidArgumentError('give a process by its number, or -- and a command to run');
  if (isCommand) {
    await dumpOfCommand({ command: first, args: rest, descriptors, observer: undefined }, flags);
    return;
  }
  if (rest.length > 0 || !/^\d{1,10}$/.test(first)) {
    throw new InvalidArgumentError(
      `a process is given by its number; a command to run stands after --, as in: scmp dump -- ${printable(first)}`,
    );
  }
  const pid = Number(first);
  const filters = dumpFilters(pid);
  if (filters.length === 0) {
    printError(`scmp: process ${pid} has no seccomp filter`);
    process.exitCode = ExitCode.NO;
  } else if (flags.all) {
    await dumpStack(pid, filters, flags);
  } else {
    dumpEach(pid, filters, flags);
  }
}

/** Write programs as FILE, FILE.0.bpf…, or into DIR/; without -o a single one to standard output. */
function dumpEach(pid: number, filters: readonly Uint8Array[], { output, filter, json }: Flags): void {
  if (json) throw new InvalidArgumentError('--json is of a list: take --all, or a command');
  const [only, ...others] = filter === undefined ? filters : filters.slice(filter, filter + 1);
  if (!only) throw new InvalidArgumentError(`process ${pid} has ${filters.length} filters, numbered from 0`);
  if (output?.endsWith('/')) {
    writeInto(output, filter === undefined ? filters.map((each, n) => [`${n}.bpf`, each]) : [[`${filter}.bpf`, only]]);
    return;
  }
  if (others.length === 0) {
    writeResult(only, output);
    return;
  }
  if (output === undefined || output === '-') {
    throw new InvalidArgumentError(
      `process ${pid} has ${filters.length} filters: give -o FILE or DIR/, --filter N for one, or --all for what they decide together`,
    );
  }
  const base = output.replace(/\.bpf$/, '');
  for (const [index, program] of filters.entries()) writeResult(program, `${base}.${index}.bpf`);
}

/** All filters of a thread, and what they decide together. */
async function dumpStack(pid: number, filters: readonly Uint8Array[], { output, filter, json }: Flags): Promise<void> {
  if (filter !== undefined) throw new InvalidArgumentError('--filter is for one filter, --all for all of them');
  const machine = hostArchitecture();
  const { stackProgram } = await import('../../bpf/minimize/stack-program.js');
  const own = kernelArchitectures(machine).map((name) => parseArchitecture(name).auditArch);
  const joint = stackProgram(filters, [...new Set(own)], { endianness: parseArchitecture(machine).endianness });
  const lines = filters.map((program, n) => `${n}  ${instructionsOf(program)}`);
  if (output !== undefined) {
    if (!output.endsWith('/')) throw new InvalidArgumentError('--all writes several files: give -o DIR/');
    writeInto(output, [...filters.map((each, n) => [`${n}.bpf`, each] as const), ['joint.bpf', joint]]);
    printError(
      [
        ...lines.map((line, n) => `${line}  ${join(output, `${n}.bpf`)}`),
        `together  ${join(output, 'joint.bpf')}`,
      ].join('\n'),
    );
    return;
  }
  const libseccomp = loadLibseccompSync();
  const policy = nameTable(policyTable(joint, { listTooComplex: true }), libseccomp);
  if (json) {
    const programs = filters.map((program, order) => ({ order, ...programJson(program) }));
    print(
      `${JSON.stringify({ pid, filters: programs, joint: { ...programJson(joint), policy: namedPolicyJson(policy) } }, null, 2)}\n`,
    );
    reportUndecided([policy], []);
    return;
  }
  const paint = listingColors();
  const head = `process ${pid}, in the order of installation:\n${lines.join('\n')}\n\nwhat they decide together, the strictest answer of all:\n`;
  const text = listPolicy(policy, policy, { first: machine, paint, width: terminalColumns() });
  print(head);
  (paint ? printPainted : print)(text);
  reportUndecided([policy], []);
}

async function dumpOfCommand(start: CommandStart, flags: Flags): Promise<void> {
  const { output, json, filter, all } = flags;
  if (filter !== undefined || all) throw new InvalidArgumentError('--filter and --all are about a process that runs');
  const isFolder = output?.endsWith('/') ?? false;
  if (output !== undefined && !isFolder) {
    throw new InvalidArgumentError('a command may install several filters: give -o DIR/');
  }
  const { dumpCommand } = await import('./dump-command.js');
  const { attempts, exitCode, wasCutOff } = await dumpCommand({ ...start, isStdoutTaken: output === undefined });
  const installed = attempts.filter(({ order }) => order !== undefined);
  const fileOf = ({ order, process: pid }: Attempt) => `${order}.${pid}.bpf`;
  if (output !== undefined) {
    writeInto(
      output,
      installed.flatMap((each) => (each.program ? [[fileOf(each), each.program] as const] : [])),
    );
  }
  const file = (attempt: Attempt) =>
    output !== undefined && attempt.order !== undefined && attempt.program ? join(output, fileOf(attempt)) : undefined;
  if (json)
    print(
      `${JSON.stringify(
        attempts.map((each) => attemptJson(each, file(each))),
        null,
        2,
      )}\n`,
    );
  else if (attempts.length > 0) {
    const listing = attempts.map((each) => attemptLine(each, file(each))).join('\n');
    if (output === undefined) print(`${listing}\n`);
    else printError(listing);
  }
  if (wasCutOff) printError('scmp: warning: the tracer was killed: what came after that is not here');
  if (exitCode !== 0) printError(`scmp: ${start.command} ended with exit code ${exitCode}`);
  if (installed.length === 0) {
    printError(`scmp: ${start.command} installed no seccomp filter`);
    process.exitCode = ExitCode.NO;
  }
}

/** `0  bwrap[4711]  62 instructions  seccomp(2), TSYNC|LOG` */
function attemptLine(attempt: Attempt, file: string | undefined): string {
  const { order, command, process: pid, thread, by, mode, flags, program, failure } = attempt;
  const who = printable(`${command}[${pid === thread ? pid : `${pid}, thread ${thread}`}]`);
  const what = mode === 'strict' ? 'strict mode' : program ? instructionsOf(program) : 'a program that cannot be read';
  const how = [`${by}(2)`, ...(flags.length > 0 ? [flags.join('|')] : [])].join(', ');
  const end = failure === undefined ? file : `not installed: ${failure}`;
  return [order === undefined ? '-' : String(order), who, what, how, ...(end === undefined ? [] : [end])].join('  ');
}

function attemptJson({ order, program, failure, ...rest }: Attempt, file: string | undefined): object {
  return {
    ...(order === undefined ? {} : { order }),
    ...rest,
    ...(program ? programJson(program) : {}),
    ...(failure === undefined ? {} : { failure }),
    ...(file === undefined ? {} : { file }),
  };
}

const programJson = (program: Uint8Array) => ({
  instructions: program.length / INSTRUCTION_SIZE,
  base64: Buffer.from(program).toString('base64'),
});

function instructionsOf(program: Uint8Array): string {
  const number = program.length / INSTRUCTION_SIZE;
  return `${number} instruction${number === 1 ? '' : 's'}`;
}

function writeInto(folder: string, files: readonly (readonly [string, Uint8Array])[]): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw fileError(folder, cause);
  }
  for (const [name, program] of files) writeResult(program, join(folder, name));
}

function parseNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidOption('give a number');
  return Number(text);
}
