import { describe, expect, it } from 'vitest';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import {
  INPUT_FORMATS,
  type InputFormat,
  loadProfile,
  type ParsedProfile,
  readProfile,
} from '../../../src/profile/index.js';
import { BROKEN_PROFILES } from '../broken-profiles.js';
import { BROKEN_TEXTS } from './broken-texts.js';
import { TEXTS } from './format-texts.js';

/** Lines that each syntax alone has. */
const LINES = {
  yaml: ['defaultAction: SCMP_ACT_LOG', "'key':", 'a.b-$: 1', '---', '%YAML 1.2', '- x'],
  systemd: ['[Service]', '[X-Mine]  ', 'SystemCallFilter=read', '\tSystemCallLog = read'],
  list: 'default allow deny log trap notify kill errno trace arch flags extends remove when'
    .split(' ')
    .map((word) => `${word} read`),
} as const;
const WORDS = { yaml: 'YAML', systemd: 'a systemd unit', list: 'a plain list' } as const;
const SYNTAXES = ['yaml', 'systemd', 'list'] as const;
const PAIRS = SYNTAXES.flatMap((first) =>
  SYNTAXES.filter((second) => second !== first).map((second) => [first, second] as const),
);

const seccompiler = { main: { mismatch_action: 'log', match_action: 'allow', filter: [] } };

/** What comes of reading: the format, or the issues with their places. */
function outcome(read: () => ParsedProfile): string {
  try {
    return read().format;
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    return error.issues
      .map(({ code, position }) => (position ? `${code} ${position.line}:${position.column}` : code))
      .join(', ');
  }
}

const reading = (text: string, format?: InputFormat) => outcome(() => readProfile(text, { format }));
const message = (input: string | object): string => {
  try {
    return `read as ${readProfile(input).format}`;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a text with the signs of two syntaxes', () => {
  it.each(PAIRS)('%s before %s is refused, at the first line of the second', (first, second) => {
    for (const one of LINES[first]) {
      for (const other of LINES[second]) {
        expect(message(`${one}\n# why\n${other}\n`), `${one} / ${other}`).toBe(
          `profile:3:1: line 3 looks like ${WORDS[second]}, line 1 like ${WORDS[first]}; say which it is (--from, or the option "format")`,
        );
      }
    }
  });

  it('of three is refused for the first two', () => {
    expect(message('default allow\n[Service]\nkey: x\n')).toMatch(
      /^profile:2:1: line 2 looks like a systemd unit, .* list/,
    );
    expect(message('key: x\ndefault allow\n[Service]\n')).toMatch(
      /^profile:2:1: line 2 looks like a plain list, .* YAML/,
    );
  });

  it('is refused at the line where there are no others between, whatever the line ends with', () => {
    expect(message('default allow\r\rkey: x')).toMatch(/^profile:3:1: line 3 looks like YAML/);
    expect(message('default allow\r\nkey: x')).toMatch(/^profile:2:1: line 2 looks like YAML/);
  });

  it('is JSON where it begins as JSON does', () => {
    for (const line of [...LINES.yaml, ...LINES.list]) {
      for (const start of ['{', '"x"', '[1]', '["Service"]', '[Service] x', '[service]']) {
        expect(message(`${start}\n${line}\n`), `${start} / ${line}`).toMatch(/^profile:\d+:\d+: (?!line)/);
      }
    }
    expect(message('{"defaultAction": "SCMP_ACT_LOG"}\ndefault allow')).toContain('expected the end of the text');
    expect(message('"key" : x\ndefault allow')).toContain('expected the end of the text');
    expect(message('---\n"key" : x\ndefault allow')).toMatch(/^profile:3:1: line 3 looks like a plain list/);
  });

  it('is read where the caller names one', () => {
    for (const [first, second] of PAIRS) {
      for (const format of INPUT_FORMATS) {
        const text = `${LINES[first][0]}\n${LINES[second][0]}\n`;
        expect(reading(text, format), `${text} as ${format}`).not.toContain('ambiguous-format');
      }
    }
  });
});

describe('no sign of a syntax', () => {
  it.each([
    'allow = read',
    'allow',
    ' allow read',
    'listener /run/x',
    'listener-metadata x',
    'kill-process ptrace',
    'kill-thread ptrace',
    'allowed read',
    '[]',
    '[service]',
    'SystemCall read',
    'systemcallfilter=read',
    ' key: x',
    'key:x',
    '-x',
    'read -> allow',
  ])('%j: JSON, whose reader says what is wrong', (line) => {
    expect(reading(line)).toBe(reading(line, 'json'));
    expect(reading(line)).toMatch(/^(bad-syntax|wrong-type) 1:/);
  });
});

describe('a document with the keys of two formats', () => {
  const SECTION_KEYS = [
    ...['defaultAction', 'defaultErrnoRet', 'architectures', 'flags', 'listenerPath', 'listenerMetadata', 'syscalls'],
    ...['defaultErrno', 'archMap', 'extends', 'remove'],
  ];

  it.each(['kind', 'apiVersion'])('is refused with %s and a key of a profile or of a config.json', (kubernetes) => {
    for (const key of [...SECTION_KEYS, 'linux', 'ociVersion']) {
      expect(message({ [key]: 'x', [kubernetes]: 'x' })).toBe(
        `profile: ${key}: both a Kubernetes object ("${kubernetes}") and a profile ("${key}"); take one of them out`,
      );
    }
  });

  it('is refused with "linux" or "ociVersion" and a key of a profile', () => {
    for (const config of ['linux', 'ociVersion']) {
      for (const key of SECTION_KEYS) {
        expect(message({ [key]: 'x', [config]: 'x' })).toBe(
          `profile: ${key}: both a config.json ("linux" or "ociVersion") and a profile ("${key}"); take one of them out`,
        );
      }
    }
  });

  it('names the first in the order of the runtime spec', () => {
    expect(message({ syscalls: [], kind: 'x', defaultAction: 'x' })).toContain('a profile ("defaultAction")');
    expect(message({ syscalls: [], ociVersion: '1', kind: 'x', linux: {} })).toContain('a profile ("linux")');
    expect(message({ apiVersion: 'x', kind: 'x', flags: [] })).toContain('a Kubernetes object ("kind")');
  });

  it('of seccompiler and another is the other', () => {
    expect(message({ ...seccompiler, kind: 'x' })).toBe('profile: kind: must be SeccompProfile, not "x"');
    expect(message({ ...seccompiler, ociVersion: '1' })).toMatch(
      /^profile: linux: this config\.json has no linux\.seccomp/,
    );
    expect(message({ ...seccompiler, defaultAction: 'SCMP_ACT_LOG' })).toBe('read as oci');
    expect(message({ ...seccompiler, defaultActoin: 'SCMP_ACT_LOG' })).toMatch(/^profile: .*threads/);
    for (const key of ['mismatch_action', 'match_action', 'default_action', 'filter_action']) {
      expect(message({ main: { [key]: 'x' } }), key).toMatch(/^profile: main/);
    }
    expect(message({ main: { filter: [] } })).toMatch(/^profile: not a seccomp profile/);
    expect(message(seccompiler)).toBe('read as seccompiler');
  });

  it.each(['json', 'yaml'] as const)('is refused as well where only the syntax is named: %s', (format) => {
    expect(reading('{"kind": "x", "flags": []}', format)).toBe('ambiguous-format 1:24');
    expect(reading('{"linux": {}, "flags": []}', format)).toBe('ambiguous-format 1:24');
  });

  it('is the format that the caller names, but for a config.json with a key of a profile', () => {
    const both = '{"kind": "x", "flags": []}';
    expect(reading(both, 'spo')).toBe('wrong-kind 1:10');
    expect(reading(both, 'seccompiler')).toBe('several-threads 1:1');
    expect(reading(both, 'docker')).toBe(reading(both, 'oci'));
    expect(reading('{"linux": {}, "flags": []}', 'docker')).toBe('ambiguous-format 1:24');
    expect(reading('{"linux": {}, "flags": []}', 'oci')).toBe('ambiguous-format 1:24');
  });

  it('of OCI and Docker is Docker, wherever it is found', () => {
    const docker = { defaultAction: 'SCMP_ACT_LOG', archMap: [] };
    expect(message(docker)).toBe('read as docker');
    expect(message({ linux: { seccomp: docker } })).toBe('read as docker');
    expect(
      message({ defaultAction: 'SCMP_ACT_LOG', syscalls: [{ names: ['x'], action: 'SCMP_ACT_LOG', includes: {} }] }),
    ).toBe('read as docker');
    expect(message({ linux: { seccomp: { defaultAction: 'SCMP_ACT_LOG' } } })).toBe('read as oci-config');
  });
});

describe('a document of no format', () => {
  it.each([
    [{}, ''],
    [{ seccomp: {} }, '; give what is under "seccomp", or put it under "linux"'],
    [{ spec: {} }, ''],
    [{ main: { filter: [] } }, ''],
  ])('%j', (document, hint) => {
    expect(message(document)).toBe(
      `profile: not a seccomp profile: neither "defaultAction" nor "linux" is in it${hint}`,
    );
  });

  it('says what it looks like where the caller names OCI or Docker', () => {
    const says = (document: object, format: InputFormat) => {
      expect(() => readProfile(document, { format })).toThrow(ProfileError);
      try {
        readProfile(document, { format });
      } catch (error) {
        return (error as ProfileError).issues[0]?.hint;
      }
      return undefined;
    };
    for (const format of ['oci', 'docker'] as const) {
      expect(says({ kind: 'SeccompProfile' }, format)).toBe('this is a Kubernetes SeccompProfile');
      expect(says(seccompiler, format)).toBe('this looks like a seccompiler (Firecracker) filter');
    }
  });

  it.each([
    [[], 'an array'],
    ['"x"', 'a string'],
    ['[1]', 'an array'],
  ])('%j is no object', (input, what) => {
    expect(message(input)).toMatch(new RegExp(`^profile(:1:1)?: a profile is an object, not ${what}$`));
  });
});

/** Names of formats that had the same outcome, by the outcome. */
async function outcomesOf(content: string): Promise<string> {
  const formatsOf = new Map<string, string[]>();
  for (const format of [undefined, ...INPUT_FORMATS]) {
    const found = outcome(() => readProfile(content, { format }));
    const loaded = await loadProfile(content, { format }).then(
      (profile) => outcome(() => profile),
      (error) =>
        outcome(() => {
          throw error;
        }),
    );
    expect(loaded).toBe(found);
    formatsOf.set(found, [...(formatsOf.get(found) ?? []), format ?? 'untold']);
  }
  return [...formatsOf].map(([found, formats]) => `  ${formats.join(' ')}: ${found}\n`).join('');
}

it('comes to the same for every text of these tests, under every name', { timeout: 120_000 }, async () => {
  const texts: [name: string, content: string][] = [
    ...TEXTS.map(([format, text]): [string, string] => [`${format}: ${JSON.stringify(text)}`, text]),
    ...BROKEN_TEXTS.map(({ name, content }): [string, string] => [name, content]),
    ...BROKEN_PROFILES.flatMap(({ name, content }): [string, string][] =>
      typeof content === 'string' && content.length < 100_000 ? [[name, content]] : [],
    ),
  ];
  let record = '';
  for (const [name, content] of texts) record += `${name}\n${await outcomesOf(content)}`;
  await expect(record).toMatchFileSnapshot('detection-outcomes.txt');
});
