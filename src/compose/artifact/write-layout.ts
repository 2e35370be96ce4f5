import { checkArgument, OBJECT, TEXT } from '../../options.js';
import { blobPath, digestOf } from './digest.js';
import { IMAGE_INDEX, IMAGE_MANIFEST, REF_NAME, SECCOMP_PROFILE, TITLE } from './media-types.js';

/** An artifact as the files of an OCI image layout. The same profile gives the same bytes. */
export interface ArtifactFiles {
  /** The blobs by their paths in the layout: the config, the layer and the manifest. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** The manifest's digest, by which pods name it. */
  readonly digest: string;
  /** The entry of the artifact in `index.json`. */
  readonly entry: IndexEntry;
}

/** A descriptor in `index.json`. */
export interface IndexEntry {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The file that says that a folder is a layout. */
const LAYOUT_MARK = '{"imageLayoutVersion":"1.0.0"}';

/** The config of an artifact says nothing but its media type (image spec, manifest.md). */
const NO_CONFIG = '{}';

/**
 * A profile's runtime-spec JSON as an artifact of KEP-6061: one layer, the media type on the config and as
 * `artifactType`, no times and no machine.
 *
 * @param layer the profile's JSON
 * @param refName what the layout calls it: a tag, or a whole name
 * @throws {InvalidArgumentError} when the layer is no text
 *
 * @example
 * ```js
 * import { artifactFiles } from 'libseccomp-wasm/compose';
 *
 * const { digest, blobs } = await artifactFiles('{"defaultAction":"SCMP_ACT_ERRNO"}');
 * console.log(digest.slice(0, 7), blobs.size); // sha256: 3
 * ```
 */
export async function artifactFiles(layer: string, refName?: string): Promise<ArtifactFiles> {
  checkArgument('artifactFiles', 'layer', layer, TEXT);
  const blobs = new Map<string, Uint8Array>();
  const add = async (text: string) => {
    const bytes = new TextEncoder().encode(text);
    const digest = await digestOf(bytes);
    blobs.set(blobPath(digest), bytes);
    return { digest, size: bytes.length };
  };
  const config = { mediaType: SECCOMP_PROFILE, ...(await add(NO_CONFIG)) };
  const content = { mediaType: 'application/json', ...(await add(layer)), annotations: { [TITLE]: 'profile.json' } };
  const manifest = await add(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: IMAGE_MANIFEST,
      artifactType: SECCOMP_PROFILE,
      config,
      layers: [content],
    }),
  );
  const entry = {
    mediaType: IMAGE_MANIFEST,
    ...manifest,
    artifactType: SECCOMP_PROFILE,
    ...(refName === undefined ? {} : { annotations: { [REF_NAME]: refName } }),
  };
  return { blobs, digest: manifest.digest, entry };
}

/**
 * All files of a layout with an artifact, by their paths, in the order in which they are to be written. The blobs, which
 * are named by their content, come first, and the index last.
 *
 * @param index what a layout that is there has in `index.json`, as `JSON.parse` reads it
 * @throws {InvalidArgumentError} when a value is of another type
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { artifactFiles, layoutFiles, profileLayer } from 'libseccomp-wasm/compose';
 *
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ERRNO' });
 * const files = layoutFiles(await artifactFiles(profileLayer(profile), 'v1'));
 * console.log([...files.keys()].slice(3)); // [ 'oci-layout', 'index.json' ]
 * ```
 */
export function layoutFiles(artifact: ArtifactFiles, index?: LayoutIndex): ReadonlyMap<string, Uint8Array> {
  checkArgument('layoutFiles', 'artifact', artifact, OBJECT);
  const encode = (text: string) => new TextEncoder().encode(text);
  return new Map([
    ...artifact.blobs,
    ['oci-layout', encode(LAYOUT_MARK)],
    ['index.json', encode(indexWith(index, artifact.entry))],
  ]);
}

/**
 * `index.json` with one more artifact. It takes the place of the one that has its name; where it has none, of the one
 * without a name. The rest of the index stays as it is.
 */
function indexWith(index: LayoutIndex | undefined, entry: IndexEntry): string {
  const name = nameOf(entry);
  const kept = (index?.manifests ?? []).filter((other) => nameOf(other) !== name);
  return JSON.stringify({ schemaVersion: 2, mediaType: IMAGE_INDEX, ...index, manifests: [...kept, entry] });
}

/** `index.json` as `JSON.parse` reads it. */
export interface LayoutIndex {
  readonly manifests: readonly unknown[];
}

function nameOf(entry: unknown): string | undefined {
  const annotations = (entry as IndexEntry | null)?.annotations;
  return annotations?.[REF_NAME];
}
