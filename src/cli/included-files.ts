import { readFileSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import type { IncludedText } from '../profile/formats/include.js';
import { fileError, folderOf, isReadable } from './input.js';

/**
 * The file that a policy includes, relative to the folder of the one that names it, or to the working directory. An
 * absolute path that is not on this machine is looked for by its last part in that folder. So crosvm's policies, which
 * name /usr/share/policy/crosvm, are read where its sources have them side by side.
 */
export function includedFile(path: string, from: string | undefined): IncludedText | undefined {
  const folder = folderOf(from);
  const candidates = isAbsolute(path) ? [path, join(folder, basename(path))] : [join(folder, path)];
  const file = candidates.find(isReadable);
  if (file === undefined) return undefined;
  try {
    return { text: readFileSync(file), source: file };
  } catch (cause) {
    throw fileError(file, cause);
  }
}
