import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { ROOT, scmp } from './scmp.js';

let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
  child = undefined;
});

/** Start the command; the address it prints. */
async function start(...args: string[]): Promise<string> {
  child = spawn(process.execPath, [`${ROOT}dist/scmp.cjs`, 'playground', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  return String(line).trim();
}

/** As fetch, with a path and a Host that fetch would correct. */
function get(address: string, path: string, options: { host?: string; method?: string } = {}): Promise<number> {
  const { port } = new URL(address);
  const headers = options.host === undefined ? {} : { host: options.host };
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method: options.method ?? 'GET', headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

it('serves the page and its files on loopback, with its policy, and ends at a signal', async () => {
  const address = await start('--port', '0');
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  const page = await fetch(address);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  expect(await page.text()).toContain('<title>scmp playground</title>');
  const wasm = await fetch(`${address}libseccomp.wasm`);
  expect(wasm.headers.get('content-type')).toBe('application/wasm');

  child?.kill('SIGTERM');
  const [code] = await once(child as ChildProcess, 'exit');
  expect(code).toBe(0);
});

it('serves nothing else, to nobody else', async () => {
  const address = await start('--port', '0');
  for (const path of [
    '/../scmp.cjs',
    '/%2e%2e/scmp.cjs',
    '/..%2fscmp.cjs',
    '//etc/passwd',
    '/examples',
    '/nothing.js',
  ]) {
    expect([path, await get(address, path)]).toEqual([path, 404]);
  }
  expect(await get(address, '/', { method: 'POST' })).toBe(405);
  expect(await get(address, '/', { method: 'HEAD' })).toBe(200);
  // A page of elsewhere whose name was made to mean 127.0.0.1.
  expect(await get(address, '/', { host: 'evil.example' })).toBe(403);
  expect(await get(address, '/', { host: 'localhost:1' })).toBe(200);
});

it('refuses a port that is none, or taken', async () => {
  expect(scmp(['playground', '--port', '70000'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('65535'),
  });
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const { status, stderr } = scmp(['playground', '--port', String(port)]);
  other.close();
  expect(status).toBe(3);
  expect(stderr).toContain('--port 0');
});
