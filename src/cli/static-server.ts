import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

/**
 * A server of one folder's files and nothing else: they are listed when it is made, so that no request names a path.
 * Host names other than loopback's are refused: a foreign page could otherwise reach the server under its own name (DNS
 * rebinding).
 */
export function createStaticServer(folder: string, headers: Readonly<Record<string, string>>): Server {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, sep).length));
  const files = new Map(names.map((name) => [`/${name.split(sep).join('/')}`, join(folder, name)]));

  return createServer((request, response) => {
    const refuse = (status: number) => {
      response.writeHead(status, { ...headers, 'content-type': 'text/plain' });
      response.end(`${status}\n`);
    };
    const { method, url = '/' } = request;
    if (!isLoopback(request.headers.host)) return refuse(403);
    if (method !== 'GET' && method !== 'HEAD') return refuse(405);
    const path = url.replace(/[?#].*$/, '');
    const file = files.get(path === '/' ? '/index.html' : path);
    if (file === undefined) return refuse(404);
    send(response, file, headers, method === 'HEAD');
  });
}

function send(
  response: ServerResponse,
  file: string,
  headers: Readonly<Record<string, string>>,
  isHead: boolean,
): void {
  const content = readFileSync(file);
  const type = MEDIA_TYPES[extname(file)] ?? 'application/octet-stream';
  response.writeHead(200, { ...headers, 'content-type': type, 'content-length': content.length });
  response.end(isHead ? undefined : content);
}

function isLoopback(host: string | undefined): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host ?? '');
}
