import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CodeLens, DocumentSymbol, Hover, InlayHint, MarkupContent } from 'vscode-languageserver-protocol';
import { scmp } from '../scmp.js';
import { Client } from './client.js';

// Files with several profiles: what is shown is about the one under the caret, or about each.

const folder = mkdtempSync(join(tmpdir(), 'scmp-lsp-'));
let client: Client;
beforeAll(async () => {
  client = await Client.start({ folder, settings: { architectures: ['x86_64'] } });
}, 60_000);
afterAll(async () => {
  expect(await client.stop()).toBe(0);
  rmSync(folder, { recursive: true });
  expect(client.stderr).toBe('');
});

const object = (name: string, syscalls: object[], defaultAction = 'SCMP_ACT_ERRNO') => ({
  apiVersion: 'security-profiles-operator.x-k8s.io/v1beta1',
  kind: 'SeccompProfile',
  metadata: { namespace: 'web', name },
  spec: { defaultAction, architectures: ['SCMP_ARCH_X86_64'], syscalls },
});
const allow = (...names: string[]) => ({ names, action: 'SCMP_ACT_ALLOW' });
const socket = { ...allow('socket'), args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] };
const FIRST = object('first', [allow('read', 'raed')]);
const SECOND = object('second', [allow('read'), socket, allow('wriet')]);
const MAP = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'first' } };

/** As YAML: block style at the top, so that places are on lines of their own. */
const yaml = (value: object, indent = ''): string =>
  Object.entries(value)
    .map(([key, each]) =>
      Array.isArray(each)
        ? `${indent}${key}:\n${each.map((item) => `${indent}- ${JSON.stringify(item)}\n`).join('')}`
        : typeof each === 'object'
          ? `${indent}${key}:\n${yaml(each, `${indent}  `)}`
          : `${indent}${key}: ${each}\n`,
    )
    .join('');

const DOCUMENTS = [yaml(FIRST), yaml(MAP), yaml(SECOND)].join('---\n');
const TEXTS: Record<string, string> = {
  'documents.yaml': DOCUMENTS,
  'list.yaml': yaml({ apiVersion: 'v1', kind: 'List', items: [FIRST, SECOND] }),
  'list.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [FIRST, SECOND] }, null, 2),
  'threads.json': JSON.stringify(
    {
      first: { mismatch_action: 'trap', match_action: 'allow', filter: [{ syscall: 'read' }, { syscall: 'raed' }] },
      second: {
        mismatch_action: 'trap',
        match_action: 'allow',
        filter: [
          { syscall: 'read' },
          { syscall: 'socket', args: [{ index: 0, type: 'qword', op: 'eq', val: 1 }] },
          { syscall: 'wriet' },
        ],
      },
    },
    null,
    2,
  ),
};

let count = 0;
const opened = (name: string): Promise<string> =>
  client.open(join(folder, `${count++}-${name}`), TEXTS[name] as string);
/** The place of the last time that a word stands in a document. */
const lastOf = (uri: string, what: string) => {
  const document = client.document(uri);
  return document.positionAt(document.getText().lastIndexOf(what) + 1);
};

describe.each(Object.keys(TEXTS))('%s', (name) => {
  it('has the findings of each, as scmp check', async () => {
    const uri = await opened(name);
    const found = await client.diagnostics(uri, (all) => all.length > 0);
    const path = join(folder, name);
    writeFileSync(path, TEXTS[name] as string);
    const { stdout } = scmp(['check', '--json', '--arch', 'amd64', path]);
    const findings = (JSON.parse(String(stdout)) as { files: { findings: { id: string }[] }[] }).files.flatMap((each) =>
      each.findings.map(({ id }) => id),
    );
    expect(found.map(({ code }) => code)).toEqual(findings);
    const marked = found
      .filter(({ code }) => code === 'unknown-syscall')
      .map(({ range }) => client.document(uri).getText(range));
    expect(marked.map((word) => word.replaceAll('"', ''))).toEqual(['raed', 'wriet']);
  });

  it('says on hover what the profile under the caret decides', async () => {
    const uri = await opened(name);
    const hover = async (position: object) => {
      const found: Hover = await client.ask('textDocument/hover', uri, { position });
      return (found.contents as MarkupContent).value;
    };
    expect(await hover(lastOf(uri, 'socket'))).toContain('ALLOW when domain == AF_UNIX');
    expect(await hover(client.position(uri, 'read', 1))).toContain('**The whole filter**\n- x86_64: ALLOW');
  });

  it('has hints, an outline and lenses for each', async () => {
    const uri = await opened(name);
    const range = { start: { line: 0, character: 0 }, end: client.document(uri).positionAt(1e9) };
    const hints: InlayHint[] = await client.ask('textDocument/inlayHint', uri, { range });
    expect(hints.map(({ label }) => label)).toEqual(['AF_UNIX']);
    const symbols: DocumentSymbol[] = await client.ask('textDocument/documentSymbol', uri);
    expect(symbols.map((each) => [each.name, each.children?.length])).toEqual([
      // A filter of seccompiler has a rule for each call.
      ['first', name === 'threads.json' ? 3 : 2],
      ['second', 4],
    ]);
    const lenses: CodeLens[] = await client.ask('textDocument/codeLens', uri);
    const titles = lenses.map(({ command }) => command?.title.replace(/denies \d+/, 'denies N'));
    expect(titles).toEqual([
      'x86_64: denies N calls, allows 1',
      'diff with HEAD',
      'x86_64: denies N calls, allows 1, 1 by arguments',
      'diff with HEAD',
    ]);
    const [first, , second] = lenses;
    expect(second!.range.start.line).toBeGreaterThan(first!.range.start.line);
    const { command, arguments: about } = second!.command!;
    const run = (...given: unknown[]): Promise<string> =>
      client.connection.sendRequest('workspace/executeCommand', { command, arguments: given });
    expect(await run(...about!, 'socket')).toContain('ALLOW when');
    const both = await run(uri, 'socket');
    expect(both).toMatch(/^first:\n[\s\S]*\nsecond:\n/);
  });
});

it('a base is looked for among the profiles of the file first, as it is edited', async () => {
  const text = `${yaml(object('base', [allow('read')]))}---\n${yaml(object('top', [allow('write')])).replace('spec:\n', 'spec:\n  baseProfileName: base\n')}`;
  const uri = await client.open(join(folder, 'bases.yaml'), text);
  const found = await client.diagnostics(uri, (all) => all.length > 0);
  expect(found.map(({ code }) => code)).not.toContain('extends-not-found');
  const position = client.position(uri, 'baseProfileName: base', 20);
  const definition = await client.ask('textDocument/definition', uri, { position });
  expect(definition).toMatchObject({ uri, range: { start: { line: 4, character: 8 } } });
});
