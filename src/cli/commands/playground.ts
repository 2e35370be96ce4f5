import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError as InvalidOption } from 'commander';
import { UnsupportedHostError } from '../../errors.js';
import { FileError } from '../input.js';
import { print } from '../output.js';
import { createPlaygroundServer } from '../playground-server.js';

const DEFAULT_PORT = 7337;

export function addPlaygroundCommand(program: Command): void {
  program
    .command('playground')
    .summary('serve the playground: see what a profile does, in a browser')
    .description(
      'Serve the playground on the loopback interface, and print its address. Nothing leaves the browser tab. With --build it is written as a static site instead.',
    )
    .option('--port <port>', 'where to listen; 0 takes any free port', parsePort, DEFAULT_PORT)
    .option(
      '--build <dir>',
      'write the site into a folder, for any static host and any path; it works offline once it was loaded',
    )
    .action(playground);
}

async function playground({ port, build }: { port: number; build?: string }): Promise<void> {
  const folder = fileURLToPath(new URL('./playground', import.meta.url));
  if (!existsSync(folder)) throw new FileError(`${folder}: the playground is not in this build`);
  if (build !== undefined) {
    const { buildSite } = await import('../build-site.js');
    print(`${buildSite(folder, build)}\n`);
    return;
  }
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
