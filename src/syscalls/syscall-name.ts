import { ARCHITECTURES, type ArchitectureName } from '../architecture.js';
import { SYSCALL_NUMBERS } from './syscall-numbers.js';

/** Of the architectures that were asked for. */
const tables = new Map<ArchitectureName, ReadonlyMap<number, string>>();

/**
 * libseccomp's name of a system call, by its number as the kernel has it: x32's with bit 30 set, MIPS's from 4000, 5000
 * or 6000. Undefined for a number that libseccomp's table lacks.
 */
export function syscallName(number: number, architecture: ArchitectureName): string | undefined {
  return tableOf(architecture).get(number);
}

/** The number of a system call as the kernel has it; undefined where the architecture's table lacks it. */
export function syscallNumber(name: string, architecture: ArchitectureName): number | undefined {
  for (const [number, each] of tableOf(architecture)) if (each === name) return number;
  return undefined;
}

/** The names of the system calls whose numbers are in some ranges, both ends included. */
export function syscallsAmong(
  ranges: readonly { from: number; to: number }[],
  architecture: ArchitectureName,
): string[] {
  return [...tableOf(architecture)]
    .filter(([number]) => ranges.some(({ from, to }) => number >= from && number <= to))
    .map(([, name]) => name);
}

/** libseccomp's names of the system calls of an architecture, in the order of their numbers. */
export const architectureSyscalls = (architecture: ArchitectureName): Iterable<string> =>
  tableOf(architecture).values();

/** The same by number, as the kernel has it. */
export const numberedSyscalls = (architecture: ArchitectureName): ReadonlyMap<number, string> => tableOf(architecture);

let names: ReadonlySet<string> | undefined;

/** Whether any architecture has a call of this name. */
export function isCall(name: string): boolean {
  names ??= new Set(ARCHITECTURES.flatMap((architecture) => [...architectureSyscalls(architecture.name)]));
  return names.has(name);
}

function tableOf(architecture: ArchitectureName): ReadonlyMap<number, string> {
  let table = tables.get(architecture);
  if (!table) {
    table = readTable(architecture);
    tables.set(architecture, table);
  }
  return table;
}

function readTable(architecture: ArchitectureName): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [owners, text] of SYSCALL_NUMBERS) {
    const owner = owners.split(', ').find((each) => each.startsWith(`${architecture} `));
    if (owner === undefined) continue;
    const first = Number(owner.slice(architecture.length));
    let number = first;
    for (const word of text.trim().split(/\s+/)) {
      if (/^\d/.test(word)) number = first + Number(word);
      else names.set(number++, word);
    }
  }
  return names;
}
