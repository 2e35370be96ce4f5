import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from './scmp.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'scmp-site-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const build = (dir: string) =>
  spawnSync(process.execPath, [`${ROOT}dist/scmp.cjs`, 'playground', '--build', dir], { encoding: 'utf8' });

it('writes a whole site, the same each time, and over an earlier one', () => {
  const site = join(folder, 'deep/site');
  expect(build(site)).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/\d+ files/) });
  const worker = readFileSync(join(site, 'service-worker.js'), 'utf8');
  const { files } = JSON.parse(/^const SITE = (.*);$/m.exec(worker)?.[1] ?? '') as { files: Record<string, string> };
  const names = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));
  expect(Object.keys(files).sort()).toEqual(
    names.filter((name) => name !== 'service-worker.js' && name !== '.nojekyll').sort(),
  );
  for (const [name, digest] of Object.entries(files)) {
    expect(
      createHash('sha256')
        .update(readFileSync(join(site, name)))
        .digest('hex'),
    ).toBe(digest);
  }
  const html = readFileSync(join(site, 'index.html'), 'utf8');
  expect(html).toMatch(/<html data-offline /);
  expect(html.match(/integrity="sha384-/g)?.length).toBe(3);
  // Any path will do: no address begins at the host's root.
  expect(html.match(/(?:src|href)="\//g)).toBeNull();
  writeFileSync(join(site, 'left-over.txt'), '');
  expect(build(site).status).toBe(0);
  expect(readdirSync(site)).not.toContain('left-over.txt');
  expect(readFileSync(join(site, 'service-worker.js'), 'utf8')).toBe(worker);
});

it("leaves somebody else's folder alone", () => {
  const other = join(folder, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'index.html'), 'mine');
  const { status, stderr } = build(other);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/something else in this folder/)]);
  expect(readdirSync(other)).toEqual(['index.html']);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(build(file).status).toBe(2);
});
