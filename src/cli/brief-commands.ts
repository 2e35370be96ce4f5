// For start.ts, which is to load nothing else.

/**
 * The commands that have ended, or become another program, before optimised code pays, and the option of each after which it
 * runs for long.
 */
export const BRIEF_COMMANDS = {
  compile: '--verify',
  run: '--trace',
  simulate: undefined,
  disasm: undefined,
} as const;

/** What makes any command run for long: the minimiser works for longer than libseccomp. */
export const MINIMIZING = { option: '--optimize', level: 'min' } as const;

/** Whether a command, by its name and all arguments, is over before optimised code pays. */
export function isBrief(command: string, args: readonly string[]): boolean {
  const { option, level } = MINIMIZING;
  if (args.some((arg, index) => arg === `${option}=${level}` || (arg === level && args[index - 1] === option)))
    return false;
  if (!Object.hasOwn(BRIEF_COMMANDS, command)) return false;
  const long = BRIEF_COMMANDS[command as keyof typeof BRIEF_COMMANDS];
  return long === undefined || !args.includes(long);
}
