import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from './installed-package.js';

const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
const notice = readFileSync(`${ROOT}NOTICE`, 'utf8');
interface Component {
  name: string;
  version: string;
  licenses: { license: { id: string } }[];
  hashes: { alg: string; content: string }[];
  properties?: { value: string }[];
  pedigree?: { patches: unknown[] };
}

describe('what the package contains of others', () => {
  let components: Component[];
  beforeAll(() => {
    const sbom = execFileSync(process.execPath, [`${ROOT}scripts/sbom.mjs`], { encoding: 'utf8', maxBuffer: 1 << 24 });
    components = JSON.parse(sbom).components;
  });
  const bundled = () => components.filter(({ properties }) => properties?.length);

  it('is in NOTICE by name, with the copyright line and licence of each', () => {
    expect(bundled().map(({ name }) => name)).toEqual(
      expect.arrayContaining(['commander', '@lezer/lr', '@codemirror/view']),
    );
    for (const { name, licenses } of bundled()) {
      expect(notice).toContain(`${name}`);
      const folder = `${ROOT}node_modules/${name}`;
      const file = readdirSync(folder).find((each) => /^licen[cs]e(\.|$)/i.test(each));
      const text = readFileSync(join(folder, file!), 'utf8');
      const [copyright = ''] = /^ *Copyright .*$/im.exec(text) ?? [];
      expect(notice).toContain(copyright.trim());
      expect(notice).toContain(`${licenses[0]?.license.id} License`);
    }
  });

  it('is in NOTICE with the parts that it is in, and nothing else is', () => {
    // A package stands alone, or in a list ("CodeMirror, which is ..."); its parts follow in brackets.
    const named = [...notice.matchAll(/@[\w-]+\/[\w-]+|^ {2}[\w-]+(?= +Copyright)/gm)];
    const parts = named.map(({ 0: name, index }) => {
      const [, list = ''] =
        /\(((?:the library|inline|the command scmp|the playground)[^)]*)\)/.exec(notice.slice(index)) ?? [];
      return [name.trim(), list.split(', ').sort()];
    });
    const packed = bundled().map(({ name, properties }) => [name, properties?.map(({ value }) => value).sort()]);
    expect(Object.fromEntries(parts)).toEqual(Object.fromEntries(packed));
  });

  it('is what the source maps of the built library name', () => {
    const maps = readdirSync(`${ROOT}dist`).filter((name) => name.endsWith('.js.map'));
    const sources = maps.flatMap((name): string[] => JSON.parse(readFileSync(`${ROOT}dist/${name}`, 'utf8')).sources);
    const packages = sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []);
    const ofLibrary = bundled().filter(({ properties }) => properties?.some(({ value }) => value === 'the library'));
    expect([...new Set(packages)].sort()).toEqual(ofLibrary.map(({ name }) => name));
  });

  it('is listed for machines, with libseccomp and its patches', () => {
    const of = (wanted: string) => components.find(({ name }) => name === wanted);
    const lock = readFileSync(`${ROOT}wasm/libseccomp.lock`, 'utf8');
    expect(lock).toContain(`version=${of('libseccomp')?.version}\n`);
    expect(lock).toContain(`sha256=${of('libseccomp')?.hashes[0]?.content}\n`);
    expect(of('libseccomp')?.pedigree?.patches.length).toBeGreaterThan(5);
    for (const name of [...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies)]) {
      expect(of(name)?.hashes[0]?.content).toMatch(/^[0-9a-f]{128}$/);
    }
  });
});

describe('a release', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-release-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const { version } = manifest;
  const ENTRY = `## ${version} - 2026-01-31\n\n### Added\n\n- All of it.\n\n`;
  /** Those that Node and koffi run on (native-loader/run/native-launcher.ts). */
  const LAUNCHERS = ['x86_64', 'aarch64', 'arm', 'riscv64', 'ppc64le', 's390x', 'loongarch64'].flatMap((architecture) =>
    ['launcher', 'tracer'].map((program) => `${program}-linux-${architecture}`),
  );
  beforeEach(() => {
    for (const file of ['package.json', 'build.sh']) cpSync(`${ROOT}${file}`, join(folder, file));
    mkdirSync(join(folder, 'dist/launcher'), { recursive: true });
    for (const launcher of LAUNCHERS) writeFileSync(join(folder, 'dist/launcher', launcher), '');
    writeFileSync(
      join(folder, 'CHANGELOG.md'),
      `# Changelog\n\n## Unreleased\n\n${ENTRY}## 0.0.1 - 2025-01-31\n\n- It began.\n`,
    );
  });
  const prepare = (tag: string, url?: string) => {
    const { REPOSITORY_URL: _, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, [`${ROOT}scripts/prepare-release.mjs`, tag], {
      cwd: folder,
      env: url === undefined ? env : { ...env, REPOSITORY_URL: url },
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  const written = () => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

  it('has an address in package.json, and this repository has none', () => {
    for (const key of ['repository', 'bugs', 'homepage']) expect(manifest).not.toHaveProperty(key);
    expect(prepare('--check').status).toBe(1);
    const url = 'https://host.example/owner/name';
    expect(prepare(`v${version}`, url)).toEqual({ status: 0, stdout: '### Added\n\n- All of it.\n', stderr: '' });
    expect(written()).toEqual({
      ...manifest,
      homepage: `${url}#readme`,
      bugs: { url: `${url}/issues` },
      repository: { type: 'git', url: `git+${url}.git` },
    });
    expect(prepare('--check').status).toBe(0);
  });

  it('is not published without one of the launchers and tracers', () => {
    expect(prepare(`v${version}`, 'https://host.example/owner/name').status).toBe(0);
    for (const lacking of LAUNCHERS) {
      rmSync(join(folder, 'dist/launcher', lacking));
      const { status, stderr } = prepare('--check');
      expect([status, stderr]).toEqual([1, expect.stringContaining(`lacks ${lacking}:`)]);
      writeFileSync(join(folder, 'dist/launcher', lacking), '');
    }
    expect(prepare('--check').status).toBe(0);
  });

  it.each([
    ['an address', `v${version}`, undefined, 'REPOSITORY_URL is not set'],
    ['an address that is one', `v${version}`, 'somewhere', 'REPOSITORY_URL is "somewhere"'],
    [
      'the tag of the version',
      'v9.9.9',
      'https://host.example/owner/name',
      `the tag is v9.9.9, and the version ${version}`,
    ],
  ])('is refused without %s', (_, tag, url, message) => {
    expect(prepare(tag, url)).toEqual({ status: 1, stdout: '', stderr: expect.stringContaining(message) });
    expect(written()).toEqual(manifest);
  });

  it.each([
    ['none', '## Unreleased\n\n- All of it.\n'],
    ['an undated one', `## ${version}\n\n- All of it.\n`],
    ['an empty one', `## ${version} - 2026-01-31\n\n## 0.0.1 - 2025-01-31\n\n- It began.\n`],
  ])('is refused without an entry in the changelog: %s', (_, text) => {
    writeFileSync(join(folder, 'CHANGELOG.md'), text);
    const { status, stderr } = prepare(`v${version}`, 'https://host.example/owner/name');
    expect([status, stderr]).toEqual([1, expect.stringContaining('CHANGELOG.md has no entry')]);
  });

  it('has, for every tag, its entry in the changelog', () => {
    const tags = spawnSync('git', ['tag', '--list', 'v*'], { cwd: ROOT, encoding: 'utf8' })
      .stdout.split('\n')
      .filter(Boolean);
    const changelog = readFileSync(`${ROOT}CHANGELOG.md`, 'utf8');
    for (const tag of tags) expect(changelog).toMatch(new RegExp(`^## ${tag.slice(1).replaceAll('.', '[.]')} - `, 'm'));
  });

  it.each(['admission', 'prebuilt'])('has its version in examples/%s', (name) => {
    const example = JSON.parse(readFileSync(`${ROOT}examples/${name}/package.json`, 'utf8'));
    const { dependencies, devDependencies } = example;
    expect({ ...dependencies, ...devDependencies }['libseccomp-wasm']).toBe(version);
  });

  it('is packed with what its readers look for', () => {
    for (const file of ['CHANGELOG.md', 'SECURITY.md', 'NOTICE', 'LICENSE']) expect(manifest.files).toContain(file);
  });
});
