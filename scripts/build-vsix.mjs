// Make the extension for VS Code, build/vscode/seccomp-profiles-VERSION.vsix: the same bytes from the same dist/.
//
// A .vsix is a zip (Open Packaging Conventions) of two XML files and the folder of the extension. @vscode/vsce brings 100
// packages to write that; fflate, which has none, writes the zip.
//
//   node scripts/build-vsix.mjs
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { zipSync } from 'fflate';

const SOURCE = 'editors/vscode';
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const manifest = JSON.parse(readFileSync(`${SOURCE}/package.json`, 'utf8'));

const { outputFiles } = await build({
  entryPoints: [`${SOURCE}/extension.mts`],
  write: false,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  external: ['vscode'],
  logLevel: 'warning',
});

const files = new Map([
  ['extension/extension.js', outputFiles[0].contents],
  ['extension/package.json', text(`${JSON.stringify({ ...manifest, version }, null, 2)}\n`)],
]);
/** Files of a folder, under the same names in a folder of the extension. */
function add(from, to, names = readdirSync(from)) {
  for (const name of names) files.set(`extension/${to}${name}`, readFileSync(`${from}/${name}`));
}
add(SOURCE, '', ['README.md', 'kafel.language-configuration.json', 'lines.language-configuration.json']);
add(`${SOURCE}/syntaxes`, 'syntaxes/');
add('dist/schemas', 'schemas/');
add('.', '', ['LICENSE', 'NOTICE', 'CHANGELOG.md']);
add('dist', 'server/', [
  ...readdirSync('dist').filter((name) => /^scmp(?:-.*)?\.cjs$/.test(name)),
  'libseccomp.wasm',
  'libseccomp.LICENSE.txt',
  'libseccomp.SOURCE.txt',
]);

files.set('extension.vsixmanifest', text(vsixManifest()));
files.set('[Content_Types].xml', text(contentTypes()));

// In order of their names, and as old as a zip can say (1980): the same files make the same bytes.
const entries = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, data]) => [name, new Uint8Array(data)]);
const mtime = new Date(1980, 0, 1);
mkdirSync('build/vscode', { recursive: true });
const path = `build/vscode/${manifest.name}-${version}.vsix`;
writeFileSync(path, zipSync(Object.fromEntries(entries), { mtime, level: 9, os: 3 }));
console.log(path);

function text(content) {
  return new TextEncoder().encode(content);
}

function escaped(words) {
  return words.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function vsixManifest() {
  const { name, publisher, displayName, description, categories, keywords, engines } = manifest;
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${name}" Version="${version}" Publisher="${publisher}"/>
    <DisplayName>${escaped(displayName)}</DisplayName>
    <Description xml:space="preserve">${escaped(description)}</Description>
    <Tags>${escaped(keywords.join(','))}</Tags>
    <Categories>${escaped(categories.join(','))}</Categories>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${escaped(engines.vscode)}"/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace"/>
    </Properties>
    <License>extension/LICENSE</License>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Changelog" Path="extension/CHANGELOG.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE" Addressable="true"/>
  </Assets>
</PackageManifest>
`;
}

function contentTypes() {
  const types = {
    json: 'application/json',
    js: 'application/javascript',
    cjs: 'application/javascript',
    md: 'text/markdown',
    txt: 'text/plain',
    wasm: 'application/wasm',
    vsixmanifest: 'text/xml',
  };
  const rows = Object.entries(types).map(
    ([extension, type]) => `<Default Extension=".${extension}" ContentType="${type}"/>`,
  );
  // Files without an extension are named.
  const named = ['LICENSE', 'NOTICE'].map(
    (name) => `<Override PartName="/extension/${name}" ContentType="text/plain"/>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${[...rows, ...named].join('')}</Types>
`;
}
