import type { Command } from 'commander';
import {
  loadLibseccompSync,
  lookUpSyscallName,
  lookUpSyscallNumber,
  type SyscallEntry,
} from '../../libseccomp/index.js';
import { firstLinux, OLDEST_LINUX } from '../../syscalls/first-linux.js';
import { ExitCode } from '../exit-code.js';
import { addOptions } from '../options.js';
import { print, printError } from '../output.js';
import { unknownSyscall } from '../unknown-syscall.js';

export function addResolveCommand(program: Command): void {
  const command = program
    .command('resolve')
    .summary('the number of a system call, or the name of a number, on every architecture')
    .description(
      'Show a system call on every architecture that has it, and the Linux that it had its number in first. Exit 1: no architecture has it.',
    )
    .argument('<name or number>', 'openat, 257, 0x101');
  addOptions(command, { json: true }).action(resolve);
}

function resolve(query: string, { json }: { json?: boolean }): void {
  const libseccomp = loadLibseccompSync();
  const entries = /^(0[xX][0-9a-fA-F]+|\d+)$/.test(query)
    ? lookUpSyscallNumber(libseccomp, Number(query))
    : lookUpSyscallName(libseccomp, query);
  const since = (entry: SyscallEntry) => (entry.number === undefined ? {} : { since: firstRelease(entry).release });
  if (json)
    print(
      `${JSON.stringify(
        entries.map((entry) => ({ ...entry, ...since(entry) })),
        null,
        2,
      )}\n`,
    );
  else if (entries.length > 0) print(table(entries));
  else printError(`scmp: no architecture has a system call ${unknownSyscall(query)}`);
  if (entries.length === 0) process.exitCode = ExitCode.NO;
}

/** The Linux in which the call first had its number, and whether it is older than is known. */
function firstRelease({ name, architecture }: SyscallEntry): { release: string; isOldest: boolean } {
  const first = firstLinux(name, { name: architecture });
  const isOldest = first.version === OLDEST_LINUX.version && first.revision === OLDEST_LINUX.revision;
  return { release: `${first.version}.${first.revision}`, isOldest };
}

function sinceText(entry: SyscallEntry): string {
  if (entry.number === undefined) return '';
  const { release, isOldest } = firstRelease(entry);
  return isOldest ? `Linux ${release} or before` : `since Linux ${release}`;
}

function table(entries: readonly SyscallEntry[]): string {
  const rows = entries.map((entry) => {
    const { architecture, name, number, multiplexer } = entry;
    return [
      architecture,
      number === undefined ? '-' : `${number}`,
      name,
      sinceText(entry),
      multiplexer ? `${number === undefined ? '' : 'also '}through ${multiplexer.name} (${multiplexer.number})` : '',
    ];
  });
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [first, second, third, fourth] = [width(0), width(1), width(2), width(3)];
  return rows
    .map(([architecture = '', number = '', name = '', since = '', note = '']) =>
      `${architecture.padEnd(first)}  ${number.padStart(second)}  ${name.padEnd(third)}  ${since.padEnd(fourth)}  ${note}`.trimEnd(),
    )
    .map((row) => `${row}\n`)
    .join('');
}
