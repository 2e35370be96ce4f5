import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  CodeAction,
  CodeLens,
  CompletionItem,
  DocumentSymbol,
  FoldingRange,
  Hover,
  InlayHint,
  Location,
  MarkupContent,
  SemanticTokens,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { scmp } from '../scmp.js';
import { Client } from './client.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-lsp-'));
let client: Client;
beforeAll(async () => {
  client = await Client.start({ folder, settings: { architectures: ['x86_64', 'aarch64'] } });
}, 60_000);
afterAll(async () => {
  expect(await client.stop()).toBe(0);
  rmSync(folder, { recursive: true });
  expect(client.stderr).toBe('');
});

let count = 0;
/** Open a text whose `¦` marks a place; without one it is the beginning. */
async function opened(name: string, marked: string) {
  const offset = Math.max(0, marked.indexOf('¦'));
  const path = join(folder, `${count++}-${name}`);
  const uri = await client.open(path, marked.replace('¦', ''));
  const position = client.document(uri).positionAt(offset);
  return { uri, path, position };
}

async function labels(name: string, marked: string): Promise<string[]> {
  return (await completions(name, marked)).map(({ label }) => label);
}
async function completions(name: string, marked: string): Promise<CompletionItem[]> {
  const { uri, position } = await opened(name, marked);
  return client.ask('textDocument/completion', uri, { position });
}
async function hover(name: string, marked: string): Promise<string> {
  const { uri, position } = await opened(name, marked);
  const found: Hover | null = await client.ask('textDocument/hover', uri, { position });
  return (found?.contents as MarkupContent | undefined)?.value ?? '';
}
/** Symbols and all in them, in their order. */
const withChildren = (symbols: readonly DocumentSymbol[]): DocumentSymbol[] =>
  symbols.flatMap((each) => [each, ...withChildren(each.children ?? [])]);

/** The text with edits made in it. */
function edited(uri: string, edit: WorkspaceEdit | undefined): string {
  return TextDocument.applyEdits(client.document(uri), edit?.changes?.[uri] ?? []);
}

const JSON_TEXT = `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 38,
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    {
      "names": ["clone"],
      "action": "SCMP_ACT_ALLOW",
      "args": [{ "index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }]
    },
    { "names": ["read", "ptrce"], "action": "SCMP_ACT_ALLOW" }
  ]
}
`;
const CONFIG = JSON.stringify({ ociVersion: '1.0.2', linux: { seccomp: JSON.parse(JSON_TEXT) } }, null, 2);
const YAML = `defaultAction: SCMP_ACT_ERRNO
defaultErrnoRet: 38
syscalls:
- names:
  - socket
  action: SCMP_ACT_ALLOW
  args:
  - index: 0
    value: 1
    op: SCMP_CMP_EQ
- names: [read, ptrce]
  action: SCMP_ACT_ALLOW
`;
const KAFEL = `// network
#define AF_UNIX 1
POLICY net {
  ALLOW {
    socket(domain) { domain == AF_UNIX },
    connect
  }
}
USE net DEFAULT KILL
`;
const MINIJAIL = '# files\nread: 1\nwrite: 1\nsocket: arg0 == AF_UNIX\nptrace: return EPERM\n';
const LIST = 'default errno ENOSYS\nallow read, wirte\nallow socket(domain == 1)\n';
const UNIT =
  '[Service]\nSystemCallFilter=@clock read raed\nSystemCallFilter=~ptrace:EPERM\nSystemCallErrorNumber=EPERM\n';
const NSJAIL = 'name: "x"\nseccomp_string: "ALLOW { read, wriet }"\nseccomp_string: "DEFAULT KILL"\n';

describe('diagnostics', () => {
  it.each([
    ['profile.json', JSON_TEXT, 'unknown-syscall', 'ptrce'],
    ['config.json', CONFIG, 'unknown-syscall', 'ptrce'],
    ['profile.yaml', YAML, 'unknown-syscall', 'ptrce'],
    ['profile.list', LIST, 'unknown-syscall', 'wirte'],
    ['jail.cfg', NSJAIL, 'unknown-syscall', 'wriet'],
    ['web.service', UNIT, 'unknown-syscall', 'raed'],
    ['net.kafel', KAFEL.replace('connect', 'conect'), 'unknown-syscall', 'conect'],
    ['net.policy', 'read: 1\nwriet: 1\n', 'unknown-syscall', 'wriet'],
    ['broken.json', '{ "defaultAction": "SCMP_ACT_ALOW" }', 'unknown-action', 'SCMP_ACT_ALOW'],
    ['broken.yaml', 'defaultAction: [\nsyscalls: x\n', 'bad-syntax', ''],
  ])('of %s', async (name, text, code, word) => {
    const { uri } = await opened(name, text);
    const found = await client.diagnostics(uri, (all) => all.some((each) => each.code === code));
    const diagnostic = found.find((each) => each.code === code)!;
    expect(client.document(uri).getText(diagnostic.range)).toContain(word);
    expect(diagnostic).toMatchObject({ source: 'scmp', message: expect.stringMatching(/.{10}/) });
  });

  it('are the same as those of scmp check, and go when the text is right or closed', async () => {
    const { uri } = await opened('a.json', JSON_TEXT);
    await client.diagnostics(uri, (all) => all.some(({ code }) => code === 'unknown-syscall'));
    const version = await client.change(uri, JSON_TEXT.replace(', "ptrce"', ''));
    await client.diagnostics(uri, (all) => all.every(({ code }) => code !== 'unknown-syscall'), version);
    await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    await client.until(() =>
      client.published.at(-1)?.uri === uri && client.published.at(-1)?.diagnostics.length === 0 ? true : undefined,
    );
  });

  it('says nothing of JSON, YAML and units that are no profiles', async () => {
    for (const [name, text] of [
      ['package.json', '{ "name": "x", "seccomp": "no" }'],
      ['compose.yaml', 'services:\n  web:\n    image: x\n'],
      ['plain.service', '[Service]\nExecStart=/bin/true\n'],
      ['other.cfg', 'name: "x"\n'],
    ] as const) {
      const { uri } = await opened(name, text);
      expect(await client.diagnostics(uri)).toEqual([]);
    }
  });

  it('finds what a base is about, at what names it', async () => {
    writeFileSync(join(folder, 'base.json'), JSON_TEXT);
    const { uri } = await opened('derived.json', '{ "extends": "./base.json", "syscalls": [] }');
    const found = await client.diagnostics(uri, (all) => all.some(({ code }) => code === 'unknown-syscall'));
    const diagnostic = found.find(({ code }) => code === 'unknown-syscall')!;
    expect(client.document(uri).getText(diagnostic.range)).toBe('./base.json');
    expect(diagnostic.relatedInformation?.[0]?.location).toMatchObject({
      uri: pathToFileURL(join(folder, 'base.json')).href,
      range: { start: { line: 10 } },
    });
  });
});

describe('fixes', () => {
  const actions = (uri: string, only?: string[]): Promise<CodeAction[]> => {
    const end = client.document(uri).positionAt(1e9);
    const range = { start: { line: 0, character: 0 }, end };
    return client.ask('textDocument/codeAction', uri, { range, context: { diagnostics: [], ...(only && { only }) } });
  };

  it.each([
    ['a.json', JSON_TEXT, 'Change ptrce to ptrace', '"ptrace"'],
    ['a.yaml', YAML, 'Change ptrce to ptrace', '[read, ptrace]'],
    ['a.list', LIST, 'Change wirte to write', 'allow read, write\n'],
    ['a.cfg', NSJAIL, 'Change wriet to write', '{ read, write }'],
    ['c.json', '{ "defaultAction": "SCMP_ACT_ALOW" }', 'Change SCMP_ACT_ALOW to SCMP_ACT_ALLOW', '"SCMP_ACT_ALLOW"'],
  ])('the name that was meant, in %s', async (name, text, title, fixed) => {
    const { uri } = await opened(name, text);
    await client.diagnostics(uri, (all) =>
      all.some(({ message }) => /did you mean|that is meant/.test(String(message))),
    );
    const action = (await actions(uri)).find((each) => each.title === title);
    expect(edited(uri, action?.edit)).toContain(fixed);
  });

  it('all that scmp check --fix does, when it is asked for', async () => {
    const text =
      '{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{ "names": ["ptrace"], "action": "SCMP_ACT_ERRNO" }] }';
    const { uri } = await opened('fix.json', text);
    await client.diagnostics(uri, (all) => all.some(({ code }) => code === 'errno-missing'));
    const quick = (await actions(uri, ['quickfix'])).find(({ title }) => title.startsWith('Fix errno-missing'));
    expect(edited(uri, quick?.edit)).toContain('"errnoRet": 1');
    const [all] = await actions(uri, ['source.fixAll']);
    expect(all).toMatchObject({ kind: 'source.fixAll.scmp', data: { uri } });
    expect(all!.edit).toBeUndefined();
    const resolved: CodeAction = await client.connection.sendRequest('codeAction/resolve', all);
    expect(edited(uri, resolved.edit)).toContain('"errnoRet": 1');
  });

  it.each([
    ['a.list', 'default allow\nsocket(arg0:64 == 16) -> errno EPERM\n', 'domain == 16'],
    ['a.kafel', 'ERRNO(1) { socket(a) { a == 16 } } DEFAULT ALLOW\n', '(a & 0xffffffff) == 16'],
    ['a.policy', 'read: 1\nsocket: arg0 != 16\n', 'arg0 & 0xffffffef || arg0 in ~16'],
  ])('fixes all in lines too: %s', async (name, text, fixed) => {
    const uri = await client.open(`/p/fix-${name}`, text);
    const found = await client.diagnostics(uri, (all) => all.some(({ code }) => code === 'wide-comparison'));
    expect(found.map(({ code }) => code)).toContain('wide-comparison');
    const [all] = await actions(uri, ['source.fixAll']);
    const resolved: CodeAction = await client.connection.sendRequest('codeAction/resolve', all);
    expect(edited(uri, resolved.edit)).toContain(fixed);
  });
});

describe('completion', () => {
  it.each([
    ['a.json', '{"defaultAction": "¦"}', 'SCMP_ACT_ERRNO'],
    ['a.json', '{"syscalls": [{"names": ["ope¦"]}]}', 'openat'],
    ['a.json', '{"syscalls": [{"¦"}]}', 'errnoRet'],
    ['a.json', '{"architectures": ["¦"]}', 'SCMP_ARCH_AARCH64'],
    ['a.json', '{"syscalls": [{"names": ["mount"], "includes": {"caps": ["¦"]}}]}', 'CAP_SYS_ADMIN'],
    ['a.json', '{"extends": "¦"}', 'builtin:docker'],
    ['a.json', '{"syscalls": [{"names": ["clone"], "args": [{"index": 0, "value": ¦}]}]}', 'CLONE_NEWUSER'],
    ['config.json', '{"ociVersion": "1", "linux": {"seccomp": {"syscalls": [{"names": ["so¦"]}]}}}', 'socket'],
    ['a.yaml', 'defaultAction: ¦', 'SCMP_ACT_ERRNO'],
    ['a.yaml', 'defaultAction: SCMP_ACT_ERRNO\nsyscalls:\n- names:\n  - so¦\n', 'socket'],
    ['a.yaml', 'syscalls:\n- names: [read, so¦]\n  action: SCMP_ACT_ALLOW\n', 'socket'],
    ['a.yaml', 'syscalls:\n- names: [read]\n  acti¦\n', 'action'],
    ['a.yaml', 'syscalls:\n- names: [socket]\n  args:\n  - index: 0\n    value: ¦\n', 'AF_UNIX'],
    ['spo.yaml', 'kind: SeccompProfile\nspec:\n  defaultAction: ¦\n', 'SCMP_ACT_LOG'],
    ['beat.yml', 'seccomp:\n  default_action: ¦\n  syscalls:\n', 'errno'],
    ['vm.json', '{"main": {"mismatch_action": "¦", "filter": []}}', 'kill_process'],
    ['a.list', 'default ¦', 'errno'],
    ['a.list', 'default errno EPERM\nallow socket(domain == ¦', 'AF_UNIX'],
    ['a.list', 'default errno EPERM\nwhen cap ¦', 'CAP_SYS_ADMIN'],
    ['a.service', '[Service]\nSystemCallFilter=@ba¦', '@basic-io'],
    ['a.service', '[Service]\nSystemCallFilter=~ptr¦', 'ptrace'],
    ['a.service', '[Service]\nSystemCallFilter=ptrace:¦', 'EPERM'],
    ['a.service', '[Service]\nSystemCallArch¦', 'SystemCallArchitectures='],
    ['c.nspawn', '[Exec]\nSystemCallFilter=¦', '@keyring'],
    ['a.kafel', 'POLICY a { ALLOW { so¦', 'socket'],
    ['a.kafel', 'POLICY a { ALLOW { read } }\nUSE ¦', 'a'],
    ['a.kafel', '#define AF_UNIX 1\nPOLICY a { ALLOW { socket(domain) { domain == ¦', 'AF_UNIX'],
    ['a.cfg', 'seccomp_string: "ALLOW { re¦"', 'read'],
    ['a.policy', 'read: 1\nso¦', 'socket'],
    ['a.policy', 'socket: arg0 == ¦', 'AF_UNIX'],
    ['a.policy', 'socket: return ¦', 'EPERM'],
    ['a.seccomp', '2\nallowlist\n[¦', 'all'],
    ['a.seccomp', '2\nallowlist\n[all]\nread ¦', 'errno'],
    ['a.src', '@complain\nsocket ¦', 'AF_UNIX'],
    ['a.profile', 'seccomp.keep read\nseccomp @¦', '@clock'],
  ])('in %s: %s', async (name, marked, label) => {
    expect(await labels(name, marked)).toContain(label);
  });

  it('shows numbers, signatures and what calls do, and inserts what the format takes', async () => {
    const found = (await completions('a.json', '{"syscalls": [{"names": [open¦]}]}')).find(
      ({ label }) => label === 'openat2',
    );
    expect(found).toMatchObject({
      detail: 'x86_64 437 · (dirfd, pathname, how, size)',
      documentation: 'open a file, or make one; since Linux 5.6',
      textEdit: { newText: '"openat2"' },
    });
    const plain = (await completions('a.yaml', 'syscalls:\n- names: [open¦]\n')).find(
      ({ label }) => label === 'openat2',
    );
    expect(plain).toMatchObject({ textEdit: { newText: 'openat2' } });
    const value = (
      await completions('a.json', '{"syscalls": [{"names": ["socket"], "args": [{"index": 0, "value": ¦}]}]}')
    ).find(({ label }) => label === 'AF_INET6');
    expect(value).toMatchObject({ detail: '10', textEdit: { newText: '10' } });
  });
});

describe('hover', () => {
  it.each([
    ['a.json', JSON_TEXT.replace('"clone"', '"clo¦ne"')],
    ['config.json', CONFIG.replace('"clone"', '"clo¦ne"')],
  ])('of a call in %s: signature, numbers, its entry, the whole filter', async (name, marked) => {
    const text = await hover(name, marked);
    expect(text).toContain('clone(uint flags, pointer stack');
    expect(text).toContain('- x86_64: number 56, since before Linux 3.1');
    expect(text).toContain('- aarch64: number 220, since Linux 3.7');
    const flags = 'CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWNET';
    expect(text).toContain(`**This entry**\n- x86_64, aarch64: ALLOW when (flags & (${flags})) == 0`);
    expect(text).toContain('**The whole filter**\n- x86_64');
    expect(text).toContain('else ERRNO(ENOSYS)');
  });

  it.each([
    ['a.yaml', YAML.replace('socket', 'so¦cket'), 'ALLOW when domain == AF_UNIX'],
    ['a.list', LIST.replace('socket', 'so¦cket'), 'ALLOW when domain == AF_UNIX'],
    ['a.kafel', KAFEL.replace('socket', 'so¦cket'), 'ALLOW when domain == AF_UNIX'],
    ['a.policy', MINIJAIL.replace('socket', 'so¦cket'), '**The whole filter**'],
    ['a.service', UNIT.replace('@clock read', '@clock re¦ad'), '**The whole filter**'],
    ['a.cfg', NSJAIL.replace('read, wriet', 're¦ad'), '**The whole filter**\n- x86_64'],
    ['a.service', UNIT.replace('@clock', '@cl¦ock'), '`clock_settime`'],
    ['a.json', JSON_TEXT.replace('2114060288', '2114¦060288'), 'CLONE_NEWUSER'],
    ['a.json', JSON_TEXT.replace('SCMP_ACT_ALLOW', 'SCMP_¦ACT_ALLOW'), 'make the call'],
    ['a.json', JSON_TEXT.replace('"architectures', '"archi¦tectures'), 'besides the target'],
    ['a.json', JSON_TEXT.replace('_X86_64', '_X8¦6_64'), '64 bits, little endian'],
    ['a.kafel', KAFEL.replace('KILL', 'KI¦LL'), 'kill the thread'],
    ['a.json', '{"extends": "builtin:no¦de", "syscalls": []}', 'Node.js'],
  ])('in %s', async (name, marked, words) => {
    expect(await hover(name, marked)).toContain(words);
  });
});

describe('names and files', () => {
  it('goes to the base, the included policy, the built-in, and the definition in kafel', async () => {
    writeFileSync(join(folder, 'base.yaml'), YAML);
    writeFileSync(join(folder, 'part.policy'), 'write: 1\n');
    const place = async (name: string, marked: string): Promise<Location | null> => {
      const { uri, position } = await opened(name, marked);
      return client.ask('textDocument/definition', uri, { position });
    };
    expect((await place('d.json', '{"extends": "./ba¦se.yaml"}'))?.uri).toBe(
      pathToFileURL(join(folder, 'base.yaml')).href,
    );
    expect((await place('d.yaml', 'extends: ba¦se.yaml\n'))?.uri).toBe(pathToFileURL(join(folder, 'base.yaml')).href);
    expect((await place('d.policy', '@include ./pa¦rt.policy\nread: 1\n'))?.uri).toMatch(/part\.policy$/);
    expect((await place('d.json', '{"extends": "builtin:no¦de"}'))?.uri).toMatch(/scmp-copies-.*node\.json$/);
    expect((await place('d.kafel', KAFEL.replace('USE net', 'USE n¦et')))?.range.start).toEqual({
      line: 2,
      character: 7,
    });
    expect(await place('d.json', '{"extends": "./no-s¦uch.json"}')).toBeNull();
  });

  it('finds who extends a file, and renames it with them', async () => {
    writeFileSync(join(folder, 'common.json'), JSON_TEXT);
    writeFileSync(join(folder, 'one.json'), '{"extends": "./common.json"}');
    writeFileSync(join(folder, 'two.yaml'), 'extends: ./common.json\n');
    const { uri } = await opened('three.json', '{"extends": "./common.json"}');
    const position = client.position(uri, 'common', 2);
    const found: Location[] = await client.ask('textDocument/references', uri, {
      position,
      context: { includeDeclaration: true },
    });
    expect(found.map((each) => each.uri.replace(/.*\//, '')).sort()).toEqual([
      expect.stringMatching(/three.json$/),
      'one.json',
      'two.yaml',
    ]);
    const edit: WorkspaceEdit = await client.ask('textDocument/rename', uri, { position, newName: 'shared.json' });
    expect(edit.documentChanges).toContainEqual({
      kind: 'rename',
      oldUri: pathToFileURL(join(folder, 'common.json')).href,
      newUri: pathToFileURL(join(folder, 'shared.json')).href,
    });
    const files = [
      { oldUri: pathToFileURL(join(folder, 'common.json')).href, newUri: pathToFileURL(join(folder, 'x.json')).href },
    ];
    const moved: WorkspaceEdit = await client.connection.sendRequest('workspace/willRenameFiles', { files });
    expect(Object.values(moved.changes ?? {}).flat()).toMatchObject([{ newText: 'x.json' }, { newText: 'x.json' }]);
  });

  it('renames a policy of kafel, and nothing that is the kernel’s', async () => {
    const { uri } = await opened('r.kafel', KAFEL);
    const rename = (what: string, newName: string): Promise<WorkspaceEdit> =>
      client.at('textDocument/rename', uri, what, 1, { newName });
    expect(edited(uri, await rename('net {', 'web'))).toBe(
      KAFEL.replaceAll('net ', 'web ').replace('// network', '// network'),
    );
    expect(edited(uri, await rename('AF_UNIX 1', 'UNIX')).match(/\bUNIX\b/g)).toHaveLength(2);
    await expect(rename('connect', 'x')).rejects.toThrow('nothing here can be renamed');
    await expect(rename('net {', 'a b')).rejects.toThrow('letters, digits');
    expect(await client.at('textDocument/prepareRename', uri, 'connect', 1)).toBeNull();
  });
});

describe('outline, folding, tokens, hints', () => {
  it.each([
    ['o.json', JSON_TEXT, ['default', 'clone', 'read, ptrce']],
    ['o.yaml', YAML, ['default', 'socket', 'read, ptrce']],
    ['o.kafel', KAFEL, ['AF_UNIX', 'net', 'socket', 'connect']],
    ['o.policy', MINIJAIL, ['read', 'write', 'socket', 'ptrace']],
    ['o.service', UNIT, ['[Service]']],
    ['o.cfg', NSJAIL.replace('wriet', 'write'), ['read, write']],
  ])('outline of %s', async (name, text, names) => {
    const { uri } = await opened(name, text);
    const found: DocumentSymbol[] = await client.ask('textDocument/documentSymbol', uri);
    const all = withChildren(found);
    expect(all.map((each) => each.name)).toEqual(expect.arrayContaining(names));
    for (const { range, selectionRange } of all) {
      const document = client.document(uri);
      expect(document.offsetAt(range.start)).toBeLessThanOrEqual(document.offsetAt(selectionRange.start));
      expect(document.offsetAt(range.end)).toBeGreaterThanOrEqual(document.offsetAt(selectionRange.end));
    }
  });

  it.each([
    ['f.json', JSON_TEXT, { startLine: 4, endLine: 10 }],
    ['f.yaml', YAML, { startLine: 2, endLine: 11 }],
    ['f.kafel', KAFEL, { startLine: 2, endLine: 6 }],
    ['f.service', UNIT, { startLine: 0, endLine: 3 }],
    ['f.policy', `# one\n# two\n${MINIJAIL}`, { startLine: 0, endLine: 2, kind: 'comment' }],
  ])('folds of %s', async (name, text, fold) => {
    const { uri } = await opened(name, text);
    const found: FoldingRange[] = await client.ask('textDocument/foldingRange', uri);
    expect(found).toContainEqual(expect.objectContaining(fold));
  });

  it.each([
    [
      't.kafel',
      KAFEL,
      { comment: '// network', function: 'socket', keyword: 'POLICY', enumMember: 'AF_UNIX', number: '1' },
    ],
    [
      't.policy',
      MINIJAIL,
      { comment: '# files', function: 'read', parameter: 'arg0', keyword: 'return', enumMember: 'EPERM' },
    ],
    ['t.service', UNIT, { property: 'SystemCallFilter', macro: '@clock', namespace: '[Service]', function: 'read' }],
    ['t.cfg', NSJAIL, { property: 'name', function: 'read', keyword: 'ALLOW', string: '"x"' }],
    ['t.list', LIST, { keyword: 'default', function: 'read', number: '1', operator: '==' }],
  ])('tokens of %s', async (name, text, expected) => {
    const { uri } = await opened(name, text);
    const { data }: SemanticTokens = await client.ask('textDocument/semanticTokens/full', uri);
    const types = client.result.capabilities.semanticTokensProvider!.legend.tokenTypes;
    const found = new Set<string>();
    let [line, character] = [0, 0];
    for (let at = 0; at < data.length; at += 5) {
      const [down, right, length, type] = data.slice(at, at + 4) as [number, number, number, number];
      [line, character] = down > 0 ? [line + down, right] : [line, character + right];
      const start = { line, character };
      found.add(
        `${types[type]} ${client.document(uri).getText({ start, end: { line, character: character + length } })}`,
      );
    }
    for (const [type, word] of Object.entries(expected)) expect([...found]).toContain(`${type} ${word}`);
  });

  it.each([
    [
      'h.json',
      JSON_TEXT,
      'CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWNET',
    ],
    ['h.yaml', YAML, 'AF_UNIX'],
    ['h.list', LIST, 'AF_UNIX'],
    ['h.seccomp', '2\nallowlist\n[all]\nsocket allow [0,16,SCMP_CMP_EQ]\n', 'AF_NETLINK'],
  ])('the numbers of %s in names', async (name, text, label) => {
    const { uri } = await opened(name, text);
    const range = { start: { line: 0, character: 0 }, end: client.document(uri).positionAt(1e9) };
    const hints: InlayHint[] = await client.ask('textDocument/inlayHint', uri, { range });
    expect(hints.map((each) => each.label)).toContain(label);
  });
});

describe('formatting', () => {
  it.each([
    ['f.json', '{"defaultAction":"SCMP_ACT_LOG"}'],
    ['f.yaml', 'defaultAction:   SCMP_ACT_LOG\n'],
    ['f.list', 'default   errno EPERM\nallow read,write\n'],
    ['f.kafel', 'POLICY a {\nALLOW { read }\n}\nUSE a DEFAULT KILL\n'],
  ])('of %s, as scmp fmt', async (name, text) => {
    const { uri, path } = await opened(name, text);
    const options = { tabSize: 2, insertSpaces: true };
    const edits: TextEdit[] = await client.ask('textDocument/formatting', uri, { options });
    writeFileSync(path, text);
    expect(scmp(['fmt', path]).status).toBe(0);
    expect(edited(uri, { changes: { [uri]: edits } })).toBe(readFileSync(path, 'utf8'));
  });

  it('leaves what cannot be read', async () => {
    const { uri } = await opened('f.json', '{"defaultAction": ');
    expect(await client.ask('textDocument/formatting', uri, { options: { tabSize: 2, insertSpaces: true } })).toEqual(
      [],
    );
  });
});

describe('lenses and commands', () => {
  it('counts what a profile denies and allows', async () => {
    const { uri } = await opened('l.policy', MINIJAIL);
    const lenses: CodeLens[] = await client.ask('textDocument/codeLens', uri);
    expect(lenses.map(({ command }) => command?.title)).toEqual([
      expect.stringMatching(/^x86_64: denies \d+ calls, allows 2, 1 by arguments$/),
      'diff with HEAD',
    ]);
  });

  it('simulates a call, and explains one', async () => {
    const { uri } = await opened('s.list', LIST);
    const run = (command: string, ...rest: string[]): Promise<string> =>
      client.connection.sendRequest('workspace/executeCommand', { command, arguments: [uri, ...rest] });
    expect(await run('scmp.simulate', 'socket AF_UNIX SOCK_STREAM')).toBe(
      'x86_64: socket AF_UNIX SOCK_STREAM: ALLOW\naarch64: socket AF_UNIX SOCK_STREAM: ALLOW',
    );
    expect(await run('scmp.simulate', 'socket', 'AF_INET')).toContain('ERRNO(ENOSYS)');
    expect(await run('scmp.explain', 'socket')).toContain('ALLOW when (domain');
    expect(await run('scmp.explain')).toContain('x86_64');
    expect(client.shown.at(-1)).toContain('x86_64');
    await expect(run('scmp.simulate', 'no_such_call')).rejects.toThrow('no_such_call');
    await expect(run('scmp.simulate')).rejects.toThrow('name a system call');
    expect(await run('scmp.diffWithHead')).toContain('is in no commit');
  });
});
