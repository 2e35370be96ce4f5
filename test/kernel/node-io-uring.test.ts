import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { isOnPath } from '../on-path.js';
import { nodeOf } from '../package/installed-package.js';

// docs/field/kernel.md: a filter that is written for Node 20 meets calls of io_uring in Node 22 and 24, at every start.

const canTrace = process.platform === 'linux' && process.arch === 'x64' && isOnPath('strace');
if (!canTrace) {
  if (process.env.CI && process.platform === 'linux')
    throw new Error('strace is missing: ./build.sh --test installs it');
  console.warn('SKIPPED node-io-uring.test.ts: it takes Linux on x86_64 and strace');
}

/** How many times io_uring_setup(2) is called by a program of Node's that does nothing. */
function rings(node: string, environment: Record<string, string> = {}): number {
  const { status, stderr } = spawnSync(
    'strace',
    ['-f', '-qq', '-e', 'trace=io_uring_setup', '-e', 'signal=none', node, '-e', '0'],
    { encoding: 'utf8', env: { PATH: process.env.PATH, ...environment } },
  );
  expect(status, stderr).toBe(0);
  return stderr.split('\n').filter((line) => line.includes('io_uring_setup(')).length;
}

it.skipIf(!canTrace)('Node 22 and 24 set io_uring up at every start, whatever UV_USE_IO_URING says', async () => {
  for (const version of ['22.23.3', '24.21.0']) {
    const node = await nodeOf(version);
    if (!node) continue; // it was said
    for (const environment of [{}, { UV_USE_IO_URING: '0' }, { UV_USE_IO_URING: '1' }]) {
      expect(rings(node, environment), `${version} ${JSON.stringify(environment)}`).toBeGreaterThan(0);
    }
  }
});

it.skipIf(!canTrace || !process.version.startsWith('v20.'))('Node 20 does so when it is asked to', () => {
  expect(rings(process.execPath)).toBe(0);
  expect(rings(process.execPath, { UV_USE_IO_URING: '1' })).toBeGreaterThan(0);
});
