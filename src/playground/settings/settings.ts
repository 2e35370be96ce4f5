import type { ArchitectureName } from '../../architecture.js';
import type { RUNTIME_CHOICES } from '../../compiler/runtime.js';

/** The options of `scmp compile` that take one word, by the names of their attributes. */
export type OptionName =
  | 'from'
  | 'thread'
  | 'document'
  | 'operator'
  | 'systemd'
  | 'kernel'
  | 'optimize'
  | 'enosysNewerThan'
  | 'fallback'
  | 'weights'
  | 'unknownSyscall'
  | 'verify'
  | 'runtime'
  | 'libseccomp'
  | keyof typeof RUNTIME_CHOICES;

/** What a profile is compiled for, and how: the options of `scmp compile`. */
export interface Settings {
  arch: ArchitectureName;
  /** Other machines, whose programs are shown beside that of `arch`. */
  beside: readonly ArchitectureName[];
  capabilities: readonly string[];
  /**
   * The words of the other options, as the command takes them; "yes" and "no" of those without one. An option that is
   * not there, or has an empty word, has its default. `weights`: "uncached", or a text of counts.
   */
  words: Readonly<Partial<Record<OptionName, string>>>;
}

export const DEFAULT_SETTINGS: Settings = { arch: 'x86_64', beside: [], capabilities: [], words: {} };

/** The settings with another word of one option; an empty one takes it away. */
export function withWord(settings: Settings, name: OptionName, word: string): Settings {
  const { [name]: _, ...others } = settings.words;
  return { ...settings, words: word === '' ? others : { ...others, [name]: word } };
}
