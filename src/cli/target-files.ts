import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Architecture } from '../architecture.js';
import { InvalidArgumentError } from '../errors.js';
import { fileError } from './input.js';
import { writeResult } from './output.js';

const OUTPUT_PER_TARGET = '-o DIR/ or a name with %a writes one for each --arch';

/** Whether `-o` names a file for each target: `DIR/`, or a name with `%a`. */
export const namesEachTarget = (output: string | undefined): boolean =>
  output !== undefined && (output.endsWith('/') || output.includes('%a'));

/**
 * Where the result for each target goes: `-o FILE` takes one, `-o DIR/` and a name with `%a` one each.
 *
 * @throws {InvalidArgumentError} when there are several targets and one file
 */
export function targetFiles(
  output: string | undefined,
  targets: readonly Architecture[],
  named: { source: string; extension: string },
): (string | undefined)[] {
  if (output !== undefined && namesEachTarget(output)) {
    const isFolder = output.endsWith('/');
    const stem = basename(named.source.replace(/^builtin:/, '')).replace(/(?<=.)\.[^.]*$/, '');
    return targets.map(({ name }) =>
      isFolder ? join(output, `${stem}.${name}.${named.extension}`) : output.replaceAll('%a', name),
    );
  }
  if (targets.length > 1) {
    throw new InvalidArgumentError(
      `--arch names ${targets.map(({ name }) => name).join(', ')}, and ${output ?? 'standard output'} takes one result: ${OUTPUT_PER_TARGET}`,
    );
  }
  return [output];
}

/** Write what was made for each target to its file of {@link targetFiles}; the folder of `-o DIR/` is made. */
export function writeTargets(
  results: readonly (string | Uint8Array)[],
  files: readonly (string | undefined)[],
  output: string | undefined,
): void {
  if (output?.endsWith('/')) {
    try {
      mkdirSync(output, { recursive: true });
    } catch (cause) {
      throw fileError(output, cause);
    }
  }
  for (const [index, result] of results.entries()) writeResult(result, files[index]);
}
