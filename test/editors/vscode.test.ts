import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import { DEFAULT_SETTINGS, parseSettings, SETTING_NAMES } from '../../src/cli/lsp/settings.js';
import { formatOfLanguage } from '../../src/editor/editor-format.js';
import { schemaCatalog } from '../../src/profile/formats/json-schemas.js';
import { ROOT } from '../cli/scmp.js';

interface Contribution {
  fileMatch: string[];
  url: string;
}
const manifest = JSON.parse(readFileSync(`${ROOT}editors/vscode/package.json`, 'utf8'));
const { contributes } = manifest as {
  contributes: {
    languages: { id: string; configuration: string }[];
    grammars: { language: string; scopeName: string; path: string }[];
    jsonValidation: Contribution[];
    yamlValidation: Contribution[];
    configuration: { properties: Record<string, { default: unknown; enum?: unknown[]; description: string }> };
  };
};

describe('the manifest of the extension', () => {
  it('has the settings of the server, with their defaults and values', () => {
    const own = ['scmp.path', 'scmp.trace.server'];
    const { properties } = contributes.configuration;
    const names = Object.keys(properties).filter((name) => !own.includes(name));
    expect(names).toEqual(SETTING_NAMES.map((name) => `scmp.${name}`));
    for (const name of SETTING_NAMES) {
      const { default: otherwise, enum: values = [], description } = properties[`scmp.${name}`]!;
      expect(otherwise, name).toEqual(DEFAULT_SETTINGS[name]);
      expect(description).toMatch(/\.$/);
      for (const value of values) expect(parseSettings({ [name]: value }).faults).toEqual([]);
      const isOpen = values.length === 0 || parseSettings({ [name]: 'no such value' }).faults.length === 1;
      expect(isOpen, name).toBe(true);
    }
  });

  it('has a grammar for each language, whose name the server knows', () => {
    expect(contributes.grammars.map(({ language }) => language)).toEqual(contributes.languages.map(({ id }) => id));
    for (const { id } of contributes.languages) expect(`seccomp-${formatOfLanguage(id)}`).toBe(id);
    for (const { path, scopeName } of contributes.grammars) {
      expect(JSON.parse(readFileSync(`${ROOT}editors/vscode/${path}`, 'utf8')).scopeName).toBe(scopeName);
    }
  });

  it('associates the schemas as the catalog does', () => {
    const given = [...contributes.jsonValidation, ...contributes.yamlValidation];
    for (const { url, fileMatch } of schemaCatalog()) {
      const file = `./schemas/${url.split('/').at(-1)}`;
      const found = given.filter((each) => each.url === file).flatMap((each) => each.fileMatch);
      expect(found.sort()).toEqual([...fileMatch].sort());
    }
  });
});

describe('the .vsix', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-vsix-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let files: Record<string, Uint8Array>;
  const make = (): Uint8Array => {
    const path = execFileSync(process.execPath, ['scripts/build-vsix.mjs'], { cwd: ROOT, encoding: 'utf8' }).trim();
    return readFileSync(join(ROOT, path));
  };
  beforeAll(() => {
    const bytes = make();
    expect(Buffer.from(make()).equals(bytes), 'the same bytes twice').toBe(true);
    files = unzipSync(bytes);
    for (const [name, data] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), data);
    }
  }, 120_000);

  it('has what its manifest names, and types of all its files', () => {
    const inside = JSON.parse(readFileSync(join(folder, 'extension/package.json'), 'utf8'));
    const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    expect([inside.version, inside.name]).toEqual([version, 'seccomp-profiles']);
    const named = [
      inside.main,
      ...inside.contributes.grammars.map(({ path }: { path: string }) => path),
      ...inside.contributes.languages.map(({ configuration }: { configuration: string }) => configuration),
      ...[...inside.contributes.jsonValidation, ...inside.contributes.yamlValidation].map(
        ({ url }: Contribution) => url,
      ),
    ];
    for (const path of named) expect(Object.keys(files)).toContain(join('extension', path));
    const types = readFileSync(join(folder, '[Content_Types].xml'), 'utf8');
    for (const name of Object.keys(files)) {
      const extension = /\.\w+$/.exec(name)?.[0];
      if (name === '[Content_Types].xml') continue;
      expect(types).toContain(extension ? `Extension="${extension}"` : `PartName="/${name}"`);
    }
    const xml = readFileSync(join(folder, 'extension.vsixmanifest'), 'utf8');
    expect(xml).toContain(
      `<Identity Language="en-US" Id="seccomp-profiles" Version="${version}" Publisher="${inside.publisher}"/>`,
    );
    for (const [, path] of xml.matchAll(/Path="([^"]+)"/g)) expect(Object.keys(files)).toContain(path);
    expect(readFileSync(join(folder, 'extension/extension.js'), 'utf8')).toMatch(/require\("vscode"\)/);
    expect(readdirSync(folder).sort()).toEqual(['[Content_Types].xml', 'extension', 'extension.vsixmanifest']);
  });

  it('has a server that starts and answers', { timeout: 60_000 }, async () => {
    const server = spawn(process.execPath, [join(folder, 'extension/server/scmp.cjs'), 'lsp', '--stdio'], {
      cwd: folder,
    });
    const connection = createProtocolConnection(
      new StreamMessageReader(server.stdout),
      new StreamMessageWriter(server.stdin),
    );
    connection.listen();
    try {
      const { capabilities } = await connection.sendRequest<{ capabilities: Record<string, unknown> }>('initialize', {
        processId: process.pid,
        rootUri: null,
        capabilities: {},
      });
      expect(Object.keys(capabilities)).toEqual(
        expect.arrayContaining(['hoverProvider', 'documentFormattingProvider']),
      );
      await connection.sendNotification('initialized', {});
      const published = new Promise<{ diagnostics: unknown[] }>((resolve) => {
        connection.onNotification('textDocument/publishDiagnostics', resolve);
      });
      const text = '{"defaultAction": "SCMP_ACT_NONE", "syscalls": []}';
      await connection.sendNotification('textDocument/didOpen', {
        textDocument: { uri: 'file:///x/seccomp.json', languageId: 'json', version: 1, text },
      });
      expect((await published).diagnostics).not.toEqual([]);
      await connection.sendRequest('shutdown');
    } finally {
      connection.dispose();
      server.kill();
    }
  });
});
