import { ScmpError } from '../../errors.js';
import { printable } from '../../text.js';

/** Why an OCI image layout, or what is in it, cannot be used. */
export type ArtifactFault =
  /** A reference that is not `NAME`, `NAME:TAG` or `NAME@DIGEST`. */
  | 'REFERENCE'
  /** There is no `oci-layout`, or it is of a version that is not read. */
  | 'LAYOUT'
  /** No artifact of that name or digest. */
  | 'NOT_FOUND'
  /** A blob that a descriptor names is not there. */
  | 'BLOB'
  /** Several artifacts, and the caller does not say which. */
  | 'AMBIGUOUS'
  /** An index, a manifest or a descriptor that does not follow the OCI image spec. */
  | 'MANIFEST'
  /** A blob whose digest is not the one in its descriptor. */
  | 'DIGEST'
  /** A blob of another size than its descriptor says, or of more bytes than are read. */
  | 'SIZE'
  /** What it holds is no seccomp profile, by its media types. */
  | 'MEDIA_TYPE'
  /** Not exactly one layer with a profile. */
  | 'LAYERS';

/**
 * An OCI image layout, or an artifact in it, that cannot be used. `reason` says why; nothing of it was taken.
 *
 * @example
 * ```js
 * import { ArtifactError, parseArtifactReference } from 'libseccomp-wasm/compose';
 *
 * try {
 *   parseArtifactReference('../profiles');
 * } catch (error) {
 *   console.log(error instanceof ArtifactError, error.reason); // true REFERENCE
 * }
 * ```
 */
export class ArtifactError extends ScmpError {
  static override readonly brand = 'ArtifactError';
  readonly code = 'INVALID_ARTIFACT';

  constructor(
    readonly reason: ArtifactFault,
    /** The layout, or the reference. */
    readonly source: string,
    message: string,
  ) {
    super(`${printable(source)}: ${printable(message)}`);
  }
}
