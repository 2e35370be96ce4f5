import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError as InvalidOption } from 'commander';
import { UnsupportedHostError } from '../errors.js';
import { FileError } from './input.js';
import { print } from './output.js';
import { createStaticServer } from './static-server.js';

const DEFAULT_PORT = 7337;

/**
 * What the page may do: load its own files, compile wasm, and nothing else. index.html says the same for hosts that send no
 * headers; only a header can forbid other pages to frame it.
 */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "worker-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; " +
  "trusted-types scmp-playground; frame-ancestors 'none'";

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
};

export function addPlaygroundCommand(program: Command): void {
  program
    .command('playground')
    .summary('serve the playground: see what a profile does, in a browser')
    .description(
      'Serve the playground on the loopback interface, and print its address. Nothing leaves the browser tab.',
    )
    .option('--port <port>', 'where to listen; 0 takes any free port', parsePort, DEFAULT_PORT)
    .action(playground);
}

/** A server of the page that was built into a folder. */
export function createPlaygroundServer(folder: string): Server {
  return createStaticServer(folder, HEADERS);
}

async function playground({ port }: { port: number }): Promise<void> {
  const folder = fileURLToPath(new URL('./playground', import.meta.url));
  if (!existsSync(folder)) throw new FileError(`${folder}: the playground is not in this build`);
  const server = createPlaygroundServer(folder);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'it is in use; --port 0 takes a free one' : cause.message;
      reject(new UnsupportedHostError(`cannot listen on port ${port}: ${reason}`, { cause }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  print(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  server.close();
  server.closeAllConnections();
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidOption('give a port from 0 to 65535');
  return port;
}
