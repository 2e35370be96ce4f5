import type { Command } from 'commander';
import {
  loadLibseccompSync,
  lookUpSyscallName,
  lookUpSyscallNumber,
  type SyscallEntry,
} from '../../libseccomp/index.js';
import { ExitCode } from '../exit-code.js';
import { addOptions } from '../options.js';
import { print, printError } from '../output.js';
import { unknownSyscall } from '../unknown-syscall.js';

export function addResolveCommand(program: Command): void {
  const command = program
    .command('resolve')
    .summary('the number of a system call, or the name of a number, on every architecture')
    .description('Show a system call on every architecture that has it. Exit 1: no architecture has it.')
    .argument('<name or number>', 'openat, 257, 0x101');
  addOptions(command, { json: true }).action(resolve);
}

function resolve(query: string, { json }: { json?: boolean }): void {
  const libseccomp = loadLibseccompSync();
  const entries = /^(0[xX][0-9a-fA-F]+|\d+)$/.test(query)
    ? lookUpSyscallNumber(libseccomp, Number(query))
    : lookUpSyscallName(libseccomp, query);
  if (json) print(`${JSON.stringify(entries, null, 2)}\n`);
  else if (entries.length > 0) print(table(entries));
  else printError(`scmp: no architecture has a system call ${unknownSyscall(query)}`);
  if (entries.length === 0) process.exitCode = ExitCode.NO;
}

function table(entries: readonly SyscallEntry[]): string {
  const rows = entries.map(({ architecture, name, number, multiplexer }) => [
    architecture,
    number === undefined ? '-' : `${number}`,
    name,
    multiplexer ? `${number === undefined ? '' : 'also '}through ${multiplexer.name} (${multiplexer.number})` : '',
  ]);
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [first, second, third] = [width(0), width(1), width(2)];
  return rows
    .map(([architecture = '', number = '', name = '', note = '']) =>
      `${architecture.padEnd(first)}  ${number.padStart(second)}  ${name.padEnd(third)}  ${note}`.trimEnd(),
    )
    .map((row) => `${row}\n`)
    .join('');
}
