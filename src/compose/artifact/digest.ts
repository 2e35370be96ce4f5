/** `sha256:` and 64 hexadecimal digits: the digest of bytes (image spec, descriptor.md). */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  const hash = await globalThis.crypto.subtle.digest('SHA-256', new Uint8Array(bytes));
  const hex = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `sha256:${hex}`;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Whether a text is a SHA-256 digest, the only kind that is read. A blob's path is made of nothing else. */
export const isDigest = (text: string): boolean => DIGEST.test(text);

/** Where a layout has the blob of a digest. */
export const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`;
