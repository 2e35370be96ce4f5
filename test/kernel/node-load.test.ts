import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';
import { nodeOf } from '../package/installed-package.js';

/** How long the program is kept busy: a minute. */
const SECONDS = Number(process.env.NODE_LOAD_SECONDS ?? 60);

/**
 * Serves HTTP, starts Workers and child processes, makes and reads files and waits for timers, again and again, and prints
 * how often. Any error ends it. The pauses leave the machine to the other tests.
 */
function load(seconds: number): void {
  const { createServer } = require('node:http') as typeof import('node:http');
  const { mkdtemp, readFile, rm, writeFile } = require('node:fs/promises') as typeof import('node:fs/promises');
  const { execFile } = require('node:child_process') as typeof import('node:child_process');
  const { Worker } = require('node:worker_threads') as typeof import('node:worker_threads');
  const { setTimeout: pause } = require('node:timers/promises') as typeof import('node:timers/promises');
  const { randomBytes, scrypt } = require('node:crypto') as typeof import('node:crypto');
  const end = Date.now() + seconds * 1000;
  const counts: Record<string, number> = {};
  const again = async (name: string, milliseconds: number, task: () => Promise<unknown>) => {
    counts[name] = 0;
    for (; Date.now() < end; counts[name]++) {
      await task();
      await pause(milliseconds);
    }
  };
  const server = createServer(async (request, response) => {
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk);
    response.end(Buffer.concat(body));
  });
  server.listen(0, '127.0.0.1', async () => {
    const url = `http://127.0.0.1:${(server.address() as import('node:net').AddressInfo).port}/`;
    const folder = await mkdtemp('load-');
    await Promise.all([
      again('http', 1500, async () => {
        const body = randomBytes(20_000).toString('hex');
        const answer = await fetch(url, { method: 'POST', body });
        if ((await answer.text()) !== body) throw new Error('another answer');
      }),
      again('fs', 1500, async () => {
        const bytes = randomBytes(100_000);
        await writeFile(`${folder}/file`, bytes);
        if (!bytes.equals(await readFile(`${folder}/file`))) throw new Error('another file');
        await rm(`${folder}/file`);
      }),
      again(
        'worker',
        2000,
        () => new Promise((resolve, reject) => new Worker('1', { eval: true }).on('error', reject).on('exit', resolve)),
      ),
      again(
        'child',
        1500,
        () =>
          new Promise((resolve, reject) =>
            execFile('sh', ['-c', 'echo a | cat'], (error, out) =>
              out === 'a\n' ? resolve(out) : reject(error ?? new Error(`another output: ${out}`)),
            ),
          ),
      ),
      again(
        'crypto',
        2000,
        () => new Promise((resolve, reject) => scrypt('a', 'b', 16, (error) => (error ? reject(error) : resolve(0)))),
      ),
      again('timer', 100, async () => {}),
    ]);
    await rm(folder, { recursive: true });
    server.close();
    console.log(JSON.stringify(counts));
  });
}

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('the built-in profile node', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-load-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // At once, so that it is one minute for all.
  it.concurrent.each([process.version, 'v22.23.3', 'v24.21.0'])(
    `keeps a program of Node.js %s going for ${SECONDS} seconds`,
    { timeout: SECONDS * 3000 + 60_000 },
    async (version) => {
      const node = version === process.version ? process.execPath : await nodeOf(version.slice(1));
      if (!node) return;
      const script = join(folder, `${version}.cjs`);
      writeFileSync(script, `(${load})(${SECONDS});`);
      const child = spawn(
        process.execPath,
        [`${ROOT}dist/scmp.cjs`, 'run', '--profile', 'builtin:node', '--', node, script],
        { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const counts = JSON.parse(stdout) as Record<string, number>;
      expect(Object.keys(counts).sort()).toEqual(['child', 'crypto', 'fs', 'http', 'timer', 'worker']);
      for (const [name, count] of Object.entries(counts)) expect(count, name).toBeGreaterThan(SECONDS / 4);
    },
  );
});
