import type { Command, Option } from 'commander';

/**
 * Refuse an option that is given again, or with its opposite (`--x --no-x`): commander would let the later one win
 * silently. An option that may be repeated collects, and is an empty list by default.
 */
export function refuseRepeats(command: Command): void {
  const given = new Map<string, Option>();
  for (const option of command.options) {
    if (Array.isArray(option.defaultValue)) continue;
    const key = option.attributeName();
    command.on(`option:${option.name()}`, () => {
      const before = given.get(key);
      if (before === option) command.error(`error: option '${option.flags}' is given twice, and takes one value`);
      if (before) command.error(`error: options '${before.flags}' and '${option.flags}' contradict each other`);
      given.set(key, option);
    });
  }
}
