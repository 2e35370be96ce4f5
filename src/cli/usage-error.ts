import { nearestName } from '../nearest-name.js';
import { printable, quote } from '../text.js';

/** What people who come from other tools type, and what does that here. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ...['lint', 'validate', 'verify', 'audit', 'fix', 'rules'].map((name) => [name, 'check'] as const),
  ...['decompile', 'disassemble', 'dis'].map((name) => [name, 'disasm'] as const),
  ...['assemble'].map((name) => [name, 'asm'] as const),
  ...['build', 'export'].map((name) => [name, 'compile'] as const),
  ...['emu', 'eval', 'test'].map((name) => [name, 'simulate'] as const),
  ...['compare'].map((name) => [name, 'diff'] as const),
  ...['show', 'describe'].map((name) => [name, 'explain'] as const),
  ...['exec'].map((name) => [name, 'run'] as const),
  ...['trace', 'learn', 'generate'].map((name) => [name, 'record'] as const),
  ...['syscall', 'lookup'].map((name) => [name, 'resolve'] as const),
  ...['list', 'builtins'].map((name) => [name, 'profiles'] as const),
  ...['version', '-v', '-version'].map((name) => [name, '--version'] as const),
]);

/** What a word that is no command most likely means. */
function nearestCommand(word: string, commands: readonly string[]): string | undefined {
  return OTHER_NAMES.get(word) ?? nearestName(word, commands);
}

/** The error for a first word that is no command. */
export function unknownCommand(word: string, commands: readonly string[]): string {
  const nearest = nearestCommand(word, commands);
  return `error: unknown ${word.startsWith('-') ? 'option' : 'command'} ${quote(word)}${nearest === undefined ? '' : `; did you mean scmp ${nearest}?`}`;
}

/**
 * commander's message as one line of ours: it quotes arguments as they are, its suggestions take a line of their own, and
 * of choices it has none.
 */
export function usageErrorText(text: string): string {
  const [, message = '', suggested] = /^(.*?)(?:\n\(Did you mean (.*)\?\))?$/s.exec(text.trimEnd())!;
  const [, given, choices] =
    /'([^']*)' is invalid(?: for argument '\w+')?\. Allowed choices are (.*)\.$/s.exec(message) ?? [];
  const nearest = suggested ?? (given && choices ? nearestName(given, choices.split(', ')) : undefined);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return printable(message).replace(/\.$/, '') + hint;
}
