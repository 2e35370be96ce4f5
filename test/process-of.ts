import { readdirSync, readFileSync } from 'node:fs';

/** The process whose command line this is. */
export function processOf(command: readonly string[]): number | undefined {
  const wanted = `${command.join('\0')}\0`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .find((pid) => commandLine(pid) === wanted);
}

function commandLine(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return undefined; // It has ended meanwhile.
  }
}
