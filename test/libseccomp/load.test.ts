import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  FilterContext,
  type Libseccomp,
  loadLibseccomp,
  loadLibseccompSync,
  WasmModuleError,
} from '../../src/libseccomp/index.js';
import type { SyncWasmSource, WasmSource } from '../../src/libseccomp/wasm-source.js';

const url = new URL('../../src/libseccomp/libseccomp.wasm', import.meta.url);
const path = fileURLToPath(url);
const bytes = new Uint8Array(readFileSync(url));
const wasmHeaders = { 'content-type': 'application/wasm' };

/** The smallest valid module: it exports nothing. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
/** A module that imports `elsewhere.f`, which nobody provides. */
const STRANGE_IMPORT = Uint8Array.of(
  ...EMPTY_MODULE,
  ...[1, 4, 1, 0x60, 0, 0],
  ...[2, 15, 1, 9, ...Buffer.from('elsewhere'), 1, ...Buffer.from('f'), 0, 0],
);

/** The instance works: it compiles a filter. */
function expectUsable(libseccomp: Libseccomp): void {
  using filter = new FilterContext(libseccomp, { defaultAction: { kind: 'ALLOW' }, architecture: 'x86_64' });
  filter.addRule({ kind: 'ERRNO', data: 1 }, 'getcwd');
  expect(filter.exportBpf().length).toBeGreaterThan(8);
}

/** Both ways of loading fail, with the typed error. */
async function expectRefused(wasm: SyncWasmSource, message: RegExp): Promise<void> {
  const error = await loadLibseccomp({ wasm }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WasmModuleError);
  expect(error).toMatchObject({ code: 'WASM_MODULE', message: expect.stringMatching(message) });
  expect(() => loadLibseccompSync({ wasm })).toThrow(WasmModuleError);
}

describe('loads the module', () => {
  const sources: [string, () => WasmSource | Promise<WasmSource>][] = [
    ['a file URL', () => url],
    ['a file URL as a string', () => url.href],
    ['a path', () => path],
    ['bytes', () => bytes],
    ['a part of a larger buffer', () => new Uint8Array([9, ...bytes, 9]).subarray(1, -1)],
    ['an ArrayBuffer', () => bytes.buffer],
    ['a Node Buffer', () => readFileSync(path)],
    ['a compiled module', () => new WebAssembly.Module(bytes)],
    ['a response', () => new Response(bytes, { headers: wasmHeaders })],
    ['a response of another media type', () => new Response(bytes, { headers: { 'content-type': 'text/plain' } })],
    ['a response without a media type', () => new Response(bytes)],
    ['a promise of a response', () => Promise.resolve(new Response(bytes, { headers: wasmHeaders }))],
  ];

  it.each(sources)('from %s', async (_, wasm) => {
    expectUsable(await loadLibseccomp({ wasm: wasm() as WasmSource }));
  });

  it.each(sources.slice(0, 8))('from %s, without waiting', (_, wasm) =>
    expectUsable(loadLibseccompSync({ wasm: wasm() as SyncWasmSource })),
  );

  it('from beside itself when told nothing', async () => {
    expectUsable(await loadLibseccomp());
    expectUsable(loadLibseccompSync());
  });

  it('and says which release it is', async () => {
    const lock = readFileSync(new URL('../../wasm/libseccomp.lock', import.meta.url), 'utf8');
    expect(`version=${(await loadLibseccomp()).version}`).toBe(lock.match(/^version=.*$/m)?.[0]);
  });
});

describe('refuses', () => {
  it.each<[string, SyncWasmSource, RegExp]>([
    ['a missing file', pathToFileURL('/nonexistent/libseccomp.wasm'), /nonexistent.*ENOENT/],
    ['a missing path', '/nonexistent/libseccomp.wasm', /nonexistent.*ENOENT/],
    ['a directory', fileURLToPath(new URL('.', url)), /EISDIR/],
    ['an empty string', '', /cannot load/],
    ['no bytes', new Uint8Array(0), /cannot load/],
    ['text', new TextEncoder().encode('<!doctype html>'), /cannot load/],
    ['a module cut off', bytes.slice(0, 1000), /cannot load/],
    ['a module with a changed byte', bytes.map((byte, at) => (at === 8 ? byte ^ 0xff : byte)), /cannot load/],
    ['another module', EMPTY_MODULE, /not this package's libseccomp.*memory.*seccomp_init/s],
    ['another compiled module', new WebAssembly.Module(EMPTY_MODULE), /not this package's libseccomp/],
    ['a module that asks for more than we have', STRANGE_IMPORT, /cannot be instantiated.*elsewhere/s],
  ])('%s', (_, wasm, message) => expectRefused(wasm, message));

  it('what is no source at all', async () => {
    await expectRefused(42 as unknown as SyncWasmSource, /cannot load/);
    await expectRefused(null as unknown as SyncWasmSource, /cannot load/);
    await expectRefused({} as SyncWasmSource, /cannot load/);
  });

  it('an HTTP error', async () => {
    const loading = loadLibseccomp({ wasm: new Response('gone', { status: 410, headers: wasmHeaders }) });
    await expect(loading).rejects.toThrow(WasmModuleError);
    await expect(loading).rejects.toThrow('HTTP status 410');
  });

  it('a web page, which servers of single-page applications send for what they do not have', async () => {
    const page = new Response('<!doctype html>', { headers: { 'content-type': 'text/html; charset=utf-8' } });
    await expect(loadLibseccomp({ wasm: page })).rejects.toThrow(/is a web page.*bundlers\.md/);
  });

  it('a response whose body was read already', async () => {
    const response = new Response(bytes, { headers: wasmHeaders });
    await response.arrayBuffer();
    await expect(loadLibseccomp({ wasm: response })).rejects.toThrow(WasmModuleError);
  });

  it('to fetch without waiting', () => {
    expect(() => loadLibseccompSync({ wasm: 'http://127.0.0.1:1/libseccomp.wasm' })).toThrow(/synchronously/);
  });
});

describe('over http', () => {
  let server: Server;
  let base: string;
  let requests = 0;

  beforeAll(async () => {
    server = createServer((request, response) => {
      requests++;
      const status = request.url === '/missing.wasm' ? 404 : 200;
      const type = request.url === '/plain.wasm' ? 'application/octet-stream' : 'application/wasm';
      response.writeHead(status, { 'content-type': type, 'content-length': bytes.length }).end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(['/libseccomp.wasm', '/plain.wasm'])('loads %s, as a string and as a URL', async (name) => {
    expectUsable(await loadLibseccomp({ wasm: base + name }));
    expectUsable(await loadLibseccomp({ wasm: new URL(base + name) }));
  });

  it('names the address and the status of what is not there', async () => {
    await expect(loadLibseccomp({ wasm: `${base}/missing.wasm` })).rejects.toThrow(
      `cannot load libseccomp.wasm from ${base}/missing.wasm: HTTP status 404`,
    );
  });

  it('says so when nobody answers', async () => {
    // A port that was free a moment ago.
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await expect(loadLibseccomp({ wasm: `http://127.0.0.1:${port}/libseccomp.wasm` })).rejects.toThrow(WasmModuleError);
  });

  it('fetches each time it is told an address', async () => {
    const before = requests;
    await Promise.all([1, 2].map(() => loadLibseccomp({ wasm: `${base}/libseccomp.wasm` })));
    expect(requests - before).toBe(2);
  });
});

describe('two instances', () => {
  it('share no memory and no settings', () => {
    const one = loadLibseccompSync();
    const other = loadLibseccompSync();
    expect(one.raw.memory).not.toBe(other.raw.memory);

    one.setApiLevel(3);
    expect(one.getApiLevel()).toBe(3);
    expect(other.getApiLevel()).toBe(7);

    // The level decides which actions there are.
    const options = { defaultAction: { kind: 'ALLOW' }, architecture: 'x86_64' } as const;
    using strict = new FilterContext(one, options);
    using lax = new FilterContext(other, options);
    expect(() => strict.addRule({ kind: 'NOTIFY' }, 'getcwd')).toThrow(/EINVAL/);
    lax.addRule({ kind: 'NOTIFY' }, 'getcwd');
  });

  it('each know their own native architecture', () => {
    const [one, other] = [loadLibseccompSync(), loadLibseccompSync()];
    using arm = new FilterContext(one, { defaultAction: { kind: 'ALLOW' }, architecture: 'aarch64' });
    using intel = new FilterContext(other, { defaultAction: { kind: 'ALLOW' }, architecture: 'x86_64' });
    expect(arm.hasArchitecture('aarch64')).toBe(true);
    expect(intel.hasArchitecture('aarch64')).toBe(false);
  });

  it('do not merge each other’s filters', () => {
    using one = new FilterContext(loadLibseccompSync(), { defaultAction: { kind: 'ALLOW' }, architecture: 'x86' });
    using other = new FilterContext(loadLibseccompSync(), { defaultAction: { kind: 'ALLOW' }, architecture: 'arm' });
    expect(() => one.merge(other)).toThrow('two libseccomp instances');
    // Both are what they were.
    expect(other.hasArchitecture('arm')).toBe(true);
    expect(one.hasArchitecture('arm')).toBe(false);
  });
});
