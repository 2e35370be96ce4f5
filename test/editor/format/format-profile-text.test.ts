import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatProfileText } from '../../../src/editor/format/format-profile-text.js';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import { INPUT_FORMATS, OUTPUT_FORMATS, readProfile, writeProfile } from '../../../src/profile/index.js';
import fc from '../../fast-check.js';
import { TEXTS } from '../../profile/formats/format-texts.js';
import { randomSection } from '../../profile/formats/random-sections.js';
import { packagedProfile } from '../../profile/packaged-profiles.js';
import { SAMPLES } from './samples.js';

/** What may stand between lines: LXC takes no blank at the end of one, and of the beginning of one kafel takes a tab. */
const ENDS: Readonly<Record<string, string>> = { kafel: '\n\t', lxc: '\n' };

/** The same text with other white space, where that means nothing in its syntax. */
function disarranged(text: string, format: string): string {
  if (format === 'oci' || format === 'docker') return text.replace(/^ +/gm, '').replace(/": /g, '"  :');
  if (format === 'spo' || format === 'go-seccomp-bpf')
    return text
      .replace(/: (?=\S)/g, ':   ')
      .replace(/- (?=\S)/g, '-   ')
      .replace(/^ +/gm, (blanks) => blanks + blanks);
  const lines = text.split('\n').map((line) => {
    if (/^\s*(?:#|\/\/)/.test(line)) return line;
    if (line.startsWith('seccomp_string'))
      return line.includes('//') ? line : line.replace('{', '  {').replace(',', ' ,');
    return line.replace(/ /g, '  ');
  });
  // What is not of its policy is not its formatter's.
  if (format === 'nsjail') return lines.join('  \n').trimEnd().concat('\n');
  return `\n\n${lines.join(ENDS[format] ?? '  \n')}\n\n\n`;
}

const simple = (denied: string, ...architectures: string[]) => ({
  defaultAction: denied,
  architectures: architectures.map((name) => `SCMP_ARCH_${name}`),
  syscalls: [{ names: ['read', 'write'], action: 'SCMP_ACT_ALLOW' }],
});
/** What minijail, LXC, snapd and firejail can say, which have few words. */
const SIMPLE = [
  simple('SCMP_ACT_KILL_THREAD', 'X86_64'),
  simple('SCMP_ACT_KILL_THREAD', 'X86_64', 'X86', 'X32'),
  simple('SCMP_ACT_ERRNO', 'X86_64', 'X86'),
  {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    syscalls: [{ names: ['ptrace'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
  },
];

it('what is written is formatted already, and so is it again once it was disarranged', () => {
  const tried = new Map<string, number>();
  const tryAll = (section: object) => {
    const parsed = readProfile(section, { format: 'docker' });
    for (const format of OUTPUT_FORMATS) {
      let text: string;
      try {
        text = writeProfile(parsed, format, { arch: 'x86_64', name: 'random' });
      } catch (error) {
        if (error instanceof ProfileError) continue;
        throw error;
      }
      tried.set(format, (tried.get(format) ?? 0) + 1);
      expect(formatProfileText(text, { format }), format).toBe(text);
      if (format !== 'firejail') expect(formatProfileText(disarranged(text, format), { format }), format).toBe(text);
    }
  };
  SIMPLE.forEach(tryAll);
  expect([...tried.keys()].sort()).toEqual([...OUTPUT_FORMATS].sort());
  fc.assert(fc.property(randomSection, tryAll), { numRuns: 25 });
});

describe('samples', () => {
  it('are of every format that a caller may name', () => {
    const named = INPUT_FORMATS.filter((format) => format !== 'json' && format !== 'yaml');
    expect([...new Set(SAMPLES.map(({ format }) => format))].sort()).toEqual([...named].sort());
  });

  it.each(SAMPLES)('$format: $what', ({ format, before, after, options }) => {
    expect(formatProfileText(before, options)).toBe(after);
    expect(formatProfileText(after, options)).toBe(after);
    const [first, second] = [before, after].map((text) => readProfile(text, { format: options?.format ?? format }));
    expect(second!.seccomp).toEqual(first!.seccomp);
    // kafel refuses such line ends, and a text of one line has none.
    if (format === 'kafel' || !before.trimEnd().includes('\n')) return;
    const [beforeCrlf, afterCrlf] = [before, after].map((text) => text.replaceAll('\n', '\r\n'));
    expect(formatProfileText(beforeCrlf!, options)).toBe(afterCrlf);
  });
});

/** As a reader sees them: places differ. */
const meaning = (text: string, format?: 'minijail') => {
  const { format: found, seccomp, name } = readProfile(text, { format });
  return { found, seccomp, name };
};

it.each(TEXTS.filter(([, text]) => !text.startsWith('main:')))(
  'a text of %s keeps its meaning: %j',
  (_format, text) => {
    const formatted = formatProfileText(text);
    expect(formatProfileText(formatted)).toBe(formatted);
    expect(meaning(formatted)).toEqual(meaning(text));
  },
);

const folder = (path: string) =>
  readdirSync(new URL(path, import.meta.url)).map((name) => ({
    name,
    text: readFileSync(new URL(path + name, import.meta.url), 'utf8'),
  }));

it.each([
  ...folder('../../../src/profile/builtin/').filter(({ name }) => name.endsWith('.json')),
  ...(['podman', 'moby'] as const).map((name) => ({ name, text: new TextDecoder().decode(packagedProfile(name)) })),
])('a real profile keeps its meaning and its words: $name', ({ text }) => {
  const formatted = formatProfileText(text);
  expect(formatted.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
  expect(formatProfileText(formatted)).toBe(formatted);
  expect(meaning(formatted)).toEqual(meaning(text));
});

it.each([
  ['a comment in JSON', '{ // why\n "defaultAction": "SCMP_ACT_LOG" }'],
  ['an unknown action', '{"defaultAction": "SCMP_ACT_NONE"}'],
  ['YAML that breaks off', 'defaultAction: [SCMP_ACT_LOG\n'],
  ['a list', 'default allow\nread\n'],
  ['nothing', ''],
])('%s is the reader’s error', (_what, text) => {
  const errorOf = (read: () => unknown) => {
    try {
      read();
    } catch (error) {
      return error;
    }
    return undefined;
  };
  const error = errorOf(() => formatProfileText(text, { source: 'x' }));
  expect(error).toBeInstanceOf(ProfileError);
  expect((error as ProfileError).issues).toEqual(
    (errorOf(() => readProfile(text, { source: 'x' })) as ProfileError).issues,
  );
});

it('a text that is read for another format than its own is left to that one’s reader', () => {
  expect(() => formatProfileText('default allow\n', { format: 'kafel' })).toThrow(ProfileError);
});

it('keeps a byte order mark', () => {
  expect(formatProfileText('\uFEFFdefault   allow')).toBe('\uFEFFdefault allow\n');
});

it('needs no file that a policy includes', () => {
  expect(formatProfileText('@include ./common.policy\nread :1\n')).toBe('@include ./common.policy\nread: 1\n');
  expect(() => formatProfileText('@include ./common.policy\n', { include: () => undefined })).toThrow(
    'there is no file',
  );
});
