import { join } from 'node:path';
import { ArtifactError } from '../compose/artifact/artifact-error.js';
import { type ArtifactProfile, type LayoutFiles, readArtifact } from '../compose/artifact/read-layout.js';
import { type ArtifactReference, OCI_SCHEME, parseArtifactReference } from '../compose/artifact/reference.js';
import type { ScmpError } from '../errors.js';
import { list } from '../phrases.js';
import { ProfileError } from '../profile/document/profile-error.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { quote } from '../text.js';
import { loadArtifactProfile } from './artifact-profile.js';
import { type Input, noteInput } from './input.js';
import { isLayout } from './layout-folder.js';
import { layoutAt } from './layout-input.js';

/** The tag of a reference that has neither a tag nor a digest, as registries have it. */
const DEFAULT_TAG = 'latest';

/** The error of a name, in words: what is wrong, and what to do. */
type Fail = (message: string, hint: string) => ScmpError;

/**
 * The profile that `oci://NAME[:TAG|@DIGEST]` names, as {@link artifactInput} finds it.
 *
 * @throws {ProfileError} when no layout was named, or none has it
 * @throws {ArtifactError} when a layout cannot be used
 */
export async function artifactBase(
  name: string,
  from: ParsedProfile,
  layouts: readonly string[],
): Promise<ParsedProfile> {
  const fail: Fail = (message, hint) =>
    new ProfileError(
      'PROFILE_INVALID',
      [{ code: 'extends-not-found', message, hint, ...from.locate('extends') }],
      from.source,
    );
  return loadArtifactProfile(await artifactInput(name, layouts, fail));
}

/**
 * The layer of the artifact that `oci://NAME[:TAG|@DIGEST]` names, from the layouts of `--oci-layout`; no registry is asked. In each,
 * it is the artifact with the digest. Or the one whose name in the index is NAME:TAG. Or, where a folder has the layout
 * in a subfolder NAME, the one with the tag.
 *
 * @throws {ArtifactError} when a layout cannot be used; what `fail` makes when no layout was named, or none has it
 */
export async function artifactInput(name: string, layouts: readonly string[], fail: Fail): Promise<Input> {
  const reference = referenceOf(name, fail);
  const bare = name.slice(OCI_SCHEME.length);
  if (layouts.length === 0) {
    throw fail(
      `${quote(name)} is an artifact, and no registry is asked`,
      `copy it (skopeo copy docker://${bare} oci:DIR:${bare}), and give --oci-layout DIR`,
    );
  }
  const found = new Map<string, { artifact: ArtifactProfile; layout: LayoutFiles }>();
  for (const folder of layouts) {
    for (const [layout, refNames] of candidates(folder, reference)) {
      const artifact = await findIn(layout, reference, refNames);
      if (artifact) found.set(artifact.digest, { artifact, layout });
    }
  }
  const [first, ...others] = found.values();
  if (first === undefined) throw fail(`there is no ${quote(name)} in ${list(layouts.map((each) => quote(each)))}`, HOW);
  if (others.length > 0) {
    throw fail(
      `${quote(name)} is several artifacts: ${list([...found.keys()])}`,
      'name one by its digest: oci://NAME@DIGEST',
    );
  }
  const { layer, path, kind } = first.artifact;
  const source = `${first.layout.source}/${path}`;
  noteInput(source, layer);
  return { bytes: layer, source, artifact: kind };
}

/** The name and tag that a reference has, or the tag that registries take then: two such texts may name one artifact. */
export function canonicalReference(text: string): string | undefined {
  try {
    const { name, tag = DEFAULT_TAG, digest } = parseArtifactReference(text);
    return `${OCI_SCHEME}${name}${digest === undefined ? `:${tag}` : `@${digest}`}`;
  } catch (error) {
    if (error instanceof ArtifactError) return undefined;
    throw error;
  }
}

const HOW = 'its name in the index of the layout is NAME:TAG, or the layout is in DIR/NAME and its name is the tag';

function referenceOf(name: string, fail: Fail): ArtifactReference {
  try {
    return parseArtifactReference(name);
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    throw fail(error.message, 'for instance oci://registry.example.com/profiles/web:v1');
  }
}

/** The layouts that a folder may have it in, each with the names that it may have there. */
function candidates(
  folder: string,
  { name, tag = DEFAULT_TAG }: ArtifactReference,
): (readonly [LayoutFiles, readonly string[]])[] {
  const whole = `${name}:${tag}`;
  const within = join(folder, name);
  const own = isLayout(within) ? [[layoutAt(within), [tag, whole]] as const] : [];
  // A folder that is no layout may have some; what is neither is an error.
  return own.length > 0 && !isLayout(folder) ? own : [[layoutAt(folder), [whole]] as const, ...own];
}

async function findIn(
  layout: LayoutFiles,
  { digest }: ArtifactReference,
  refNames: readonly string[],
): Promise<ArtifactProfile | undefined> {
  try {
    return await readArtifact(layout, digest === undefined ? { refNames } : { digest });
  } catch (error) {
    if (error instanceof ArtifactError && error.reason === 'NOT_FOUND') return undefined;
    throw error;
  }
}
