import { flagOf, OPTION_NAMES, OPTION_ROWS } from './option-table.js';
import type { OptionName, Settings } from './settings.js';

/** What the counts of the page are called on the command line, where they are a file. */
export const WEIGHTS_FILE = 'weights.txt';

/** The words of `scmp compile` that make the same program. */
export function commandLine(source: string, { arch, beside, capabilities, words }: Settings): readonly string[] {
  const line = ['scmp', 'compile', source.startsWith('-') ? `./${source}` : source];
  for (const name of [arch, ...beside]) line.push('--arch', name);
  if (beside.length > 0) line.push('-o', '%a.bpf');
  for (const name of capabilities) line.push('--cap', name);
  for (const name of OPTION_NAMES) {
    const word = words[name];
    if (word) line.push(...optionWords(name, word));
  }
  return line;
}

function optionWords(name: OptionName, word: string): string[] {
  const row = OPTION_ROWS[name];
  const flag = flagOf(row);
  if (row.isSwitch) return [word === 'no' ? flag.replace('--', '--no-') : flag];
  if (name === 'weights') return [flag, word === 'uncached' ? word : WEIGHTS_FILE];
  return word.startsWith('-') ? [`${flag}=${word}`] : [flag, word];
}

/** As a POSIX shell takes it. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

export function shellWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
