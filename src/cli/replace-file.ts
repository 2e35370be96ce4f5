import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

const DRAFT = /^\.scmp-[0-9a-f]{16}$/;

/** Whether a file is what {@link replaceFile} left behind when its process was killed. */
export const isDraft = (name: string): boolean => DRAFT.test(basename(name));

/**
 * Write a file as a whole or not at all: a new one takes its place (rename(2)), once its bytes are on the disk. What is no
 * file, as /dev/stdout, is written to; so is a file in a folder where no other may be made.
 */
export function replaceFile(path: string, data: string | Uint8Array): void {
  const known = statSync(path, { throwIfNoEntry: false });
  if (known && !known.isFile()) {
    writeFileSync(path, data);
    return;
  }
  // A link stays one.
  const target = known ? realpathSync(path) : path;
  const draft = join(dirname(target), `.scmp-${randomBytes(8).toString('hex')}`);
  try {
    writeDraft(draft, data, known?.mode);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    rmSync(draft, { force: true });
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

function writeDraft(draft: string, data: string | Uint8Array, mode: number | undefined): void {
  const descriptor = openSync(draft, 'wx', mode);
  try {
    writeFileSync(descriptor, data);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
