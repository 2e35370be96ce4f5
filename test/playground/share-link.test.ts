import { deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/playground/settings/settings.js';
import { decodeShared, encodeShared, type Shared } from '../../src/playground/share-link.js';
import { DEFAULT_CALL } from '../../src/playground/state.js';
import fc from '../fast-check.js';

const fragmentOf = (value: unknown, version = 2) =>
  `#${version}.${deflateRawSync(JSON.stringify(value)).toString('base64url')}`;

const FULL: Shared = {
  text: 'default errno ENOSYS # smörgåsbord\nallow read\n',
  source: 'rules.txt',
  settings: {
    arch: 'riscv64',
    beside: ['aarch64', 's390x'],
    capabilities: ['CAP_SYS_ADMIN', 'CAP_BPF'],
    words: { runtime: 'runc', kernel: '5.10', enosysStub: 'no', weights: 'read 5\nwrite 7' },
  },
  view: 'diff',
  programForm: 'graph',
  mapArchitecture: 'riscv64',
  call: { architecture: 'riscv64', syscall: 'openat', arguments: ['AT_FDCWD', '', 'O_RDONLY'] },
  other: { text: 'default kill', source: 'other.txt' },
};

it('carries all that is shown', async () => {
  expect(await decodeShared(await encodeShared(FULL))).toEqual(FULL);
});

/** What has its default takes no room, and is set by the link all the same: the page may show something else. */
const DEFAULTS = {
  settings: DEFAULT_SETTINGS,
  view: 'map',
  programForm: 'listing',
  mapArchitecture: undefined,
  call: DEFAULT_CALL,
  other: { text: '', source: '' },
} as const;

it('sets what has its default too', async () => {
  const least = { text: '', source: '', settings: DEFAULT_SETTINGS };
  expect(await decodeShared(await encodeShared(least))).toEqual({ ...least, ...DEFAULTS });
  expect(await encodeShared({ ...least, ...DEFAULTS })).toBe(await encodeShared(least));
  // The same words in other fields are another call.
  const call = { ...DEFAULT_CALL, arguments: ['AT_FDCWD', ',O_RDONLY,'] };
  expect((await decodeShared(await encodeShared({ ...least, call })))?.call).toEqual(call);
});

it('carries any text and any name back', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(text, text, fc.array(text, { maxLength: 6 }), async (profile, source, args) => {
      const call = { ...DEFAULT_CALL, arguments: args };
      const shared = { text: profile, source, ...DEFAULTS, call };
      const read = await decodeShared(await encodeShared(shared));
      expect(read).toEqual({ ...shared, source: source.slice(0, 255) });
    }),
    { numRuns: 100 },
  );
});

it('is short for a small profile', async () => {
  const text = 'default errno EPERM\nallow read, write, exit_group\n';
  // As the page asks for it: with all that is shown.
  const fragment = await encodeShared({ text, source: 'rules.txt', ...DEFAULTS });
  expect(fragment.length).toBeLessThan(110);
});

it('reads the links of earlier versions', async () => {
  const first = { text: 'a', source: 'b', arch: 'aarch64', capabilities: ['CAP_BPF'], kernel: '5.4', optimize: 0 };
  expect(await decodeShared(fragmentOf(first, 1))).toEqual({
    text: 'a',
    source: 'b',
    settings: { arch: 'aarch64', beside: [], capabilities: ['CAP_BPF'], words: { kernel: '5.4' } },
  });
  const min = await decodeShared(fragmentOf({ ...first, optimize: 'min', kernel: '' }, 1));
  expect(min?.settings.words).toEqual({ optimize: 'min' });
});

it('is none of ours', async () => {
  for (const fragment of ['', '#', '#3.AAAA', '#text']) expect(await decodeShared(fragment)).toBeUndefined();
});

const good = { t: 'x', n: 'y' };
it.each<[string, string]>([
  ['no base64', '#2.%%%'],
  ['no deflate', '#2.AAAA'],
  ['cut off', fragmentOf({ ...good, t: 'some words that take a while' }).slice(0, -8)],
  ['a bomb', fragmentOf({ ...good, t: 'x'.repeat(3_000_000) })],
  ['null', fragmentOf(null)],
  ['a list', fragmentOf([good])],
  ['no text', fragmentOf({ n: 'y' })],
  ['an unknown architecture', fragmentOf({ ...good, a: '__proto__' })],
  ['an unknown machine beside', fragmentOf({ ...good, b: ['vax'] })],
  ['a number as a capability', fragmentOf({ ...good, c: [1] })],
  ['an unknown option', fragmentOf({ ...good, w: { output: '/etc/passwd' } })],
  ['a name of an object', fragmentOf({ ...good, w: JSON.parse('{"__proto__": "x"}') })],
  ['a word that the option does not take', fragmentOf({ ...good, w: { runtime: '<img>' } })],
  ['an empty word', fragmentOf({ ...good, w: { kernel: '' } })],
  ['a word that is too long', fragmentOf({ ...good, w: { kernel: 'x'.repeat(33) } })],
  ['a word that is no text', fragmentOf({ ...good, w: { kernel: {} } })],
  ['a form of the program that there is none', fragmentOf({ ...good, p: 2 })],
  ['a map of an unknown architecture', fragmentOf({ ...good, m: 'vax' })],
  ['an unknown tab', fragmentOf({ ...good, v: 'constructor' })],
  ['a call without a name', fragmentOf({ ...good, s: ['x86_64'] })],
  ['a call with seven arguments', fragmentOf({ ...good, s: ['x86_64', 'read', ...'1234567'] })],
  ['another side without a name', fragmentOf({ ...good, o: ['x'] })],
  [
    'an old link with a wrong level',
    fragmentOf({ text: '', source: '', arch: 'x86', capabilities: [], kernel: '', optimize: 3 }, 1),
  ],
])('is refused: %s', async (_, fragment) => {
  await expect(decodeShared(fragment)).rejects.toThrow(/^this link is/);
});
