import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scmp } from '../cli/scmp.js';
import { hasOwner, scratchFolder } from './owner.js';

// skopeo copies artifacts between layouts without a registry, and verifies every digest on the way.

describe.skipIf(!hasOwner('skopeo', 'skopeo'))('skopeo', () => {
  const folder = scratchFolder('skopeo');
  afterAll(() => folder.remove());
  const at = (name: string) => join(folder.path, name);
  const skopeo = (...args: string[]) =>
    execFileSync('skopeo', args, { cwd: folder.path, encoding: 'utf8', stdio: 'pipe' });
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = scmp(args, { cwd: folder.path });
    return { status, stdout: stdout.toString(), stderr };
  };
  const NAME = 'registry.example.com:5000/profiles/web:v1';
  writeFileSync(at('p.list'), 'default errno EPERM\nallow read, write\n');

  it('copies what scmp writes, to a folder and to an archive, with the same digest', () => {
    const digest = run('convert', 'p.list', '--to', 'artifact', '-o', 'store').stdout.trim();
    skopeo('copy', 'oci:store', 'oci:copy');
    skopeo('copy', 'oci:store', 'oci-archive:copy.tar');
    const manifest = skopeo('inspect', '--raw', 'oci:copy');
    expect(manifest).toBe(readFileSync(at(`store/blobs/sha256/${digest.slice(7)}`), 'utf8'));
    for (const input of ['copy', 'copy.tar', `oci:copy@${digest}`]) {
      expect(run('diff', input, 'p.list', '--arch', 'x86_64')).toMatchObject({ status: 0, stderr: '' });
    }
  });

  it('finds by name what scmp named, and scmp what skopeo named', () => {
    run('convert', 'p.list', '--to', 'artifact', '-o', 'named', '--name', NAME);
    skopeo('copy', `oci:named:${NAME}`, 'oci:tagged:v1');
    expect(run('simulate', 'oci:tagged:v1', 'read').stdout).toContain('ALLOW');
    skopeo('copy', 'oci:tagged:v1', `oci:renamed:${NAME}`);
    writeFileSync(at('own.json'), JSON.stringify({ extends: `oci://${NAME}` }));
    expect(run('simulate', 'own.json', 'read', '--oci-layout', 'renamed').stdout).toContain('ALLOW');
    // A second one beside it: skopeo keeps the first, as scmp does.
    skopeo('copy', 'oci:tagged:v1', 'oci:renamed:v2');
    expect(run('simulate', 'own.json', 'read', '--oci-layout', 'renamed').stdout).toContain('ALLOW');
    run('convert', 'p.list', '--to', 'artifact', '-o', 'renamed', '--name', 'v3');
    for (const name of [NAME, 'v2', 'v3']) skopeo('inspect', '--raw', `oci:renamed:${name}`);
  });
});
