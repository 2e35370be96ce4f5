/** The release in libseccomp.wasm: made by build.sh of wasm/libseccomp.lock. */
export const LIBSECCOMP_VERSION = '2.6.0';
