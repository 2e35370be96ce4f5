import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactError } from '../compose/artifact/artifact-error.js';
import type { LayoutFiles } from '../compose/artifact/read-layout.js';
import { type ArtifactFiles, type LayoutIndex, layoutFiles } from '../compose/artifact/write-layout.js';
import { FileError, fileError } from './input.js';
import { isDraft, replaceFile } from './replace-file.js';

/** An OCI image layout in a folder. Only regular files are read: a pipe would wait for ever. */
export function folderLayout(folder: string, source = folder): LayoutFiles {
  return {
    source,
    read: (path, most) => {
      const file = join(folder, path);
      try {
        const stat = statSync(file, { throwIfNoEntry: false });
        if (stat === undefined) return undefined;
        if (!stat.isFile()) throw new ArtifactError('LAYOUT', source, `${path} is no regular file`);
        if (stat.size > most) {
          throw new ArtifactError('SIZE', source, `${path} has ${stat.size} bytes, and at most ${most} are read`);
        }
        return readFileSync(file);
      } catch (cause) {
        if (cause instanceof ArtifactError) throw cause;
        if ((cause as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
        throw fileError(file, cause);
      }
    },
  };
}

/** Whether a folder is an OCI image layout. */
export const isLayout = (folder: string): boolean => existsSync(join(folder, 'oci-layout'));

/**
 * Put an artifact into a layout, which is made where there is none. A reader sees the layout as it was or as it is to
 * be, never a part. The blobs, which are named by their content, come first; then the index takes the place of the old
 * one at once.
 *
 * @throws {FileError} when the folder is something else, or cannot be written
 */
export function writeLayout(folder: string, artifact: ArtifactFiles): void {
  const files = layoutFiles(artifact, layoutIndex(folder));
  attempt(folder, () => {
    mkdirSync(join(folder, 'blobs', 'sha256'), { recursive: true });
    for (const [path, bytes] of files) replaceFile(join(folder, path), bytes);
  });
}

/** The index of a layout; undefined where the folder is none yet, and has nothing else in it. */
function layoutIndex(folder: string): LayoutIndex | undefined {
  const stat = attempt(folder, () => statSync(folder, { throwIfNoEntry: false }));
  if (stat === undefined) return undefined;
  if (!stat.isDirectory()) throw new FileError(`${folder}: a file, and an artifact is a folder (an OCI image layout)`);
  if (!isLayout(folder)) {
    const others = attempt(folder, () => readdirSync(folder)).filter((name) => name !== 'blobs' && !isDraft(name));
    if (others.length === 0) return undefined;
    throw new FileError(`${folder}: neither empty nor an OCI image layout, so nothing is written into it`);
  }
  const read = (name: string) => attempt(join(folder, name), () => readFileSync(join(folder, name), 'utf8'));
  const index = json(read('index.json'));
  if (json(read('oci-layout'))?.imageLayoutVersion !== '1.0.0' || !Array.isArray(index?.manifests)) {
    throw new FileError(`${folder}: an OCI image layout that cannot be read, so nothing is written into it`);
  }
  return index as unknown as LayoutIndex;
}

function json(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    throw fileError(path, cause);
  }
}
