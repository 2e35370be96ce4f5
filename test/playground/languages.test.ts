import { expect, it } from 'vitest';
import { Analysis } from '../../src/cli/lsp/analysis.js';
import { DEFAULT_SETTINGS as SERVER_DEFAULTS } from '../../src/cli/lsp/settings.js';
import { editorFormat } from '../../src/editor/editor-format.js';
import { hoverAt } from '../../src/editor/hover.js';
import { profileParts } from '../../src/editor/profile-parts.js';
import { namePlaces } from '../../src/editor/profile-view.js';
import { yamlTokens } from '../../src/editor/yaml-tokens.js';
import { Engine } from '../../src/playground/engine/engine.js';
import { DEFAULT_SETTINGS as settings } from '../../src/playground/settings/settings.js';
import fc from '../fast-check.js';
import { TEXTS } from '../profile/formats/format-texts.js';

const engine = new Engine();
const serverSettings = { ...SERVER_DEFAULTS, architectures: [settings.arch], capabilities: [...settings.capabilities] };

it.each(TEXTS)('a pasted text of %s compiles, is explained and checked: %j', async (format, text) => {
  const profile = { text, source: 'pasted', settings };
  const compiled = await engine.answer('compile', profile);
  expect(compiled).toMatchObject({ kind: 'compiled', format });
  expect(compiled.kind === 'compiled' && compiled.map.architectures.length).toBeGreaterThan(0);
  const { problems } = await engine.answer('check', profile);
  expect(problems.filter(({ id }) => id === 'unreadable')).toEqual([]);
});

it.each(TEXTS)(
  'the words of %s have colours, each its own, but for JSON, which has a grammar: %j',
  async (_format, text) => {
    const tokens = await engine.answer('tokens', { text, source: 'pasted', settings });
    if (/^\s*[{[]/.test(text) && !text.includes('[Service]') && !text.includes('[Exec]')) return;
    expect(tokens.places.length).toBeGreaterThan(0);
    let end = 0;
    for (let at = 0; at < tokens.places.length; at += 3) {
      const [from = 0, to = 0, type = -1] = tokens.places.subarray(at, at + 3);
      expect(tokens.types[type]).toBeDefined();
      expect(from).toBeGreaterThanOrEqual(end);
      expect(to).toBeGreaterThan(from);
      expect(text.slice(from, to)).not.toMatch(/^\s|\s$/);
      end = to;
    }
    expect(end).toBeLessThanOrEqual(text.length);
  },
);

it('YAML is told apart by words, whatever the text', () => {
  const text = '# why\nkind: SeccompProfile\nspec:\n  - names: [read, "a # b"] # end\n    errnoRet: 38\n';
  const words = yamlTokens(text).map(({ from, to, type }) => `${type} ${text.slice(from, to)}`);
  expect(words).toEqual([
    'comment # why',
    'property kind',
    'operator :',
    'string SeccompProfile',
    'property spec',
    'operator :',
    'operator -',
    'property names',
    'operator :',
    'operator [',
    'string read',
    'operator ,',
    'string "a # b"',
    'operator ]',
    'comment # end',
    'property errnoRet',
    'operator :',
    'number 38',
  ]);
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a:-#"\'[]{}, \n|>&') }), (given) => {
      let end = 0;
      for (const { from, to } of yamlTokens(given)) {
        expect(from).toBeGreaterThanOrEqual(end);
        expect(to).toBeGreaterThan(from);
        end = to;
      }
    }),
  );
});

it.each([
  ['list', 'default errno EPERM\nallow rea', 'readv'],
  ['systemd', '[Service]\nSystemCallFilter=@system-se', '@system-service'],
  ['kafel', 'POLICY a { ALLOW { rea', 'readv'],
  ['lxc', '2\nallowlist\nrea', 'readv'],
  ['minijail', 'read: 1\nrea', 'readv'],
  ['yaml', 'kind: SeccompProfile\nspec:\n  syscalls:\n  - names:\n    - rea', 'readv'],
] as const)('%s is completed', async (from, text, wanted) => {
  const named = { ...settings, words: from === 'yaml' ? {} : { from } };
  const found = await engine.answer('complete', { text, source: 'pasted', offset: text.length, settings: named });
  expect(found?.options.map(({ label, apply }) => apply ?? label)).toContain(wanted);
});

it('the name of a pasted text follows its format, and one that fits stays', async () => {
  const { fittingName } = await import('../../src/playground/file-name.js');
  for (const [format, text] of TEXTS) {
    const name = fittingName('x.bpf', format, text);
    expect(name).toMatch(/^profile\.[a-z]+$/);
    expect(fittingName(`own.${name.slice(8)}`, format, text)).toBe(`own.${name.slice(8)}`);
  }
  expect(fittingName('a.json', 'systemd', '')).toBe('profile.service');
  expect(fittingName('a.json', 'docker', 'defaultAction: x')).toBe('profile.yaml');
  expect(fittingName('a.json', 'program (hex)', '')).toBe('filter.hex');
  expect(fittingName('a.json', 'program (source)', '')).toBe('filter.c');
  expect(fittingName('a.bpf', 'program (assembler)', '')).toBe('a.bpf');
});

it('a profile is never taken for a log when it is pasted', async () => {
  const { mayBeLog } = await import('../../src/playground/log-sign.js');
  for (const [, text] of TEXTS) expect(mayBeLog(text)).toBe(false);
  for (const log of [
    'type=SECCOMP msg=audit(1700000000.123:456): pid=4242 syscall=165 code=0x50001\n',
    '[pid  42] openat(AT_FDCWD, "/x", O_RDONLY) = -1 EPERM (Operation not permitted)\n',
    'execve("/bin/ls", ["ls"], 0x7ffe /* 2 vars */) = 0\n',
    'scmp: denied: mkdir("/srv", 0o755), x86_64, by app[4242]: ERRNO(EPERM): x\n',
  ]) {
    expect(mayBeLog(log)).toBe(true);
  }
});

it('two texts stand side by side with nothing lost, and the same lines beside each other', async () => {
  const { lineDiff } = await import('../../src/playground/line-diff.js');
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const rows = lineDiff(before, after);
      const numbers = (side: 'before' | 'after') => rows.flatMap((row) => (row[side] === undefined ? [] : [row[side]]));
      expect(numbers('before')).toEqual(before.map((_, index) => index));
      expect(numbers('after')).toEqual(after.map((_, index) => index));
      for (const row of rows) {
        if (row.isSame) expect(before[row.before ?? -1]).toBe(after[row.after ?? -1]);
      }
      if (before.join() === after.join()) expect(rows.every(({ isSame }) => isSame)).toBe(true);
    }),
  );
  expect(lineDiff(['a', 'x', 'c'], ['a', 'y', 'z', 'c'])).toEqual([
    { before: 0, after: 0, isSame: true },
    { before: 1, after: 1, isSame: false },
    { before: undefined, after: 2, isSame: false },
    { before: 2, after: 3, isSame: true },
  ]);
});

it.each(TEXTS)('says of a call of %s what the language server says: %j', async (_format, text) => {
  const source = 'pasted';
  const parts = profileParts(text, editorFormat(text, { fileName: source }), { source });
  const [place] = namePlaces(parts[0]);
  await engine.answer('compile', { text, source, settings });
  const shown = await engine.answer('hover', { text, source, settings, offset: place?.from ?? 0 });
  if (!place) return;
  const asked = { text, path: source, named: undefined, settings: serverSettings, selection: parts[0].selection };
  const targets = await new Analysis().answer('decide', { ...asked, call: place.name }, () => {});
  expect(shown).toEqual(hoverAt(parts[0], place.from, targets));
  expect(shown?.markdown).toContain('**The whole filter**');
});

it('offers the fixes of the language server, and underlines what it underlines', async () => {
  const text = 'default errno EPERM\nallow opne, read\n';
  const { problems } = await engine.answer('check', { text, source: 'p.list', settings });
  const wrong = problems.find(({ message }) => message.includes('opne'))!;
  expect(text.slice(wrong.span!.from, wrong.span!.to)).toBe('opne');
  expect(wrong.fixes).toEqual([{ title: 'Change opne to open', edits: [{ offset: 26, length: 4, text: 'open' }] }]);
});
