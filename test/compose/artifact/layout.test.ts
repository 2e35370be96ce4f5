import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ArtifactError, type ArtifactFault } from '../../../src/compose/artifact/artifact-error.js';
import { type ArtifactChoice, type LayoutFiles, readArtifact } from '../../../src/compose/artifact/read-layout.js';
import { isTar, tarLayout } from '../../../src/compose/artifact/tar-layout.js';
import { artifactFiles, layoutFiles } from '../../../src/compose/artifact/write-layout.js';
import { ProfileError } from '../../../src/profile/document/profile-error.js';

const LAYOUT_MARK = '{"imageLayoutVersion":"1.0.0"}';
const LAYER = '{"defaultAction":"SCMP_ACT_ERRNO"}\n';
const SECCOMP = 'application/vnd.cncf.seccomp-profile.config.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

// A digest by another implementation than the product's.
const sha256 = (text: string | Uint8Array) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const blob = (text: string) => [`blobs/sha256/${sha256(text).slice(7)}`, text] as const;
const descriptor = (mediaType: string, text: string, more: object = {}) => ({
  mediaType,
  digest: sha256(text),
  size: Buffer.byteLength(text),
  ...more,
});

interface Made {
  config?: object;
  layers?: object[];
  artifactType?: string;
  manifest?: object;
  entry?: object;
  entries?: object[];
  files?: Record<string, string | undefined>;
}

/** A layout written by hand, not by the product. */
function made({ config, layers, artifactType = SECCOMP, manifest = {}, entry = {}, entries, files = {} }: Made = {}) {
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    artifactType,
    config: config ?? descriptor(SECCOMP, '{}'),
    layers: layers ?? [descriptor('application/json', LAYER)],
    ...manifest,
  });
  const own = { ...descriptor(MANIFEST, body), ...entry };
  const all = new Map<string, string | undefined>([
    ['oci-layout', LAYOUT_MARK],
    ['index.json', JSON.stringify({ schemaVersion: 2, manifests: entries ? [...entries, own] : [own] })],
    blob('{}'),
    blob(LAYER),
    blob(body),
    ...Object.entries(files),
  ]);
  return { layout: layoutOf(all), digest: sha256(body), body };
}

const layoutOf = (files: ReadonlyMap<string, string | undefined>): LayoutFiles => ({
  source: 'store',
  read: (path) => {
    const text = files.get(path);
    return text === undefined ? undefined : Buffer.from(text);
  },
});

const read = (layout: LayoutFiles, choice?: ArtifactChoice) => readArtifact(layout, choice);
async function fault(layout: LayoutFiles, choice?: ArtifactChoice): Promise<ArtifactFault> {
  const error = await read(layout, choice).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(ArtifactError);
  expect((error as ArtifactError).message).toMatch(/^store: /);
  return (error as ArtifactError).reason;
}

describe('an artifact in a layout', () => {
  it('is read, and what the product writes is the same bytes each time', async () => {
    const { layout, digest } = made();
    const found = await read(layout);
    expect({ ...found, layer: Buffer.from(found.layer).toString() }).toEqual({
      layer: LAYER,
      path: blob(LAYER)[0],
      digest,
      kind: 'runtime',
    });
    const [one, two] = [await artifactFiles(LAYER, 'v1'), await artifactFiles(LAYER, 'v1')];
    expect(one).toEqual(two);
    for (const [path, bytes] of one.blobs) expect(path).toBe(`blobs/sha256/${sha256(bytes).slice(7)}`);
    const files = new Map([...layoutFiles(one)].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]));
    expect(files.get('oci-layout')).toBe(LAYOUT_MARK);
    expect([...files.keys()].at(-1)).toBe('index.json');
    expect((await read(layoutOf(files))).digest).toBe(one.digest);
    expect((await read(layoutOf(files), { refNames: ['v1'] })).digest).toBe(one.digest);
  });

  it('is recognised by artifactType where the config is empty, and in an index of one', async () => {
    const empty = descriptor('application/vnd.oci.empty.v1+json', '{}');
    expect((await read(made({ config: empty }).layout)).kind).toBe('runtime');
    const { layout, body } = made();
    const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [descriptor(MANIFEST, body)] });
    const nested = made({
      files: {
        'index.json': JSON.stringify({ schemaVersion: 2, manifests: [descriptor(INDEX, index)] }),
        ...Object.fromEntries([blob(index)]),
      },
    });
    expect((await read(nested.layout)).digest).toBe((await read(layout)).digest);
  });

  it('of the operator may have several layers, of which the one for all platforms counts', async () => {
    const type = 'application/vnd.unknown.config.v1+json';
    const titled = (title: string, text: string) =>
      descriptor('application/vnd.oci.image.layer.v1.tar', text, {
        annotations: { 'org.opencontainers.image.title': title },
      });
    const { layout } = made({
      artifactType: type,
      config: descriptor('application/vnd.oci.empty.v1+json', '{}'),
      layers: [titled('profile-linux-arm64.yaml', '{}'), titled('profile.yaml', LAYER)],
    });
    expect(await read(layout)).toMatchObject({ kind: 'operator', path: blob(LAYER)[0] });
  });

  it('is found by its digest, whatever the index says', async () => {
    const { layout, digest } = made();
    expect((await read(layout, { digest })).digest).toBe(digest);
    const { layout: unnamed, digest: there } = made({ files: { 'index.json': '{"schemaVersion":2,"manifests":[]}' } });
    expect((await read(unnamed, { digest: there })).digest).toBe(there);
  });

  it('takes the place of the one with its name in an index, of which the rest stays', async () => {
    const artifact = await artifactFiles(LAYER, 'v1');
    const { entry } = artifact;
    const other = {
      mediaType: MANIFEST,
      digest: 'x',
      size: 1,
      annotations: { 'org.opencontainers.image.ref.name': 'v2' },
    };
    const old = { ...other, annotations: { 'org.opencontainers.image.ref.name': 'v1' } };
    const index = { schemaVersion: 2, manifests: [old, other], annotations: { kept: 'yes' } };
    const written = Buffer.from(layoutFiles(artifact, index).get('index.json')!).toString();
    expect(JSON.parse(written)).toMatchObject({
      manifests: [other, entry],
      annotations: { kept: 'yes' },
    });
  });
});

describe('a layout that is not to be trusted', () => {
  const other = JSON.stringify({ other: true });
  it.each<[what: string, fault: ArtifactFault, made: Made, choice?: ArtifactChoice]>([
    ['no oci-layout', 'LAYOUT', { files: { 'oci-layout': undefined } }],
    ['another version', 'LAYOUT', { files: { 'oci-layout': '{"imageLayoutVersion":"2.0.0"}' } }],
    ['no index', 'LAYOUT', { files: { 'index.json': undefined } }],
    ['an index without manifests', 'MANIFEST', { files: { 'index.json': '{"schemaVersion":2}' } }],
    ['an empty index', 'NOT_FOUND', { files: { 'index.json': '{"schemaVersion":2,"manifests":[]}' } }],
    ['another name', 'NOT_FOUND', {}, { refNames: ['v1'] }],
    ['another digest', 'NOT_FOUND', {}, { digest: sha256('x') }],
    ['two artifacts', 'AMBIGUOUS', { entries: [descriptor(MANIFEST, other)] }],
    ['a layer of other bytes', 'DIGEST', { files: { [blob(LAYER)[0]]: LAYER.replace('ERRNO', 'ALLOW') } }],
    [
      'a manifest of other bytes',
      'DIGEST',
      { files: { [blob(made().body)[0]]: made().body.replace('application/json', 'application/jsom') } },
    ],
    ['a layer of another size', 'SIZE', { layers: [descriptor('application/json', LAYER, { size: 3 })] }],
    ['a layer of more than 1 MiB', 'SIZE', { layers: [descriptor('application/json', LAYER, { size: 2 ** 20 + 1 })] }],
    ['a config of more than 1 MiB', 'SIZE', { config: descriptor(SECCOMP, '{}', { size: 2 ** 30 }) }],
    ['a layer that is not there', 'BLOB', { files: { [blob(LAYER)[0]]: undefined } }],
    [
      'a path as a digest',
      'MANIFEST',
      { layers: [descriptor('application/json', LAYER, { digest: 'sha256:../../../../etc/passwd' })] },
    ],
    [
      'a digest of another kind',
      'MANIFEST',
      { layers: [descriptor('application/json', LAYER, { digest: `sha512:${'0'.repeat(128)}` })] },
    ],
    ['a negative size', 'MANIFEST', { layers: [descriptor('application/json', LAYER, { size: -1 })] }],
    ['no size', 'MANIFEST', { layers: [descriptor('application/json', LAYER, { size: undefined })] }],
    ['no layer', 'LAYERS', { layers: [] }],
    ['two layers', 'LAYERS', { layers: [descriptor('application/json', LAYER), descriptor('application/json', '{}')] }],
    ['a layer elsewhere', 'MANIFEST', { layers: [descriptor('application/json', LAYER, { urls: ['https://x'] })] }],
    [
      'an image',
      'MEDIA_TYPE',
      { artifactType: '', config: descriptor('application/vnd.oci.image.config.v1+json', '{}') },
    ],
    [
      'an artifact of AppArmor',
      'MEDIA_TYPE',
      { artifactType: '', config: descriptor('application/vnd.cncf.apparmor-profile.config.v1+json', '{}') },
    ],
    ['two media types', 'MEDIA_TYPE', { artifactType: 'application/vnd.unknown.config.v1+json' }],
    ['none', 'MEDIA_TYPE', { artifactType: '', config: descriptor('application/vnd.oci.empty.v1+json', '{}') }],
    ["Docker's manifest", 'MANIFEST', { entry: { mediaType: 'application/vnd.docker.distribution.manifest.v2+json' } }],
    ['a manifest that says it is another', 'MANIFEST', { manifest: { mediaType: INDEX } }],
    ['a manifest of another version', 'MANIFEST', { manifest: { schemaVersion: 1 } }],
    ['a manifest without layers', 'MANIFEST', { manifest: { layers: null } }],
  ])('%s', async (_, expected, from, choice) => {
    expect(await fault(made(from).layout, choice)).toBe(expected);
  });

  it('has JSON that is none, or a key twice', async () => {
    for (const index of ['{', '[]', '{"schemaVersion":2,"manifests":[],"manifests":[]}', '\u0000']) {
      await expect(read(made({ files: { 'index.json': index } }).layout)).rejects.toBeInstanceOf(ProfileError);
    }
  });

  it('has indexes within indexes for ever', async () => {
    let inner = JSON.stringify({ schemaVersion: 2, manifests: [] });
    const files: Record<string, string> = {};
    for (let depth = 0; depth < 6; depth++) {
      files[blob(inner)[0]] = inner;
      inner = JSON.stringify({ schemaVersion: 2, manifests: [descriptor(INDEX, inner)] });
    }
    expect(await fault(made({ files: { ...files, 'index.json': inner } }).layout)).toBe('MANIFEST');
  });
});

describe('a layout in a tar archive', () => {
  const header = (name: string, size: number, type = '0') => {
    const bytes = Buffer.alloc(512);
    bytes.write(name, 0);
    bytes.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
    bytes.write(type, 156);
    bytes.write('ustar\u000000', 257);
    bytes.fill(' ', 148, 156);
    const sum = bytes.reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return bytes;
  };
  const archive = (...files: [name: string, text: string, type?: string][]) =>
    Buffer.concat([
      ...files.flatMap(([name, text, type]) => [
        header(name, Buffer.byteLength(text), type),
        Buffer.concat([Buffer.from(text)], Math.ceil(Buffer.byteLength(text) / 512) * 512),
      ]),
      Buffer.alloc(1024),
    ]);

  it('is read, with names from the current folder too', () => {
    const bytes = archive(['./oci-layout', LAYOUT_MARK], ['index.json', '{}']);
    expect(isTar(bytes)).toBe(true);
    const { read: file } = tarLayout(bytes, 'x.tar');
    expect(Buffer.from(file('oci-layout', 100)!).toString()).toBe(LAYOUT_MARK);
    expect(file('other', 100)).toBeUndefined();
    expect(() => file('index.json', 1)).toThrow(expect.objectContaining({ reason: 'SIZE' }));
  });

  it('has no links', () => {
    expect(tarLayout(archive(['index.json', '', '2']), 'x.tar').read('index.json', 9)).toBeUndefined();
  });

  it('is refused where it is cut short or damaged, and never read for ever', () => {
    const whole = archive(['oci-layout', LAYOUT_MARK], ['index.json', '{"a":1}']);
    const damaged = Buffer.from(whole);
    damaged[3] = 0x7a;
    const negative = header('index.json', 0);
    negative.write('-0000000001\0', 124);
    for (const bytes of [whole.subarray(0, 520), damaged, Buffer.concat([negative, Buffer.alloc(512)])]) {
      expect(() => tarLayout(bytes, 'x.tar')).toThrow(expect.objectContaining({ reason: 'LAYOUT' }));
    }
    for (let length = 512; length < whole.length; length += 97) {
      try {
        tarLayout(whole.subarray(0, length), 'x.tar');
      } catch (error) {
        expect(error).toBeInstanceOf(ArtifactError);
      }
    }
  });
});
