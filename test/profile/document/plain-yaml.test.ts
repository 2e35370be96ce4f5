import { expect, it } from 'vitest';
import { parsePlainYaml } from '../../../src/profile/document/plain-yaml.js';
import { SourceText } from '../../../src/profile/document/source-text.js';
import { parseYaml } from '../../../src/profile/document/yaml.js';
import { fleetRecording } from '../../compose/fleet.js';

const slow = (text: string) => {
  const documents = parseYaml(SourceText.decode(text, undefined));
  expect(documents).toHaveLength(1);
  return documents[0].value;
};

it('reads what kubectl prints', () => {
  const { asYaml } = fleetRecording(1, ['read', 'write', 'close'], 3);
  for (const text of [asYaml, asYaml.replace(/^(?=.)/gm, '  ')]) {
    const value = parsePlainYaml(text);
    expect(value).toBeDefined();
    expect(value).toEqual(slow(text));
  }
});

it.each([
  'a: "b\\n"',
  'a: &x b',
  'a: *x',
  'a: |\n  b',
  'a: b: c',
  'a: 010',
  'a: 1.5',
  'a: [b]',
  'a: b\n  c',
  'a: 1\na: 2',
  '- a\n- - b',
  'a: !x b',
  'a:\tb',
  '? a',
  'a: b #c',
  '%YAML 1.1',
  'a: ~',
  '<<: b',
  'a: .inf',
  '"a": b',
  'a: -1',
])('leaves %j to the reader of all YAML', (text) => expect(parsePlainYaml(text)).toBeUndefined());

it('has the same value as that reader, or none, of thousands of mutated texts', () => {
  const { asYaml } = fleetRecording(2, ['read', 'write', 'null', 'true', 'no'], 5);
  const parts = [
    ' ',
    '\n',
    '- ',
    ': ',
    ':',
    '"',
    "'",
    '#',
    '  ',
    'null',
    '0',
    '1',
    'Yes',
    '{}',
    '[]',
    '|',
    '&a',
    '*a',
    '---\n',
    '~',
    'a: b\n',
    '!',
    '%',
    '\t',
    ',',
    '>',
    '?',
    '-',
    '.',
    '0x1',
    '1e3',
    '-1',
  ];
  let state = 99;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let read = 0;
  for (let round = 0; round < 3000; round++) {
    const lines = asYaml.split('\n');
    const begin = random(lines.length);
    let text = lines.slice(begin, begin + 2 + random(12)).join('\n');
    for (let edits = random(3); edits >= 0; edits--) {
      const at = random(text.length + 1);
      text = text.slice(0, at) + parts[random(parts.length)] + text.slice(at + random(3));
    }
    const value = parsePlainYaml(text);
    if (value === undefined) continue;
    read++;
    expect(value, JSON.stringify(text)).toEqual(slow(text));
  }
  expect(read).toBeGreaterThan(100);
});
