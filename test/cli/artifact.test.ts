import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-artifact-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) => {
  const { status, stdout, stderr } = scmp(args, { cwd: folder });
  return { status, stdout: stdout.toString(), stderr };
};
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const files = (path: string) =>
  readdirSync(join(folder, path), { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => [file, readFileSync(file, 'utf8')]);

write(
  'p.json',
  '{"defaultAction": "SCMP_ACT_ERRNO",\n "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "comment": "why"}]}',
);
write('other.list', 'default errno EPERM\nallow close\n');
write('notify.list', 'default errno EPERM\nallow read\nnotify mount\n');
const DIGEST = /^sha256:[0-9a-f]{64}\n$/;
const NAME = 'registry.example.com:5000/profiles/web:v1';

describe('scmp convert --to artifact', () => {
  it('writes a layout, prints the digest, and writes the same bytes again', () => {
    const first = run('convert', 'p.json', '--to', 'artifact', '-o', 'store');
    expect(first).toEqual({ status: 0, stdout: expect.stringMatching(DIGEST), stderr: '' });
    const written = files('store');
    expect(written.map(([name]) => name).filter((name) => name?.includes('/blobs/'))).toHaveLength(3);
    expect(run('convert', 'p.json', '--to', 'artifact', '-o', 'store/')).toEqual(first);
    expect(files('store')).toEqual(written);
    expect(run('convert', 'p.json', '--to', 'artifact', '-o', 'again').stdout).toBe(first.stdout);
  });

  it('is read by every command, by its folder, its name and its digest', () => {
    const digest = run('convert', 'p.json', '--to', 'artifact', '-o', 'named', '--name', 'v1').stdout.trim();
    run('convert', 'other.list', '--to', 'artifact', '-o', 'named', '--name', 'v2');
    for (const input of ['store', 'oci:store', 'oci:named:v1', `oci:named@${digest}`]) {
      expect(run('simulate', input, 'read', '--arch', 'x86_64').stdout).toContain('ALLOW');
      expect(run('diff', input, 'p.json', '--arch', 'x86_64').status).toBe(0);
    }
    expect(run('simulate', 'oci:named:v2', 'read').stdout).toContain('ERRNO(EPERM)');
    expect(run('compile', 'oci:named:v2', '--format', 'hex').status).toBe(0);
    expect(run('explain', 'named')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('several artifacts: "v1" and "v2"'),
    });
    expect(run('explain', 'oci:named:v3')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('there is no "v3" in it'),
    });
  });

  it('says what runtimes would refuse, each at its line, and writes nothing', () => {
    const before = files('store');
    const { status, stdout, stderr } = run('convert', 'notify.list', '--to', 'artifact', '-o', 'store');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^scmp: notify\.list:3:\d+: .*SCMP_ACT_NOTIFY needs a listener/);
    expect(files('store')).toEqual(before);
    expect(run('convert', 'notify.list', '--to', 'artifact', '-o', 'new').status).toBe(2);
    expect(readdirSync(folder)).not.toContain('new');
  });

  it('writes into nothing that is no layout', () => {
    mkdirSync(join(folder, 'mine'));
    write('mine/letter.txt', 'x');
    mkdirSync(join(folder, 'broken'));
    write('broken/oci-layout', '{"imageLayoutVersion":"1.0.0"}');
    write('broken/index.json', '{');
    for (const place of ['mine', 'broken', 'p.json']) {
      const { status, stderr } = run('convert', 'p.json', '--to', 'artifact', '-o', place);
      expect([place, status, stderr]).toEqual([place, 2, expect.stringMatching(/^scmp: \S+: /)]);
    }
    expect(readdirSync(join(folder, 'mine'))).toEqual(['letter.txt']);
    expect(run('convert', 'p.json', '--to', 'artifact')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('-o DIR'),
    });
  });

  it('leaves a layout as it was where it cannot write', () => {
    run('convert', 'p.json', '--to', 'artifact', '-o', 'fixed');
    run('convert', 'other.list', '--to', 'artifact', '-o', 'next');
    const before = files('fixed');
    const [layer] = files('next').find(([, text]) => text?.includes('"close"')) as [string];
    // Nothing can be put in the place of a folder.
    mkdirSync(layer.replace('/next/', '/fixed/'));
    expect(run('convert', 'other.list', '--to', 'artifact', '-o', 'fixed').status).toBe(2);
    expect(files('fixed')).toEqual(before);
  });

  it('decides conditional entries for a target, one layout for each', () => {
    write('caps.list', 'default errno EPERM\nallow read\nwhen cap CAP_BPF: allow bpf\n');
    expect(run('convert', 'caps.list', '--to', 'artifact', '-o', 'c')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--arch'),
    });
    const both = ['--arch', 'x86_64,arm64', '--cap', 'bpf'];
    expect(run('convert', 'caps.list', '--to', 'artifact', '-o', 'c', ...both).status).toBe(2);
    const { stdout } = run('convert', 'caps.list', '--to', 'artifact', '-o', 'c-%a', ...both);
    expect(stdout).toMatch(/^sha256:\w{64} {2}c-x86_64\nsha256:\w{64} {2}c-aarch64\n$/);
    expect(run('simulate', 'c-aarch64', 'bpf', '--arch', 'arm64').stdout).toContain('ALLOW');
  });
});

describe('an artifact that is not what it says', () => {
  it('is an error with what and where, and no file of this machine is read for it', () => {
    run('convert', 'p.json', '--to', 'artifact', '-o', 'bad');
    const [layer] = files('bad').find(([, text]) => text?.includes('"read"')) as [string];
    writeFileSync(layer, readFileSync(layer, 'utf8').replace('"read"', '"open"'));
    expect(run('explain', 'bad')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^scmp: bad: the layer is not what its digest says/),
    });
    rmSync(layer);
    symlinkSync('/dev/zero', layer);
    expect(run('explain', 'bad')).toMatchObject({ status: 2, stderr: expect.stringContaining('is no regular file') });
  });

  it('is not fixed in place, which its digest would no longer fit', () => {
    const before = files('store');
    expect(run('check', '--fix', 'store')).toMatchObject({ status: 2, stderr: expect.stringContaining('an artifact') });
    expect(files('store')).toEqual(before);
  });
});

describe('oci:// in extends and baseProfileName', () => {
  write('own.json', `{"extends": "oci://${NAME}", "syscalls": [{"names": ["open"], "action": "SCMP_ACT_ALLOW"}]}`);
  write(
    'own.yaml',
    `apiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\nmetadata: {name: own}\nspec:\n  baseProfileName: oci://${NAME}\n  defaultAction: SCMP_ACT_ERRNO\n  syscalls: [{names: [open], action: SCMP_ACT_ALLOW}]\n`,
  );
  run('convert', 'p.json', '--to', 'artifact', '-o', 'registry', '--name', NAME);
  run('convert', 'p.json', '--to', 'artifact', '-o', 'folders/registry.example.com:5000/profiles/web', '--name', 'v1');

  it.each(['own.json', 'own.yaml'])('%s is resolved from a layout, by every command', (own) => {
    for (const store of ['registry', 'folders']) {
      const from = ['--oci-layout', store];
      expect(run('simulate', own, 'read', ...from).stdout).toContain('ALLOW');
      expect(run('simulate', own, 'open', ...from).stdout).toContain('ALLOW');
      expect(run('convert', own, '--to', 'list', ...from).stdout).toContain('read');
    }
    expect(run('check', own, '--oci-layout', 'folders', '--oci-layout', 'registry').status).not.toBe(2);
    expect(run('compile', own, '--format', 'hex', '--oci-layout', 'registry').status).toBe(0);
  });

  it.each([
    [[], /^scmp: own\.json:1:13: extends: .*no registry is asked; copy it \(skopeo copy docker:\/\/registry/],
    [['--oci-layout', 'store'], /^scmp: own\.json:1:13: extends: there is no .* in "store"/],
    [['--oci-layout', 'missing'], /^scmp: missing: no such file/],
    [['--oci-layout', 'mine'], /^scmp: mine: not an OCI image layout/],
    [['--oci-layout', 'p.json'], /^scmp: p\.json: neither a folder nor a tar archive/],
  ])('is an error with %j', (args, message) => {
    expect(run('simulate', 'own.json', 'read', ...args)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(message),
    });
  });

  it('is found by a digest in any layout, and by no other digest', () => {
    const digest = run('convert', 'p.json', '--to', 'artifact', '-o', 'store').stdout.trim();
    write('pinned.json', `{"extends": "oci://ghcr.io/any@${digest}"}`);
    expect(run('simulate', 'pinned.json', 'read', '--oci-layout', 'store').stdout).toContain('ALLOW');
    write('pinned.json', `{"extends": "oci://ghcr.io/any@sha256:${'0'.repeat(64)}"}`);
    expect(run('simulate', 'pinned.json', 'read', '--oci-layout', 'store').status).toBe(2);
  });

  it('names nothing outside of the layouts', () => {
    for (const name of ['oci://../p', 'oci://ghcr.io/../../etc/passwd', 'oci://', 'oci:///etc/passwd']) {
      write('bad.json', JSON.stringify({ extends: name }));
      expect(run('simulate', 'bad.json', 'read', '--oci-layout', 'registry')).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/^scmp: bad\.json:1:\d+: extends: .*no name of an artifact/),
      });
    }
  });

  it('a profile of an artifact extends no file of this machine', () => {
    const layer = '{"extends":"../../../p.json"}';
    // By hand: the product writes no such layer.
    const { blobs, index } = layoutOf(layer);
    mkdirSync(join(folder, 'evil/blobs/sha256'), { recursive: true });
    write('evil/oci-layout', '{"imageLayoutVersion":"1.0.0"}');
    write('evil/index.json', index);
    for (const [digest, text] of blobs) write(`evil/blobs/sha256/${digest}`, text);
    expect(run('explain', 'evil')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('an artifact extends artifacts and built-ins alone'),
    });
  });
});

function layoutOf(layer: string): { blobs: Map<string, string>; index: string } {
  const type = 'application/vnd.cncf.seccomp-profile.config.v1+json';
  const blobs = new Map<string, string>();
  const add = (mediaType: string, text: string) => {
    const hex = createHash('sha256').update(text).digest('hex');
    blobs.set(hex, text);
    return { mediaType, digest: `sha256:${hex}`, size: text.length };
  };
  const manifest = { schemaVersion: 2, config: add(type, '{}'), layers: [add('application/json', layer)] };
  const entry = add('application/vnd.oci.image.manifest.v1+json', JSON.stringify(manifest));
  return { blobs, index: JSON.stringify({ schemaVersion: 2, manifests: [entry] }) };
}
