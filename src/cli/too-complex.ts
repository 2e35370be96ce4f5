import { ProgramTooComplexError } from '../bpf/index.js';
import { formatPlace } from '../source-place.js';
import { printable } from '../text.js';
import type { FilterSource } from './filter-stack.js';

/**
 * The result of work on filters. What is too complex for it is an error that names the entry, where that is one that
 * compares arguments with each other, and says what answers all the same.
 *
 * @throws {ProgramTooComplexError} when it is too complex
 */
export function explainingComplexity<T>(filters: readonly FilterSource[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ProgramTooComplexError)) throw error;
    const others =
      'scmp simulate FILE CALL VALUE... answers for one call and its values, scmp explain FILE CALL for others';
    for (const { profile } of filters) {
      const entries = profile?.seccomp.syscalls ?? [];
      const index = entries.findIndex(({ comparesArguments }) => comparesArguments);
      if (!profile || index < 0) continue;
      const { position, source = profile.source ?? 'profile' } = profile.locate('syscalls', index);
      const names = (entries[index]?.names ?? []).map((name) => printable(name)).join(', ');
      throw new ProgramTooComplexError(
        `${formatPlace(printable(source), position)}: ${names}: comparisons of arguments with each other are ${error.message}. Compare each with constants; else ${others}`,
        { cause: error },
      );
    }
    throw new ProgramTooComplexError(`${error.message}; ${others}`, { cause: error });
  }
}
