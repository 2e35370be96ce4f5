import { type Command, InvalidArgumentError as InvalidOption, Option } from 'commander';
import { dumpFilters } from '../../../native-loader/install/dump-filters.js';
import { InvalidArgumentError } from '../../errors.js';
import { ExitCode } from '../exit-code.js';
import { addOptions, type FlagsOf } from '../options.js';
import { printError, writeResult } from '../output.js';

const OPTIONS = {
  output: 'where to write (default: standard output, for one filter)',
  filter: new Option('--filter <n>', 'this one only; 0 was installed first').argParser(parseNumber),
} as const;

interface Flags extends FlagsOf<typeof OPTIONS> {
  filter?: number;
}

export function addDumpCommand(program: Command): void {
  const command = program
    .command('dump')
    .summary('the filters of a running process')
    .description(
      'Write the seccomp filters of a running process or thread as programs, for disasm, explain and diff. Several go to ' +
        'FILE.0.bpf, FILE.1.bpf…, in the order they were installed. The process stops for a moment. It takes root ' +
        '(CAP_SYS_ADMIN in the initial user namespace), and a shell that is not under seccomp itself. ' +
        'Exit 1: the process has no filter.',
    )
    .argument('<pid>', 'the process, or one of its threads: each has its own filters', parseNumber);
  addOptions(command, OPTIONS).action(dump);
}

function dump(pid: number, { output, filter }: Flags): void {
  const filters = dumpFilters(pid);
  if (filters.length === 0) {
    printError(`scmp: process ${pid} has no seccomp filter`);
    process.exitCode = ExitCode.NO;
    return;
  }
  const [only, ...others] = filter === undefined ? filters : filters.slice(filter, filter + 1);
  if (!only) throw new InvalidArgumentError(`process ${pid} has ${filters.length} filters, numbered from 0`);
  if (others.length === 0) {
    writeResult(only, output);
    return;
  }
  if (output === undefined || output === '-') {
    throw new InvalidArgumentError(`process ${pid} has ${filters.length} filters: give -o FILE, or --filter N for one`);
  }
  const base = output.replace(/\.bpf$/, '');
  for (const [index, program] of filters.entries()) writeResult(program, `${base}.${index}.bpf`);
}

function parseNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidOption('give a number');
  return Number(text);
}
