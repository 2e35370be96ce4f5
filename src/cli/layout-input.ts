import { existsSync } from 'node:fs';
import { type ArtifactChoice, type LayoutFiles, readArtifact } from '../compose/artifact/read-layout.js';
import { isTar, tarLayout } from '../compose/artifact/tar-layout.js';
import { FileError, type Input, isFolder, noteInput, readInput } from './input.js';
import { folderLayout, isLayout } from './layout-folder.js';

/** How a layout is named where one of its artifacts is meant, as skopeo names it. */
const TRANSPORT = 'oci:';

/**
 * Read the profile of an artifact: `DIR` or `FILE.tar`, an OCI image layout with one artifact, or
 * `oci:PATH[:NAME]`, `oci:PATH@DIGEST`. Undefined where the input is no layout.
 *
 * @throws {ArtifactError} when it is one, and cannot be used
 */
export async function readLayoutInput(path: string): Promise<Input | undefined> {
  if (path.startsWith(TRANSPORT) && !existsSync(path)) {
    const named = parse(path);
    return artifactIn(layoutAt(named.path), named.choice);
  }
  // Any other folder is an input of the wrong kind, which the reader of files says.
  return isLayout(path) ? artifactIn(folderLayout(path)) : undefined;
}

/** The profile of an archive that was read, where that is one of a layout. */
export async function readTarInput({ bytes, source }: Input): Promise<Input | undefined> {
  return isTar(bytes) ? artifactIn(tarLayout(bytes, source)) : undefined;
}

async function artifactIn(layout: LayoutFiles, choice?: ArtifactChoice): Promise<Input> {
  const { layer, path: blob, kind } = await readArtifact(layout, choice);
  const source = `${layout.source}/${blob}`;
  noteInput(source, layer);
  return { bytes: layer, source, artifact: kind };
}

/** The layout in a folder or an archive that somebody named as one. */
export function layoutAt(path: string): LayoutFiles {
  if (isFolder(path)) return folderLayout(path);
  const { bytes, source } = readInput(path, 'file');
  if (isTar(bytes)) return tarLayout(bytes, source);
  throw new FileError(`${source}: neither a folder nor a tar archive with an OCI image layout`);
}

function parse(text: string): { path: string; choice: ArtifactChoice } {
  const rest = text.slice(TRANSPORT.length);
  const [, path = '', digest] = /^(.*?)@(sha256:.*)$/.exec(rest) ?? [];
  if (digest !== undefined) return { path, choice: { digest } };
  const colon = rest.indexOf(':');
  return colon < 0
    ? { path: rest, choice: {} }
    : { path: rest.slice(0, colon), choice: { refNames: [rest.slice(colon + 1)] } };
}
