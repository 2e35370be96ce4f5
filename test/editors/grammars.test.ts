import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';
import { ROOT } from '../cli/scmp.js';

const FOLDER = `${ROOT}editors/vscode/syntaxes/`;
const wasm = readFileSync(createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm'));

/** Lines of each language, and the scope that a word of it has. */
const LINES: readonly (readonly [grammar: string, line: string, scopes: Readonly<Record<string, string>>])[] = [
  ['list', 'default errno EPERM', { default: 'keyword.control', errno: 'storage.type', EPERM: 'constant.other' }],
  [
    'list',
    'allow read, openat(flags & O_CREAT == 0) # why',
    {
      allow: 'storage.type',
      read: 'entity.name.function',
      flags: 'variable.parameter',
      O_CREAT: 'constant.other',
      '# why': 'comment.line',
    },
  ],
  [
    'list',
    'when cap CAP_BPF: allow bpf',
    { when: 'keyword.control', cap: 'keyword.other', CAP_BPF: 'constant.other', bpf: 'entity.name.function' },
  ],
  ['list', 'extends "./a b"', { './a b': 'string.quoted' }],
  ['minijail-py', '@include ./common.policy', { '@include': 'keyword.control', './common.policy': 'string.unquoted' }],
  [
    'minijail-py',
    'ioctl: arg1 == TIOCGWINSZ_X || arg1 in 0x1; return 1',
    {
      ioctl: 'entity.name.function',
      arg1: 'variable.parameter',
      '0x1': 'constant.numeric',
      return: 'keyword.control',
      '==': 'keyword.operator',
    },
  ],
  [
    'minijail-py',
    '{ read, write }: allow # x',
    { read: 'entity.name.function', allow: 'storage.type', '# x': 'comment.line' },
  ],
  [
    'kafel',
    'POLICY web { ALLOW { read, write(fd) { fd == 1 } } } // why',
    {
      POLICY: 'keyword.control',
      ALLOW: 'storage.type',
      read: 'entity.name.function',
      write: 'entity.name.function',
      '// why': 'comment.line',
    },
  ],
  ['kafel', '#define STDOUT 1', { '#define': 'keyword.control', STDOUT: 'constant.other', '1': 'constant.numeric' }],
  [
    'lxc',
    'ioctl errno 1 [1,0x5412,==]',
    { ioctl: 'entity.name.function', errno: 'storage.type', '0x5412': 'constant.numeric', '==': 'keyword.operator' },
  ],
  ['lxc', '[all]', { '[all]': 'entity.name.section' }],
  ['lxc', 'denylist', { denylist: 'keyword.control' }],
  [
    'snapd',
    'socket AF_UNIX - !0',
    { socket: 'entity.name.function', AF_UNIX: 'constant.other', '0': 'constant.numeric' },
  ],
  ['snapd', '@complain', { '@complain': 'keyword.control' }],
  [
    'firejail',
    'seccomp.drop @clock,mount # x',
    {
      'seccomp.drop': 'keyword.control',
      '@clock': 'support.other',
      mount: 'entity.name.function',
      '# x': 'comment.line',
    },
  ],
  [
    'nsjail',
    'seccomp_string: "ALLOW { read }"',
    { seccomp_string: 'keyword.control', ALLOW: 'storage.type', read: 'entity.name.function' },
  ],
  ['nsjail', 'mode: ONCE', { mode: 'keyword.other', ONCE: 'constant.other' }],
  [
    'systemd',
    'SystemCallFilter=~@mount read:EPERM',
    {
      SystemCallFilter: 'keyword.control',
      '~@mount': 'support.other',
      read: 'entity.name.function',
      EPERM: 'constant.other',
    },
  ],
  ['systemd', '[Service]', { '[Service]': 'entity.name.section' }],
];

describe('the TextMate grammars', () => {
  let registry: textmate.Registry;
  beforeAll(async () => {
    await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength) as ArrayBuffer);
    registry = new textmate.Registry({
      onigLib: Promise.resolve({
        createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
        createOnigString: (text) => new oniguruma.OnigString(text),
      }),
      loadGrammar: async (scope) => {
        const path = `${FOLDER}${scope.replace('source.seccomp-', '')}.tmLanguage.json`;
        return textmate.parseRawGrammar(readFileSync(path, 'utf8'), path);
      },
    });
  });

  it.each(LINES)('of %s: %s', async (name, line, scopes) => {
    const grammar = await registry.loadGrammar(`source.seccomp-${name}`);
    const { tokens } = grammar!.tokenizeLine(line, textmate.INITIAL);
    for (const [word, scope] of Object.entries(scopes)) {
      const at = line.indexOf(word);
      const token = tokens.find(({ startIndex, endIndex }) => startIndex <= at && at < endIndex);
      expect(
        token?.scopes.some((each) => each.startsWith(scope)),
        `${word}: ${token?.scopes.join(' ')}`,
      ).toBe(true);
    }
  });

  it('are tried one by one', () => {
    const names = readdirSync(FOLDER).map((file) => file.replace('.tmLanguage.json', ''));
    expect([...new Set(LINES.map(([name]) => name))].sort()).toEqual(names.sort());
  });
});
