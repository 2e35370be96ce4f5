import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TARBALL = join(
  ROOT,
  'build',
  /^file=(.*)$/m.exec(readFileSync(join(ROOT, 'wasm/libseccomp.lock'), 'utf8'))?.[1] ?? '',
);

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'scmp-build-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Build the wasm from scratch in a folder of its own. */
function build(folder: string, tarball: string): Promise<{ status: number | null; output: string; wasm: string }> {
  const path = join(directory, folder);
  mkdirSync(join(path, 'src/libseccomp'), { recursive: true });
  cpSync(join(ROOT, 'build.sh'), join(path, 'build.sh'));
  cpSync(join(ROOT, 'wasm'), join(path, 'wasm'), { recursive: true });
  return new Promise((resolve, reject) => {
    const child = spawn('./build.sh', ['--wasm'], { cwd: path, env: { ...process.env, LIBSECCOMP_SOURCE: tarball } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output, wasm: join(path, 'build/libseccomp.wasm') }));
  });
}

const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

it('a build in another folder gives the same bytes', { timeout: 240_000 }, async () => {
  const { status, output, wasm } = await build('a folder/with a longer name', TARBALL);
  expect([status, output]).toEqual([0, expect.stringMatching(/^wasm +build\/libseccomp\.wasm/m)]);
  expect(sha256(wasm)).toBe(sha256(join(ROOT, 'build/libseccomp.wasm')));
});

it('a source with another checksum stops the build, and nothing is made of it', async () => {
  const tarball = join(directory, 'other.tar.gz');
  writeFileSync(tarball, Buffer.concat([readFileSync(TARBALL), Buffer.from([0])]));
  const { status, output, wasm } = await build('wrong', tarball);
  expect(status).toBe(1);
  expect(output).toMatch(/another sha256 than wasm\/libseccomp\.lock says/);
  expect(existsSync(wasm)).toBe(false);
});
