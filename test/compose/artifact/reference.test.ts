import { describe, expect, it } from 'vitest';
import { ArtifactError } from '../../../src/compose/artifact/artifact-error.js';
import { parseArtifactReference } from '../../../src/compose/artifact/reference.js';

const DIGEST = `sha256:${'0'.repeat(64)}`;

describe('the name of an artifact', () => {
  it.each([
    ['oci://ghcr.io/profiles/runc:v1.1.5', { name: 'ghcr.io/profiles/runc', tag: 'v1.1.5' }],
    ['localhost:5000/web', { name: 'localhost:5000/web' }],
    ['localhost:5000/web:v1', { name: 'localhost:5000/web', tag: 'v1' }],
    [`ghcr.io/a/b@${DIGEST}`, { name: 'ghcr.io/a/b', digest: DIGEST }],
    [`ghcr.io/a/b:v1@${DIGEST}`, { name: 'ghcr.io/a/b', tag: 'v1', digest: DIGEST }],
    ['a__b/c--d/e.f', { name: 'a__b/c--d/e.f' }],
  ])('is read: %s', (text, reference) => {
    expect(parseArtifactReference(text)).toEqual(reference);
  });

  it.each([
    '',
    'oci://',
    '../profiles',
    'ghcr.io/../etc',
    'ghcr.io/a/..',
    '/etc/passwd',
    'ghcr.io//b',
    'ghcr.io/A',
    'ghcr.io/a:',
    'ghcr.io/a:..',
    'ghcr.io/a:v1/../x',
    `ghcr.io/a:${'t'.repeat(129)}`,
    'ghcr.io/a@sha256:00',
    `ghcr.io/a@sha512:${'0'.repeat(128)}`,
    `ghcr.io/a@${DIGEST}@${DIGEST}`,
    `ghcr.io/${'a'.repeat(300)}`,
    'ghcr.io/a\nb',
  ])('is refused: %j', (text) => {
    expect(() => parseArtifactReference(text)).toThrow(ArtifactError);
    expect(() => parseArtifactReference(text)).toThrow(expect.objectContaining({ reason: 'REFERENCE' }));
  });
});
