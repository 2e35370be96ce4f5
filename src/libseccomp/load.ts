import { ScmpError } from '../errors.js';
import { ANYTHING, checkOptions } from '../options.js';
import { defaultWasm } from './default-wasm.js';
import { Libseccomp } from './libseccomp.js';
import { WasmModuleError } from './libseccomp-error.js';
import type { SyncWasmSource, WasmSource } from './wasm-source.js';

export interface LoadOptions<Source = WasmSource | PromiseLike<WasmSource>> {
  /** Default: `libseccomp.wasm` beside this module, wherever a bundler or a server puts it. */
  wasm?: Source;
}

let defaultModule: Promise<WebAssembly.Module> | undefined;
let defaultModuleSync: WebAssembly.Module | undefined;

/**
 * Load libseccomp: a new instance with its own memory and settings. The default module is compiled once.
 *
 * @throws {WasmModuleError} when the address cannot be read, or has another module than this package's
 * @throws {InvalidArgumentError} when an option is unknown
 *
 * @example
 * ```js
 * import { loadLibseccomp } from 'libseccomp-wasm/libseccomp';
 *
 * const libseccomp = await loadLibseccomp();
 * console.log(libseccomp.resolveSyscallName('ptrace', 'x86_64')); // 101
 * ```
 */
export async function loadLibseccomp(options: LoadOptions = {}): Promise<Libseccomp> {
  checkOptions('loadLibseccomp', options, { wasm: [ANYTHING] });
  if (options.wasm !== undefined) return new Libseccomp(await compile(options.wasm));
  if (defaultModuleSync) return new Libseccomp(defaultModuleSync);
  // A failed attempt is not remembered: the next one may find the network back.
  defaultModule ??= compile(defaultWasm()).catch((error) => {
    defaultModule = undefined;
    throw error;
  });
  return new Libseccomp(await defaultModule);
}

/**
 * As {@link loadLibseccomp} without waiting. Without an argument it reads the file beside this module, which works in
 * Node only. A browser passes bytes or a module, and only in a worker: engines limit what they compile synchronously on
 * the main thread.
 *
 * @throws {WasmModuleError} when the file cannot be read, or has another module than this package's
 * @throws {InvalidArgumentError} when an option is unknown
 *
 * @example
 * ```js
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * const libseccomp = loadLibseccompSync();
 * console.log(libseccomp.resolveSyscallName('ptrace', 'aarch64')); // 117
 * ```
 */
export function loadLibseccompSync(options: LoadOptions<SyncWasmSource> = {}): Libseccomp {
  checkOptions('loadLibseccompSync', options, { wasm: [ANYTHING] });
  if (options.wasm !== undefined) return new Libseccomp(compileSync(options.wasm));
  defaultModuleSync ??= compileSync(defaultWasm());
  return new Libseccomp(defaultModuleSync);
}

async function compile(given: WasmSource | PromiseLike<WasmSource>): Promise<WebAssembly.Module> {
  return wrapErrors(given, async () => {
    const source = await given;
    if (source instanceof WebAssembly.Module) return source;
    if (typeof source === 'string' || source instanceof URL) {
      const file = fileUrl(source);
      return file ? WebAssembly.compile(readFile(file)) : compileResponse(await fetch(source));
    }
    return isResponse(source) ? compileResponse(source) : WebAssembly.compile(source);
  });
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/html')) {
    throw new Error(
      'what is there is a web page; a bundler or development server left the file behind: see docs/guides/bundlers.md ' +
        "(in Vite, optimizeDeps: { exclude: ['libseccomp-wasm'] }), or import libseccomp-wasm/inline",
    );
  }
  // Streaming needs the media type application/wasm, which not every server sends.
  const streams = type.startsWith('application/wasm');
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

function compileSync(source: SyncWasmSource): WebAssembly.Module {
  if (source instanceof WebAssembly.Module) return source;
  try {
    if (typeof source !== 'string' && !(source instanceof URL)) return new WebAssembly.Module(source);
    const file = fileUrl(source);
    if (!file) throw new Error('only a file can be read synchronously; pass bytes or a WebAssembly.Module');
    return new WebAssembly.Module(readFile(file));
  } catch (error) {
    throw wasmError(source, error);
  }
}

async function wrapErrors<T>(source: unknown, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw wasmError(source, error);
  }
}

function wasmError(source: unknown, cause: unknown): ScmpError {
  if (cause instanceof ScmpError) return cause;
  const where = typeof source === 'string' || source instanceof URL ? ` from ${source}` : '';
  return new WasmModuleError(`cannot load libseccomp.wasm${where}: ${(cause as Error).message}`, { cause });
}

function isResponse(source: object): source is Response {
  return typeof Response === 'function' && source instanceof Response;
}

/** The `file:` address in Node (also for a plain path), undefined for one to be fetched. */
function fileUrl(source: string | URL): URL | string | undefined {
  if (source instanceof URL) return source.protocol === 'file:' ? source : undefined;
  if (/^(https?|data|blob):/i.test(source)) return undefined;
  if (/^file:/i.test(source)) return new URL(source);
  return nodeFs() ? source : undefined;
}

function readFile(file: URL | string): Uint8Array<ArrayBuffer> {
  const fs = nodeFs();
  if (!fs) throw new Error('there is no file system here; pass an http(s) address, bytes or a WebAssembly.Module');
  return new Uint8Array(fs.readFileSync(file));
}

/** Node's `fs` without an import that would break a browser's bundle (process.getBuiltinModule, Node 20.16). */
function nodeFs(): { readFileSync(file: URL | string): Uint8Array } | undefined {
  return globalThis.process?.getBuiltinModule?.('node:fs');
}
