import { chmodSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The name of what `replaceFile` has not finished writing. Not randomUUID(): Node loads its cryptography for it, a tenth of
 * the start of `scmp compile`. A name that is taken is refused.
 */
const draftName = () => `.scmp-${process.pid}-${Math.random().toString(36).slice(2)}`;

/** Whether a file of this name is what an earlier process that was killed has left. */
export const isDraft = (name: string): boolean => /^\.scmp-\d+-[\da-z]*$/.test(name);

/**
 * Write a file as a whole or not at all: a new one takes its place (rename(2)), once its bytes are on the disk. Where there
 * was none, nothing can be lost, and the disk is not waited for. What is no file, as /dev/stdout, is written to; so is a file
 * in a folder where no other may be made. A process that is killed may leave a draft there.
 */
export function replaceFile(path: string, data: string | Uint8Array): void {
  const known = statSync(path, { throwIfNoEntry: false });
  if (known && !known.isFile()) {
    writeFileSync(path, data);
    return;
  }
  // A link stays one.
  const target = known ? realpathSync(path) : path;
  const draft = join(dirname(target), draftName());
  try {
    writeFileSync(draft, data, { flag: 'wx', flush: known !== undefined, mode: known?.mode });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EEXIST') rmSync(draft, { force: true });
    if (!known || !['EACCES', 'EROFS', 'EPERM'].includes(code ?? '')) throw cause;
    writeFileSync(target, data);
    return;
  }
  try {
    // Not what the umask left of it.
    if (known) chmodSync(draft, known.mode);
    renameSync(draft, target);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw cause;
  }
}
