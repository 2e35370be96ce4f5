// For start.ts, which is to load nothing else.
import { statSync } from 'node:fs';

/**
 * The commands that have ended, or become another program, before optimised code pays, and the options of each after which it
 * works for long. What `record` runs may take long: the tracer is no JavaScript.
 */
export const BRIEF_COMMANDS = {
  compile: ['--verify'],
  run: ['--trace'],
  record: ['--from-audit', '--from-strace', '--merge', '--observe'],
  simulate: [],
  disasm: [],
} as const satisfies Record<string, readonly string[]>;

/** What makes any command run for long: the minimiser works for longer than libseccomp. */
export const MINIMIZING = { option: '--optimize', level: 'min' } as const;

/** Bytes. Reading a file of more takes long enough for optimised code; profiles in use have a tenth of that. */
const LARGE_INPUT = 1 << 18;

/** Whether a command, by its name and all arguments, is over before optimised code pays. */
export function isBrief(command: string, args: readonly string[]): boolean {
  const { option, level } = MINIMIZING;
  if (args.some((arg, index) => arg === `${option}=${level}` || (arg === level && args[index - 1] === option)))
    return false;
  if (!Object.hasOwn(BRIEF_COMMANDS, command)) return false;
  const long: readonly string[] = BRIEF_COMMANDS[command as keyof typeof BRIEF_COMMANDS];
  if (args.some((arg) => long.includes(arg.replace(/=.*/s, '')))) return false;
  // what they start may be a large file too
  return command === 'run' || command === 'record' || !args.slice(args.indexOf(command) + 1).some(isLargeFile);
}

/** Whether a brief command, by its name, is executed in place of this process, which so does not see its own end. */
export const becomesAnother = (command: string): boolean => command === 'run';

function isLargeFile(path: string): boolean {
  try {
    return !path.startsWith('-') && (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LARGE_INPUT;
  } catch {
    return false; // its reader says why
  }
}
