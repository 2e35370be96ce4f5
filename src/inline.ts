/**
 * The same as `libseccomp-wasm` in one file that imports nothing, with libseccomp.wasm inside (a third larger, as base64):
 * for bundlers that leave files beside a module behind, for pages and workers without a bundler, for what cannot fetch. It
 * is a bundle of its own; `instanceof` knows the errors of either by the classes of the other.
 */
export * from './index.js';
