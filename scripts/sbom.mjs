// The list of what is in the package, CycloneDX 1.5: node scripts/sbom.mjs >sbom.cdx.json
//
// npm's own list has everything that the tests need and not what matters most here: libseccomp, its checksum and patches.
import { readFileSync } from 'node:fs';
import { bundledPackages } from './bundled-packages.mjs';

const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const { name, version, license, dependencies, optionalDependencies } = JSON.parse(read('package.json'));
const { packages } = JSON.parse(read('package-lock.json'));
const lock = Object.fromEntries(
  [...read('wasm/libseccomp.lock').matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value]),
);

const purl = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

const npmComponent = (name, scope, properties = []) => {
  const { version, integrity, license } = packages[`node_modules/${name}`];
  return {
    type: 'library',
    'bom-ref': purl(name, version),
    name,
    version,
    scope,
    purl: purl(name, version),
    licenses: [{ license: { id: license } }],
    hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex') }],
    properties,
  };
};
const bundled = await bundledPackages();
const inFiles = (parts) => [...parts].map((value) => ({ name: `${name}:bundled-in`, value }));
const libseccomp = {
  type: 'library',
  'bom-ref': `pkg:github/seccomp/libseccomp@v${lock.version}`,
  name: 'libseccomp',
  version: lock.version,
  scope: 'required',
  purl: `pkg:github/seccomp/libseccomp@v${lock.version}`,
  licenses: [{ license: { id: 'LGPL-2.1-only' } }],
  hashes: [{ alg: 'SHA-256', content: lock.sha256 }],
  externalReferences: [{ type: 'distribution', url: lock.upstream }],
  pedigree: {
    patches: read('build/needed-patches')
      .trimEnd()
      .split('\n')
      .map((file) => ({ type: 'unofficial', diff: { url: file } })),
  },
};
const components = [
  libseccomp,
  ...[...new Set([...Object.keys(dependencies), ...bundled.keys()])]
    .sort()
    .map((name) => npmComponent(name, 'required', inFiles(bundled.get(name) ?? []))),
  ...Object.keys(optionalDependencies).map((name) => npmComponent(name, 'optional')),
];
const root = purl(name, version);
console.log(
  JSON.stringify(
    {
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      version: 1,
      metadata: {
        component: { type: 'library', 'bom-ref': root, name, version, purl: root, licenses: [{ expression: license }] },
      },
      components,
      dependencies: [{ ref: root, dependsOn: components.map((component) => component['bom-ref']) }],
    },
    null,
    2,
  ),
);
