/**
 * The library in one file that imports nothing, with libseccomp.wasm inside (a third larger, as base64). It is for bundlers
 * that leave files beside a module behind, for pages and workers without a bundler, for what cannot fetch. It is a bundle of
 * its own; `instanceof` knows the errors of either by the classes of the other.
 *
 * @packageDocumentation
 */
export * from './bpf/index.js';
export * from './bpf/minimize/index.js';
export * from './check/index.js';
export * from './compose/index.js';
export * from './explain/index.js';
export * from './index.js';
export * from './learn/index.js';
export * from './libseccomp/index.js';
export * from './profile/index.js';
export * from './syscalls/index.js';
