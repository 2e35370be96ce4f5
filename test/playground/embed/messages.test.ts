import { describe, expect, it } from 'vitest';
import { embedModeOf } from '../../../src/playground/embed/embed-mode.js';
import { readMessage, settingsOf } from '../../../src/playground/embed/messages.js';
import { DEFAULT_SETTINGS } from '../../../src/playground/settings/settings.js';
import fc from '../../fast-check.js';

const OPEN = { scmp: 1, id: 7, do: 'open', text: 'default kill', name: 'rules.txt' };

describe('the address', () => {
  it.each<[string, ReturnType<typeof embedModeOf>]>([
    ['', undefined],
    ['?x=embed', undefined],
    ['?embed', { origin: undefined }],
    ['?embed=https://wiki.example', { origin: 'https://wiki.example' }],
    ['?embed=http%3A%2F%2Flocalhost%3A8080', { origin: 'http://localhost:8080' }],
    ['?embed=*', { origin: undefined }],
    ['?embed=null', { origin: undefined }],
    ['?embed=https://wiki.example/', { origin: undefined }],
    ['?embed=https://user@wiki.example', { origin: undefined }],
    ['?embed=javascript:1', { origin: undefined }],
    ['?embed=file:///', { origin: undefined }],
  ])('names the only page that is spoken with: %j', (search, mode) => {
    expect(embedModeOf(search)).toEqual(mode);
  });
});

describe('a message', () => {
  it('opens, reads, and sets the theme', () => {
    expect(readMessage(OPEN)).toEqual({ request: { do: 'open', id: 7, text: 'default kill', name: 'rules.txt' } });
    const settings = { arch: 'aarch64', beside: ['s390x'], capabilities: ['CAP_BPF'], words: { kernel: '5.4' } };
    const call = { architecture: 'aarch64', syscall: 'read', arguments: ['1'] };
    const other = { text: 'x', name: 'y' };
    const full = { ...OPEN, settings, view: 'diff', call, other };
    const { scmp: _, ...request } = full;
    expect(readMessage(full)).toEqual({ request });
    expect(readMessage({ scmp: 1, id: 'a', do: 'read' })).toEqual({ request: { do: 'read', id: 'a' } });
    expect(readMessage({ scmp: 1, id: 'a', do: 'theme', theme: 'dark' })).toMatchObject({ request: { theme: 'dark' } });
  });

  it('has defaults where it says nothing', () => {
    expect(settingsOf(undefined)).toEqual(DEFAULT_SETTINGS);
    expect(settingsOf({ arch: 'riscv64', words: undefined })).toEqual({ ...DEFAULT_SETTINGS, arch: 'riscv64' });
  });

  it.each([undefined, null, 1, 'scmp', {}, { id: 1, do: 'open' }, [], { type: 'webpackOk' }])(
    'is not for the page: %j',
    (data) => {
      expect(readMessage(data)).toBeUndefined();
    },
  );

  it.each<[RegExp, object]>([
    [/^scmp: .* version 1/, { ...OPEN, scmp: 2 }],
    [/^id: /, { ...OPEN, id: {} }],
    [/^id: /, { ...OPEN, id: Number.NaN }],
    [/^do: one of open, read, theme$/, { ...OPEN, do: 'constructor' }],
    [/^html: there is no such key/, { ...OPEN, html: '<img>' }],
    [/^settings\.output: there is no such key/, { ...OPEN, settings: { output: '/etc/passwd' } }],
    [/^text: .* string/, { ...OPEN, text: 1 }],
    [/^text: it has more than/, { ...OPEN, text: 'x'.repeat(3_000_000) }],
    [/^name: /, { ...OPEN, name: 'x'.repeat(256) }],
    [/^settings\.arch: it has to be one of x86/, { ...OPEN, settings: { arch: '__proto__' } }],
    [/^settings\.words\.runtime: this option does not/, { ...OPEN, settings: { words: { runtime: '<img>' } } }],
    [/^settings\.words\.output: there is no/, { ...OPEN, settings: { words: { output: 'x' } } }],
    [/^settings\.words: it is no object/, { ...OPEN, settings: { words: [] } }],
    [/^settings\.words\.__proto__: /, { ...OPEN, settings: { words: JSON.parse('{"__proto__": "x"}') } }],
    [/^view: it has to be one of/, { ...OPEN, view: 'constructor' }],
    [
      /^call\.arguments: it has more than 6/,
      { ...OPEN, call: { ...{ architecture: 'x86', syscall: '' }, arguments: [...'1234567'] } },
    ],
    [/^theme: /, { scmp: 1, id: 1, do: 'theme', theme: 'x' }],
  ])('is refused, and told why: %s', (why, data) => {
    expect(readMessage(data)).toMatchObject({ error: expect.stringMatching(why) });
  });

  it('of any form has an answer, and never throws', () => {
    const value = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true });
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('id', 'do', 'text', 'name', 'settings', 'call', 'other', 'view'), value),
        (data) => {
          const read = readMessage({ ...data, scmp: 1 });
          expect(read && ('request' in read || typeof read.error === 'string')).toBe(true);
        },
      ),
    );
  });
});
