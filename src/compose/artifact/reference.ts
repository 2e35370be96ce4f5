import { checkArgument, TEXT } from '../../options.js';
import { quote } from '../../text.js';
import { ArtifactError } from './artifact-error.js';
import { isDigest } from './digest.js';

/** How `extends` and `baseProfileName` say that a profile is an artifact, as the Security Profiles Operator does. */
export const OCI_SCHEME = 'oci://';

/** The name of an artifact, as registries have it. */
export interface ArtifactReference {
  /** `registry.example.com:5000/team/profile`. */
  name: string;
  tag?: string | undefined;
  /** `sha256:…`. It decides where there is a tag too. */
  digest?: string | undefined;
}

const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const HOST =
  '(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::[0-9]{1,5})?';
const NAME = new RegExp(`^(?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const MAX_NAME = 255;

/** Whether a text is a tag. */
export const isTag = (text: string): boolean => TAG.test(text);

/**
 * Read `NAME`, `NAME:TAG`, `NAME@sha256:…` or `NAME:TAG@sha256:…`, with or without `oci://` (the grammar of the OCI
 * distribution spec). No part of such a name is `..`.
 *
 * @throws {ArtifactError} when the text is no such name (`REFERENCE`)
 *
 * @example
 * ```js
 * import { parseArtifactReference } from 'libseccomp-wasm/compose';
 *
 * const { name, tag } = parseArtifactReference('oci://registry.example.com:5000/profiles/web:v2');
 * console.log(name, tag); // registry.example.com:5000/profiles/web v2
 * ```
 */
export function parseArtifactReference(text: string): ArtifactReference {
  checkArgument('parseArtifactReference', 'text', text, TEXT);
  const bare = text.startsWith(OCI_SCHEME) ? text.slice(OCI_SCHEME.length) : text;
  const fail = (message: string) => new ArtifactError('REFERENCE', text, message);
  const [tagged = '', digest, ...more] = bare.split('@');
  if (more.length > 0) throw fail('more than one "@" in the name of an artifact');
  if (digest !== undefined && !isDigest(digest)) {
    throw fail(`${quote(digest)} is no digest: write sha256: and 64 lower-case hexadecimal digits`);
  }
  // A colon before the last slash is that of a port.
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1);
  const name = colon < 0 ? tagged : tagged.slice(0, colon);
  const tag = colon < 0 ? undefined : tagged.slice(colon + 1);
  if (name.length > MAX_NAME || !NAME.test(name)) {
    throw fail(
      `${quote(name)} is no name of an artifact: write oci://REGISTRY/NAME:TAG or oci://REGISTRY/NAME@sha256:…`,
    );
  }
  if (tag !== undefined && !isTag(tag)) {
    throw fail(`${quote(tag)} is no tag: letters, digits, "_", "." and "-", at most 128`);
  }
  return { name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}
