import type { Command } from 'commander';
import { hostArchitecture } from '../../../native-loader/libc/host.js';
import type { ArchitectureName } from '../../architecture.js';
import { InvalidArgumentError } from '../../errors.js';
import {
  type Libseccomp,
  loadLibseccompSync,
  lookUpSyscallName,
  lookUpSyscallNumber,
  type SyscallEntry,
} from '../../libseccomp/index.js';
import { nearestName } from '../../nearest-name.js';
import { NEWEST_SYSTEMD, type SystemdVersion } from '../../profile/formats/systemd-versions.js';
import { firstLinux, OLDEST_LINUX } from '../../syscalls/first-linux.js';
import { syscallSignature } from '../../syscalls/signature.js';
import { quote } from '../../text.js';
import { ExitCode } from '../exit-code.js';
import { addOptions, type FlagsOf } from '../options.js';
import { print, printError } from '../output.js';
import { unknownSyscall } from '../unknown-syscall.js';

const OPTIONS = {
  arch: 'only there (default: every architecture; of a group this machine)',
  systemd: 'of @group',
  json: true,
} as const;
type Flags = FlagsOf<typeof OPTIONS>;

export function addResolveCommand(program: Command): void {
  const command = program
    .command('resolve')
    .summary('the numbers of system calls, or the names of numbers, on every architecture')
    .description(
      'Show system calls on every architecture that has them: number, arguments, and the Linux that had that number first. ' +
        'Exit 1: one of them is on none of the architectures.',
    )
    .argument('<what...>', "openat, 257, 0x101, or one of systemd's groups: @file-system");
  addOptions(command, OPTIONS).action(resolve);
}

/** What one argument stands for. */
interface Answer {
  query: string;
  entries: readonly SyscallEntry[];
  /** Of a group, the calls that none of the architectures has. */
  missing: readonly string[];
}

async function resolve(queries: readonly string[], { arch, systemd, json }: Flags): Promise<void> {
  const libseccomp = loadLibseccompSync();
  const answers: Answer[] = [];
  for (const query of queries) {
    const isGroup = query.startsWith('@');
    const names = isGroup ? await groupMembers(query, systemd) : [query];
    const wanted = arch.length === 0 && isGroup ? [hostArchitecture()] : arch;
    const isWanted = ({ architecture }: SyscallEntry) => wanted.length === 0 || wanted.includes(architecture);
    const found = names.map((name) => ({ name, entries: lookUp(libseccomp, name).filter(isWanted) }));
    const entries = found.flatMap((each) => each.entries);
    const missing = isGroup ? found.filter((each) => each.entries.length === 0).map(({ name }) => name) : [];
    answers.push({ query, entries, missing });
    if (entries.length > 0) continue;
    process.exitCode = ExitCode.NO;
    if (json) continue;
    const isElsewhere = names.some((name) => lookUp(libseccomp, name).length > 0);
    if (isElsewhere) printError(`scmp: ${wanted.join(', ')} has no system call ${quote(query)}`);
    else printError(`scmp: no architecture has a system call ${unknownSyscall(query)}`);
  }
  if (json) {
    const rows = answers.flatMap(({ query, entries }) =>
      entries.map((entry) => ({ ...(queries.length > 1 && { query }), ...entry, ...details(entry) })),
    );
    print(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  // On one architecture all calls are one table, with their arguments; else there is one for each.
  const rows = answers.flatMap(({ entries }) => entries);
  const all = rows.filter(
    ({ architecture, name }, at) =>
      at === rows.findIndex((row) => row.architecture === architecture && row.name === name),
  );
  const isOne = new Set(all.map(({ architecture }) => architecture)).size === 1;
  print(isOne ? table(all, true) : answers.map(textOf).join(''));
  for (const { missing } of answers) {
    if (all.length > 0 && missing.length > 0) print(`    not there: ${missing.join(', ')}\n`);
  }
}

const lookUp = (libseccomp: Libseccomp, query: string): SyscallEntry[] =>
  /^(0[xX][0-9a-fA-F]+|\d+)$/.test(query)
    ? lookUpSyscallNumber(libseccomp, Number(query))
    : lookUpSyscallName(libseccomp, query);

/** The calls of one of systemd's groups. Its tables are loaded for them alone. */
async function groupMembers(group: string, version?: SystemdVersion): Promise<readonly string[]> {
  const { systemdGroups } = await import('../../profile/formats/systemd/read.js');
  const groups = systemdGroups(version);
  const callsOf = (name: string): string[] => groups.get(name)?.flatMap(callsOf) ?? [name];
  if (groups.has(group)) return [...new Set(callsOf(group))].sort();
  const nearest = nearestName(group, groups.keys());
  const hint = nearest === undefined ? `there are ${[...groups.keys()].join(', ')}` : `did you mean ${nearest}?`;
  throw new InvalidArgumentError(`systemd ${version ?? NEWEST_SYSTEMD} has no group ${quote(group)}; ${hint}`);
}

function details(entry: SyscallEntry): object {
  const signature = syscallSignature(entry.name, entry.architecture);
  return {
    ...(entry.number === undefined ? {} : { since: firstRelease(entry).release }),
    ...(signature && { arguments: signature.map(({ name, type }) => ({ name, type })) }),
  };
}

/** `(dirfd: fd, pathname: string)`; empty where no prototype is known. */
function signatureText(name: string, architecture?: ArchitectureName): string {
  const signature = syscallSignature(name, architecture);
  return signature === undefined ? '' : `(${signature.map((each) => `${each.name}: ${each.type}`).join(', ')})`;
}

/** The table of an answer, and below it the call's arguments. */
function textOf({ query, entries }: Answer): string {
  const signature = entries.length === 0 ? '' : signatureText(query);
  return table(entries, false) + (signature === '' ? '' : `    ${query}${signature}\n`);
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

function table(entries: readonly SyscallEntry[], hasSignatures: boolean): string {
  const rows = entries.map((entry) => {
    const { architecture, name, number, multiplexer } = entry;
    return [
      architecture,
      number === undefined ? '-' : `${number}`,
      name,
      sinceText(entry),
      [
        multiplexer ? `${number === undefined ? '' : 'also '}through ${multiplexer.name} (${multiplexer.number})` : '',
        hasSignatures ? signatureText(name, architecture) : '',
      ]
        .filter((part) => part !== '')
        .join('  '),
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
