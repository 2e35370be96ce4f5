import { ARCHITECTURES } from '../../architecture.js';
import { dockerNames } from '../model/conditional-entry.js';
import type { DockerSyscall } from '../model/schema.js';
import type { ExactRule } from './exact-conditions.js';

/** The names `includes.arches` has for the architectures of a word size. */
const NAMES_OF_WORD_SIZE = {
  32: namesOfWordSize(32),
  64: namesOfWordSize(64),
} as const;

function namesOfWordSize(wordSize: 32 | 64): readonly string[] {
  return ARCHITECTURES.filter((architecture) => architecture.wordSize === wordSize).flatMap(dockerNames);
}

/**
 * An entry for each rule, with the same names and action. A rule for one word size is included on its architectures
 * alone. Where the entry is for none of them it is left out: an empty list of architectures would mean all.
 */
export function entriesOfRules(entry: Omit<DockerSyscall, 'args'>, rules: readonly ExactRule[]): DockerSyscall[] {
  return rules.flatMap(({ args, wordSize }) => {
    const made: DockerSyscall = args.length > 0 ? { ...entry, args } : { ...entry };
    if (wordSize === undefined) return [made];
    const { arches } = entry.includes ?? {};
    const names = NAMES_OF_WORD_SIZE[wordSize];
    const both = arches?.length ? arches.filter((name) => names.includes(name)) : [...names];
    return both.length > 0 ? [{ ...made, includes: { ...entry.includes, arches: both } }] : [];
  });
}
