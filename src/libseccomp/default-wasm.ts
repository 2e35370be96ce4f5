import type { SyncWasmSource } from './wasm-source.js';

/**
 * The place of libseccomp.wasm if the caller names none: beside this module, wherever a bundler or a server puts it.
 * Written out in full at its place of use, so that bundlers see the asset (Vite, webpack 5, Rollup's plugins). For the
 * entry `libseccomp-wasm/inline`, scripts/bundle-inline.mjs puts the module's bytes in the place of this file.
 */
export const defaultWasm = (): SyncWasmSource => new URL('./libseccomp.wasm', import.meta.url);
