/** Where to take libseccomp.wasm from: its address, a fetched response, its bytes, or the compiled module. */
export type WasmSource = string | URL | Response | BufferSource | WebAssembly.Module;

/** The same for synchronous loading: a `file:` address or path works in Node only. */
export type SyncWasmSource = string | URL | BufferSource | WebAssembly.Module;
