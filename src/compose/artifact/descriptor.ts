import { isJsonObject, type JsonObject, type JsonValue } from '../../profile/document/json-value.js';
import { isDigest } from './digest.js';

/** A descriptor of the OCI image spec (descriptor.md): what a blob is, and how it is verified. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly annotations: ReadonlyMap<string, string>;
  readonly artifactType: string | undefined;
  readonly hasUrls: boolean;
  readonly hasPlatform: boolean;
}

/** A descriptor, or what is wrong with it. */
export function parseDescriptor(value: JsonValue | undefined): Descriptor | string {
  if (!isJsonObject(value)) return 'must be an object';
  const { mediaType, digest, size, urls, platform, annotations, artifactType } = value;
  if (typeof mediaType !== 'string' || mediaType === '') return 'has no "mediaType"';
  if (typeof digest !== 'string') return 'has no "digest"';
  if (!isDigest(digest))
    return `has the digest ${JSON.stringify(digest)}, and only sha256 with 64 lower-case digits is read`;
  if (typeof size !== 'bigint' || size < 0n || size > BigInt(Number.MAX_SAFE_INTEGER)) return 'has no valid "size"';
  return {
    mediaType,
    digest,
    size: Number(size),
    annotations: stringsOf(annotations),
    artifactType: typeof artifactType === 'string' ? artifactType : undefined,
    hasUrls: Array.isArray(urls) && urls.length > 0,
    hasPlatform: isJsonObject(platform),
  };
}

function stringsOf(value: JsonValue | undefined): ReadonlyMap<string, string> {
  const members: JsonObject = isJsonObject(value) ? value : Object.create(null);
  return new Map(Object.entries(members).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])));
}
