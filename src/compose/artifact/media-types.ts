/** The media type of a seccomp profile as an artifact (KEP-6061, "OCI Artifact Format"). */
export const SECCOMP_PROFILE = 'application/vnd.cncf.seccomp-profile.config.v1+json';

/** What the Security Profiles Operator pushes SeccompProfile objects as (`spoc push`). Runtimes refuse it. */
export const OPERATOR_PROFILE = 'application/vnd.unknown.config.v1+json';

// Of the OCI image spec 1.1 (media-types.md).
export const IMAGE_INDEX = 'application/vnd.oci.image.index.v1+json';
export const IMAGE_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const EMPTY_CONFIG = 'application/vnd.oci.empty.v1+json';

/** Annotations (image spec, annotations.md). */
export const TITLE = 'org.opencontainers.image.title';
export const REF_NAME = 'org.opencontainers.image.ref.name';
/** containerd writes the whole name of an image here, and the tag alone in {@link REF_NAME}. */
export const CONTAINERD_NAME = 'io.containerd.image.name';

/** Bytes. The layer's bound, and so the profile's, is the default that KEP-6061 recommends to runtimes. */
export const MAX_LAYER = 1 << 20;
/** Registries take manifests of at most 4 MiB; one of a profile has 700 bytes. An index of a store may have many entries. */
export const MAX_MANIFEST = 1 << 20;
export const MAX_INDEX = 4 << 20;
