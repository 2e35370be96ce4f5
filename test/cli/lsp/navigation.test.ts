import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DocumentLink, Location, Range, WorkspaceEdit } from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { scmp } from '../scmp.js';
import { Client } from './client.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-lsp-'));
const ARTIFACT = 'registry.example.com:5000/profiles/web';
let client: Client;
beforeAll(async () => {
  write(
    'base.json',
    '{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{ "names": ["read"], "action": "SCMP_ACT_ALLOW" }] }',
  );
  const made = scmp([
    'convert',
    join(folder, 'base.json'),
    '--to',
    'artifact',
    '-o',
    join(folder, 'store'),
    '--name',
    `${ARTIFACT}:v1`,
  ]);
  expect(made.status, made.stderr).toBe(0);
  client = await Client.start({ folder, settings: { architectures: ['x86_64'], ociLayout: ['store'] } });
}, 60_000);
afterAll(async () => {
  expect(await client.stop()).toBe(0);
  rmSync(folder, { recursive: true });
  expect(client.stderr).toBe('');
});

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}
/** Open a file of the folder, which is there too. */
function opened(name: string, text: string): Promise<string> {
  write(name, text);
  return client.open(join(folder, name), text);
}
const extending = (target: string) => `{ "extends": "${target}", "syscalls": [] }`;
const context = { includeDeclaration: true };
const names = (found: readonly Location[]) => found.map(({ uri }) => basename(uri)).sort();

/** The texts of the folder's files with edits made in them. */
function applied(edit: WorkspaceEdit): Record<string, string> {
  return Object.fromEntries(
    Object.entries(edit.changes ?? {}).map(([uri, edits]) => {
      const text = readFileSync(fileURLToPath(uri), 'utf8');
      return [basename(uri), TextDocument.applyEdits(TextDocument.create(uri, '', 1, text), edits)];
    }),
  );
}

describe('oci:// in extends', () => {
  it('leads to the profile of the artifact in a layout, and is a link', async () => {
    const uri = await opened('a.json', extending(`oci://${ARTIFACT}:v1`));
    const found: Location = await client.at('textDocument/definition', uri, 'oci:', 8);
    expect(readFileSync(fileURLToPath(found.uri), 'utf8')).toContain('"read"');
    const links: DocumentLink[] = await client.ask('textDocument/documentLink', uri);
    expect(links).toMatchObject([{ target: found.uri }]);
    const checked = await client.diagnostics(uri, (all) => all.length > 0);
    expect(checked.map(({ code }) => code)).not.toContain('extends-not-found');
  });

  it('has references, of the same artifact however it is named, and of one that no layout has', async () => {
    const digest = JSON.parse(readFileSync(join(folder, 'store/index.json'), 'utf8')).manifests[0].digest;
    const uri = await opened('a.json', extending(`oci://${ARTIFACT}:v1`));
    write('b.yaml', `extends: oci://${ARTIFACT}@${digest}\n`);
    write('c.json', extending('oci://registry.example.com/other'));
    write('d.json', extending('oci://registry.example.com/other:latest'));
    write('e.json', extending('oci://registry.example.com/other:v2'));
    const found: Location[] = await client.at('textDocument/references', uri, 'oci:', 8, { context });
    expect(names(found)).toEqual(['a.json', 'b.yaml']);
    const missing = await opened('c.json', extending('oci://registry.example.com/other'));
    expect(await client.at('textDocument/definition', missing, 'oci:', 8)).toBeNull();
    expect(names(await client.at('textDocument/references', missing, 'oci:', 8, { context }))).toEqual([
      'c.json',
      'd.json',
    ]);
    expect(await client.at('textDocument/prepareRename', missing, 'oci:', 8)).toBeNull();
  });
});

describe('metadata.name of a SeccompProfile', () => {
  const profile = (name: string, base?: string) =>
    `apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\nmetadata:\n  labels: { name: other }\n  namespace: web\n  name: ${name} # its name\nspec:\n${base ? `  baseProfileName: "${base}"\n` : ''}  defaultAction: SCMP_ACT_ERRNO\n`;

  it('is renamed with all that name it, from either place', async () => {
    mkdirSync(join(folder, 'deeper'));
    const own = await opened('web.yaml', profile('web'));
    const top = await opened('top.yaml', profile('top', 'web'));
    write('two.yaml', `${profile('one', 'web')}---\n${profile('two', 'one')}`);
    write('deeper/far.yaml', profile('far', 'web'));
    write('other.yaml', profile('webby', 'top'));
    for (const [uri, what, into] of [
      [own, 'name: web', 7],
      [top, '"web"', 2],
    ] as const) {
      const placeholder: { placeholder: string; range: Range } = await client.at(
        'textDocument/prepareRename',
        uri,
        what,
        into,
      );
      expect(placeholder.placeholder).toBe('web');
      const edit: WorkspaceEdit = await client.at('textDocument/rename', uri, what, into, { newName: 'site.web' });
      // The one in the other folder is about another web, which is not there.
      expect(applied(edit)).toEqual({
        'web.yaml': profile('site.web'),
        'top.yaml': profile('top', 'site.web'),
        'two.yaml': `${profile('one', 'site.web')}---\n${profile('two', 'one')}`,
      });
      await expect(client.at('textDocument/rename', uri, what, into, { newName: 'Web' })).rejects.toThrow(
        'small letters',
      );
    }
    expect(await client.at('textDocument/definition', top, '"web"', 2)).toEqual({
      uri: own,
      range: { start: { line: 5, character: 8 }, end: { line: 5, character: 11 } },
    });
    expect(names(await client.at('textDocument/references', own, 'name: web', 7, { context }))).toEqual([
      'top.yaml',
      'two.yaml',
    ]);
    // Of the file what any of its names is about.
    expect(names(await client.at('textDocument/references', own, 'spec', 1, { context }))).toEqual([
      'top.yaml',
      'two.yaml',
    ]);
  });

  it('of a second document is renamed in it', async () => {
    const text = `${profile('x1')}---\n${profile('x2')}---\n${profile('x3', 'x2')}`;
    const uri = await opened('three.yaml', text);
    const edit: WorkspaceEdit = await client.at('textDocument/rename', uri, 'name: x2', 7, { newName: 'y' });
    expect(applied(edit)['three.yaml']).toBe(`${profile('x1')}---\n${profile('y')}---\n${profile('x3', 'y')}`);
    expect(pathToFileURL(join(folder, 'three.yaml')).href).toBe(uri);
  });
});
