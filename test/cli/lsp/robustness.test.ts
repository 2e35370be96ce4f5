import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, parseSettings, SETTING_NAMES } from '../../../src/cli/lsp/settings.js';
import { Client } from './client.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-lsp-'));
const clients: Client[] = [];
async function started(settings: unknown = { architectures: ['x86_64'] }): Promise<Client> {
  const client = await Client.start({ settings, folder });
  clients.push(client);
  return client;
}
afterEach(async () => {
  for (const client of clients.splice(0)) expect(await client.stop()).toBe(0);
});
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const entry = (name: string) => ({ names: [name], action: 'SCMP_ACT_ALLOW' });
const profile = (syscalls: object[]) => JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls }, null, 1);

describe('edits', () => {
  it('reports the last of many quick ones, and nothing older after it', async () => {
    const client = await started();
    const uri = await client.open(join(folder, 'a.json'), profile([entry('read')]));
    let version = 1;
    for (let at = 0; at < 60; at++)
      version = await client.change(uri, profile([entry(at === 59 ? 'wriet' : `no_${at}`)]));
    const found = await client.diagnostics(uri, (all) => all.some(({ code }) => code === 'unknown-syscall'), version);
    expect(found.map(({ message }) => message).join()).toContain('wriet');
    expect(client.published.at(-1)?.version).toBe(version);
    expect(client.published.length).toBeLessThan(100);
  });

  it('of a large file do not keep others waiting, and are given up for newer ones', async () => {
    const client = await started();
    const many = Array.from({ length: 6000 }, (_, at) => ({
      names: ['ioctl'],
      action: 'SCMP_ACT_ALLOW',
      args: [{ index: 1, value: at * 7, op: 'SCMP_CMP_EQ' }],
    }));
    const uri = await client.open(join(folder, 'large.json'), profile(many));
    // The server answers while its other thread works.
    const other = await client.open(join(folder, 'other.json'), profile([entry('read')]));
    expect(await client.ask('textDocument/documentSymbol', other)).toHaveLength(2);
    const version = await client.change(uri, profile([entry('wriet')]));
    await client.diagnostics(uri, (all) => all.some(({ message }) => String(message).includes('wriet')), version);
  });

  it('may be of a text of megabytes, or no text of a profile at all', async () => {
    const client = await started();
    for (const [name, text] of [
      ['huge.json', `{"defaultAction": "SCMP_ACT_LOG", "comment": "${'x'.repeat(3_000_000)}"}`],
      ['deep.json', `{"defaultAction": ${'['.repeat(20_000)}`],
      ['deep.yaml', `defaultAction: ${'['.repeat(2000)}`],
      ['nul.json', '{"defaultAction": "\0"}'],
      ['empty.policy', ''],
      ['line.list', `allow ${'read, '.repeat(50_000)}write\ndefault kill\n`],
    ] as const) {
      const uri = await client.open(join(folder, name), text);
      await client.diagnostics(uri);
      for (const method of ['documentSymbol', 'foldingRange', 'semanticTokens/full']) {
        await client.ask(`textDocument/${method}`, uri);
      }
      await client.ask('textDocument/completion', uri, { position: { line: 0, character: 5 } });
      await client.ask('textDocument/hover', uri, { position: { line: 0, character: 5 } });
    }
  });

  it('at random never end the server, nor a request without an answer', async () => {
    const client = await started({ architectures: ['x86_64'], inlayHints: true });
    const texts: [string, string][] = [
      [
        'r.json',
        profile([entry('read'), { ...entry('clone'), args: [{ index: 0, value: 268435456, op: 'SCMP_CMP_EQ' }] }]),
      ],
      ['r.yaml', 'defaultAction: SCMP_ACT_ERRNO\nsyscalls:\n- names: [read, write]\n  action: SCMP_ACT_ALLOW\n'],
      ['r.kafel', '#define A 1\nPOLICY a { ALLOW { socket(d) { d == A }, read } }\nUSE a DEFAULT KILL\n'],
      ['r.policy', '@include ./x\nread: 1\nsocket: arg0 == AF_UNIX\n'],
      ['r.service', '[Service]\nSystemCallFilter=@clock read\n'],
      ['r.cfg', 'seccomp_string: "ALLOW { read }"\nseccomp_string: "DEFAULT KILL"\n'],
    ];
    // As in the other tests with chance: the same every time.
    let seed = 20261130;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    const pieces = [
      '"',
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '\n',
      ' ',
      '@',
      '#',
      '\\',
      '- ',
      'read',
      '0x',
      '\r',
      '😀',
      '\uFEFF',
      "'",
      '//',
    ];
    for (const [name, text] of texts) {
      const uri = await client.open(join(folder, name), text);
      for (let round = 0; round < 25; round++) {
        const document = client.document(uri);
        const length = document.getText().length;
        const start = random(length + 1);
        const range = {
          start: document.positionAt(start),
          end: document.positionAt(Math.min(length, start + random(4))),
        };
        await client.change(uri, pieces[random(pieces.length)] as string, range);
        const position = client.document(uri).positionAt(random(length + 1));
        const all = { start: { line: 0, character: 0 }, end: { line: 999, character: 0 } };
        const answers = await Promise.allSettled([
          client.ask('textDocument/completion', uri, { position }),
          client.ask('textDocument/hover', uri, { position }),
          client.ask('textDocument/definition', uri, { position }),
          client.ask('textDocument/prepareRename', uri, { position }),
          client.ask('textDocument/references', uri, { position, context: { includeDeclaration: true } }),
          client.ask('textDocument/documentSymbol', uri),
          client.ask('textDocument/foldingRange', uri),
          client.ask('textDocument/semanticTokens/full', uri),
          client.ask('textDocument/inlayHint', uri, { range: all }),
          client.ask('textDocument/formatting', uri, { options: { tabSize: 2, insertSpaces: true } }),
          client.ask('textDocument/codeAction', uri, { range: all, context: { diagnostics: [] } }),
        ]);
        const failed = answers.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
        expect(failed, JSON.stringify(document.getText())).toEqual([]);
      }
      const found = await client.diagnostics(uri);
      expect(found.filter(({ code }) => code === 'internal')).toEqual([]);
    }
    expect(client.stderr).toBe('');
  });
});

describe('requests', () => {
  it('that are wrong get an error, and the next one its answer', async () => {
    const client = await started();
    const uri = await client.open(join(folder, 'a.json'), profile([entry('read')]));
    const send = (method: string, params: unknown) => client.connection.sendRequest(method, params);
    await expect(send('textDocument/hover', {})).rejects.toThrow();
    await expect(
      send('textDocument/hover', { textDocument: { uri: 'file:///no' }, position: { line: 0, character: 0 } }),
    ).rejects.toThrow('is not open');
    await expect(send('textDocument/noSuch', {})).rejects.toThrow('Unhandled method');
    await expect(send('workspace/executeCommand', { command: 'scmp.no', arguments: [uri] })).rejects.toThrow(
      'there is no command',
    );
    await expect(send('workspace/executeCommand', { command: 'scmp.explain' })).rejects.toThrow('takes the URI');
    await expect(
      client.ask('textDocument/rename', uri, { position: { line: 0, character: 0 }, newName: '../x' }),
    ).rejects.toThrow();
    // Beyond the end of the text.
    expect(await client.ask('textDocument/hover', uri, { position: { line: 99_999, character: 99_999 } })).toBeNull();
    expect(await client.ask('textDocument/documentSymbol', uri)).toHaveLength(2);
  });

  it('ends with its standard input', async () => {
    const client = await Client.start();
    const exit = new Promise<number | null>((resolve) => client.process.once('exit', resolve));
    client.connection.dispose();
    client.process.stdin!.end();
    expect(await exit).toBe(1);
  });
});

describe('settings', () => {
  it('that are wrong are named, and the right ones count', async () => {
    const client = await started({
      architectures: ['x86_64', 'pdp11'],
      runtme: 'runc',
      kernel: 6,
      ignore: ['no-such'],
    });
    const message = await client.until(() => client.shown[0], 'a message');
    expect(message).toContain('scmp.architectures[1]: "pdp11" is no architecture');
    expect(message).toContain('there is no setting scmp.runtme; did you mean scmp.runtime?');
    expect(message).toContain('scmp.kernel: 6 must be of the type string');
    expect(message).toContain('scmp.ignore[0]: "no-such" is no finding of scmp check');
  });

  it('change what is found, at once', async () => {
    const client = await started({ architectures: ['x86_64'] });
    const uri = await client.open(join(folder, 's.json'), profile([entry('wriet')]));
    await client.diagnostics(uri, (all) => all.some(({ code }) => code === 'unknown-syscall'));
    await client.configure({ architectures: ['x86_64'], ignore: ['unknown-syscall'] });
    await client.until(() => {
      const last = client.published.at(-1);
      return last && last.diagnostics.length > 0 && last.diagnostics.every(({ code }) => code !== 'unknown-syscall')
        ? true
        : undefined;
    });
    await client.configure({ architectures: ['x86_64'], target: 'kubernetes', run: 'onType' });
    await client.configure({ run: 'off' });
  });

  it('name the format where the content does not', async () => {
    const client = await started({ architectures: ['x86_64'], formats: { '*.sec': 'minijail', 'jails/**': 'kafel' } });
    const uri = await client.open(join(folder, 'x.sec'), 'read: 1\nsocket: arg0 == 1; return EPERM\nwriet: 1\n');
    const found = await client.diagnostics(uri, (all) => all.length > 0);
    expect(found.map(({ code }) => code)).toContain('unknown-syscall');
    const other = await client.open(join(folder, 'jails/y'), 'ALLOW { conect }\n');
    await client.diagnostics(other, (all) => all.some(({ code }) => code === 'unknown-syscall'));
  });

  it('have defaults, and are checked one by one', () => {
    expect(parseSettings(undefined)).toEqual({ settings: DEFAULT_SETTINGS, faults: [] });
    expect(parseSettings({ trace: { server: 'off' }, kernel: null }).faults).toEqual([]);
    expect(parseSettings([]).faults).toHaveLength(1);
    expect(Object.keys(DEFAULT_SETTINGS)).toEqual(SETTING_NAMES);
    expect(parseSettings({ debounce: 9000, run: 'never' })).toEqual({
      settings: DEFAULT_SETTINGS,
      faults: [
        'scmp.debounce: 9000 is no whole number from 0 to 5000',
        'scmp.run: "never" is none of onType, onSave, off',
      ],
    });
    expect(parseSettings({ capabilities: ['SYS_ADMIN', 'CAP_NO'] }).settings.capabilities).toEqual(['SYS_ADMIN']);
  });
});
