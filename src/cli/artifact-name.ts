import { isTag, parseArtifactReference } from '../compose/artifact/reference.js';
import { InvalidArgumentError } from '../errors.js';
import { quote } from '../text.js';

/** What a layout is to call an artifact: a tag, or a whole name with its tag. */
export function artifactName(name: string): string {
  if (isTag(name)) return name;
  if (parseArtifactReference(name).digest === undefined) return name;
  throw new InvalidArgumentError(`--name ${quote(name)}: the digest follows from the profile: give a tag, or NAME:TAG`);
}
