import { checkArgument, OBJECT } from '../../options.js';
import { list } from '../../phrases.js';
import { parseJson } from '../../profile/document/json-document.js';
import { type JsonObject, type JsonValue, typeWord } from '../../profile/document/json-value.js';
import { quote } from '../../text.js';
import { ArtifactError, type ArtifactFault } from './artifact-error.js';
import { type Descriptor, parseDescriptor } from './descriptor.js';
import { blobPath, digestOf } from './digest.js';
import {
  CONTAINERD_NAME,
  EMPTY_CONFIG,
  IMAGE_INDEX,
  IMAGE_MANIFEST,
  MAX_INDEX,
  MAX_LAYER,
  MAX_MANIFEST,
  OPERATOR_PROFILE,
  REF_NAME,
  SECCOMP_PROFILE,
  TITLE,
} from './media-types.js';

/** The files of an OCI image layout, wherever they are. */
export interface LayoutFiles {
  /** What messages call it. */
  readonly source: string;
  /**
   * The bytes of a file by its path in the layout, such as `index.json`; undefined where there is none.
   *
   * @throws {ArtifactError} `SIZE` when it has more bytes than `most`
   */
  read(path: string, most: number): Uint8Array | undefined;
}

/** Which artifact of a layout is meant. Without any there must be one alone. */
export interface ArtifactChoice {
  /** The manifest's digest, which is enough by itself. */
  digest?: string | undefined;
  /** Its `org.opencontainers.image.ref.name`: a tag, or a whole name. */
  refNames?: readonly string[] | undefined;
}

/** A profile that was found in a layout. Its digests and sizes are right. */
export interface ArtifactProfile {
  /** The layer's bytes: the profile's text. */
  readonly layer: Uint8Array;
  /** Where the layout has them. */
  readonly path: string;
  /** The manifest's digest, by which pods name it. */
  readonly digest: string;
  /** `runtime`: as KEP-6061 has it; `operator`: an object of the Security Profiles Operator, which runtimes refuse. */
  readonly kind: 'runtime' | 'operator';
}

/** An index within an index is followed so many times. */
const MAX_NESTED = 3;
/** So many layers the operator reads. */
const MAX_LAYERS = 128;

/**
 * Find a profile in an OCI image layout (image spec 1.1, image-layout.md), and verify every blob on the way to it.
 * That is the digest, the size, the media types, and that there is one layer.
 *
 * @throws {ArtifactError} when the layout does not have it, or what it has is not to be trusted
 * @throws {ProfileError} `PROFILE_SYNTAX`, when an index or manifest is no JSON
 *
 * @example
 * ```js
 * import { artifactFiles, layoutFiles, readArtifact } from 'libseccomp-wasm/compose';
 *
 * const files = layoutFiles(await artifactFiles('{"defaultAction":"SCMP_ACT_ERRNO"}'));
 * const { layer } = await readArtifact({ source: 'store', read: (path) => files.get(path) });
 * console.log(new TextDecoder().decode(layer)); // {"defaultAction":"SCMP_ACT_ERRNO"}
 * ```
 */
export async function readArtifact(layout: LayoutFiles, choice: ArtifactChoice = {}): Promise<ArtifactProfile> {
  checkArgument('readArtifact', 'layout', layout, OBJECT);
  const reader = new LayoutReader(layout);
  reader.checkVersion();
  const manifest = await reader.choose(choice);
  const { kind, layer } = layerOf(reader, manifest);
  return {
    layer: await reader.blob(layer, MAX_LAYER, 'the layer'),
    path: blobPath(layer.digest),
    digest: manifest.digest,
    kind,
  };
}

interface Manifest {
  digest: string;
  config: Descriptor;
  layers: readonly Descriptor[];
  artifactType: string | undefined;
}

class LayoutReader {
  readonly #files: LayoutFiles;

  constructor(files: LayoutFiles) {
    this.#files = files;
  }

  fail(reason: ArtifactFault, message: string): ArtifactError {
    return new ArtifactError(reason, this.#files.source, message);
  }

  checkVersion(): void {
    const bytes = this.#files.read('oci-layout', MAX_MANIFEST);
    if (bytes === undefined) {
      throw this.fail('LAYOUT', 'not an OCI image layout: it has no file "oci-layout"');
    }
    const { imageLayoutVersion } = this.#object(bytes, 'oci-layout');
    if (imageLayoutVersion !== '1.0.0') {
      throw this.fail('LAYOUT', `its imageLayoutVersion is ${written(imageLayoutVersion)}, and 1.0.0 is read`);
    }
  }

  /** The manifest that is meant. */
  async choose({ digest, refNames }: ArtifactChoice): Promise<Manifest> {
    const bytes = this.#files.read('index.json', MAX_INDEX);
    if (bytes === undefined) throw this.fail('LAYOUT', 'not an OCI image layout: it has no file "index.json"');
    const all = this.#manifests(bytes, 'index.json');
    let chosen = all.filter((each) => isMeant(each, digest, refNames));
    // A blob may be in the layout, and not in its index: the digest proves it all the same.
    const alone = digest === undefined ? undefined : this.#files.read(blobPath(digest), MAX_MANIFEST);
    if (chosen.length === 0 && alone !== undefined && digest !== undefined) {
      return this.#manifest(alone, { digest, size: alone.length });
    }
    if (chosen.length === 0) {
      const wanted = digest ?? list((refNames ?? []).map((name) => quote(name)));
      const what = wanted === '' ? 'no artifact in it' : `there is no ${wanted} in it; it has ${namesOf(all)}`;
      throw this.fail('NOT_FOUND', what);
    }
    // One manifest under two names is one.
    chosen = chosen.filter((each, at) => chosen.findIndex((other) => other.digest === each.digest) === at);
    if (chosen.length > 1) {
      throw this.fail(
        'AMBIGUOUS',
        `several artifacts: ${namesOf(chosen)}; say which, as oci:PATH:NAME or oci:PATH@DIGEST`,
      );
    }
    return this.#follow(chosen[0]!);
  }

  async #follow(chosen: Descriptor): Promise<Manifest> {
    let found = chosen;
    for (let depth = 0; found.mediaType === IMAGE_INDEX; depth++) {
      if (depth === MAX_NESTED) throw this.fail('MANIFEST', `indexes nested more than ${MAX_NESTED} deep`);
      const inner = this.#manifests(await this.blob(found, MAX_INDEX, 'the index'), `the index ${found.digest}`);
      const [only, ...others] = inner;
      if (only === undefined || others.length > 0 || only.hasPlatform) {
        throw this.fail('AMBIGUOUS', `the index ${found.digest} is of several platforms, and a profile is of none`);
      }
      found = only;
    }
    if (found.mediaType !== IMAGE_MANIFEST) {
      throw this.fail('MANIFEST', `the manifest's media type is ${quote(found.mediaType)}, not ${IMAGE_MANIFEST}`);
    }
    return this.#manifest(await this.blob(found, MAX_MANIFEST, 'the manifest'), found);
  }

  async #manifest(bytes: Uint8Array, { digest }: Pick<Descriptor, 'digest' | 'size'>): Promise<Manifest> {
    await this.#verify(bytes, digest, 'the manifest');
    const { schemaVersion, mediaType, config, layers, artifactType } = this.#object(bytes, `the manifest ${digest}`);
    if (schemaVersion !== 2n)
      throw this.fail('MANIFEST', `the manifest's schemaVersion is ${written(schemaVersion)}, not 2`);
    if (mediaType !== undefined && mediaType !== IMAGE_MANIFEST) {
      throw this.fail('MANIFEST', `the manifest's media type is ${written(mediaType)}, not ${IMAGE_MANIFEST}`);
    }
    if (!Array.isArray(layers)) throw this.fail('MANIFEST', 'the manifest has no "layers"');
    if (layers.length > MAX_LAYERS) throw this.fail('LAYERS', `${layers.length} layers; a profile has one`);
    return {
      digest,
      config: this.#descriptor(config, 'the config'),
      layers: layers.map((layer, index) => this.#descriptor(layer, `layers[${index}]`)),
      artifactType: typeof artifactType === 'string' && artifactType !== '' ? artifactType : undefined,
    };
  }

  #manifests(bytes: Uint8Array, what: string): Descriptor[] {
    const { schemaVersion, mediaType, manifests } = this.#object(bytes, what);
    if (schemaVersion !== 2n)
      throw this.fail('MANIFEST', `the schemaVersion of ${what} is ${written(schemaVersion)}, not 2`);
    if (mediaType !== undefined && mediaType !== IMAGE_INDEX) {
      throw this.fail('MANIFEST', `the media type of ${what} is ${written(mediaType)}, not ${IMAGE_INDEX}`);
    }
    if (!Array.isArray(manifests)) throw this.fail('MANIFEST', `${what} has no "manifests"`);
    return manifests.map((value, index) => this.#descriptor(value, `manifests[${index}] of ${what}`));
  }

  #descriptor(value: JsonValue | undefined, what: string): Descriptor {
    const parsed = parseDescriptor(value);
    if (typeof parsed === 'string') throw this.fail('MANIFEST', `${what} ${parsed}`);
    return parsed;
  }

  #object(bytes: Uint8Array, what: string): JsonObject {
    return parseJson(bytes, `${this.#files.source}: ${what}`).object();
  }

  /** A blob of at most so many bytes, with the digest and the size that its descriptor says. */
  async blob({ digest, size }: Descriptor, most: number, what: string): Promise<Uint8Array> {
    if (size > most)
      throw this.fail('SIZE', `${what} has ${size} bytes by its descriptor, and at most ${most} are taken`);
    const bytes = this.#files.read(blobPath(digest), most);
    if (bytes === undefined) throw this.fail('BLOB', `${what} is not there: ${blobPath(digest)}`);
    if (bytes.length !== size) {
      throw this.fail(
        'SIZE',
        `${what} has ${bytes.length} bytes, and its descriptor says ${size}: ${blobPath(digest)}`,
      );
    }
    await this.#verify(bytes, digest, what);
    return bytes;
  }

  async #verify(bytes: Uint8Array, digest: string, what: string): Promise<void> {
    const actual = await digestOf(bytes);
    if (actual === digest) return;
    throw this.fail('DIGEST', `${what} is not what its digest says: ${blobPath(digest)} has ${actual}`);
  }
}

/** A value of somebody's JSON, for a message. */
function written(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  return typeof value === 'string' ? quote(value) : typeof value === 'bigint' ? String(value) : typeWord(value);
}

function isMeant(
  { digest: own, annotations }: Descriptor,
  digest: string | undefined,
  refNames?: readonly string[],
): boolean {
  if (digest !== undefined) return own === digest;
  if (refNames === undefined) return true;
  return [REF_NAME, CONTAINERD_NAME].some((key) => refNames.includes(annotations.get(key) ?? ''));
}

function namesOf(descriptors: readonly Descriptor[]): string {
  const names = descriptors.map(({ digest, annotations }) => {
    const name = annotations.get(CONTAINERD_NAME) ?? annotations.get(REF_NAME);
    return name === undefined ? digest : quote(name);
  });
  return names.length === 0 ? 'nothing' : list(names, 12);
}

/** The layer with the profile. KEP-6061 wants exactly one; the operator names one among several. */
function layerOf(reader: LayoutReader, manifest: Manifest): { kind: ArtifactProfile['kind']; layer: Descriptor } {
  const { config, layers, artifactType } = manifest;
  const isEmpty = config.mediaType === EMPTY_CONFIG;
  // Scanners may go by either, and runtimes refuse an artifact in which they disagree.
  if (!isEmpty && artifactType !== undefined && artifactType !== config.mediaType) {
    throw reader.fail(
      'MEDIA_TYPE',
      `its artifactType ${quote(artifactType)} is not its config's media type ${quote(config.mediaType)}`,
    );
  }
  const type = isEmpty ? artifactType : config.mediaType;
  if (type !== SECCOMP_PROFILE && type !== OPERATOR_PROFILE) {
    throw reader.fail(
      'MEDIA_TYPE',
      `its media type is ${type === undefined ? 'none' : quote(type)}, and a seccomp profile's is ${SECCOMP_PROFILE}`,
    );
  }
  const kind = type === SECCOMP_PROFILE ? 'runtime' : 'operator';
  const layer = kind === 'runtime' || layers.length === 1 ? layers[0] : platformless(layers);
  if (layer === undefined || (kind === 'runtime' && layers.length !== 1)) {
    const hint =
      kind === 'operator' ? ', and none of them is for all platforms ("profile.yaml")' : '; a profile has exactly one';
    throw reader.fail('LAYERS', `it has ${layers.length} layers${hint}`);
  }
  for (const [what, { hasUrls, size }] of [
    ['config', config],
    ['layer', layer],
  ] as const) {
    if (hasUrls) throw reader.fail('MANIFEST', `its ${what} is elsewhere ("urls"), which nobody is to fetch`);
    if (size > MAX_LAYER)
      throw reader.fail('SIZE', `its ${what} has ${size} bytes, and at most ${MAX_LAYER} are taken`);
  }
  return { kind, layer };
}

/** Of several, the operator's for all platforms. */
const platformless = (layers: readonly Descriptor[]): Descriptor | undefined =>
  layers.find(
    ({ hasPlatform, annotations }) => !hasPlatform && /^profile\.(yaml|json)$/.test(annotations.get(TITLE) ?? ''),
  );
