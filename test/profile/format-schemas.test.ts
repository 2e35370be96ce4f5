import Ajv2020 from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/profile/document/json-document.js';
import { ProfileError } from '../../src/profile/document/profile-error.js';
import { SourceText } from '../../src/profile/document/source-text.js';
import { parseYaml } from '../../src/profile/document/yaml.js';
import {
  formatJsonSchema,
  SCHEMA_FORMATS,
  type SchemaFormat,
  schemaCatalog,
} from '../../src/profile/formats/json-schemas.js';
import { readProfile } from '../../src/profile/index.js';
import { jsonSchemaText } from '../../src/profile/model/json-schema.js';
import { TEXTS } from './formats/format-texts.js';

const ajv = new Ajv2020.default({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
const schemas = new Map(
  SCHEMA_FORMATS.map((format) => [format, ajv.compile(JSON.parse(jsonSchemaText(formatJsonSchema(format))))]),
);

/** As editors see it: numbers are JavaScript's. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? Number(each) : each)));

function isValid(format: SchemaFormat, text: string): boolean {
  const document = text.trimStart().startsWith('{') ? parseJson(text) : parseYaml(new SourceText(text, undefined))[0];
  return schemas.get(format)!(plain(document.value));
}

const spo = (spec: string, more = '') =>
  `apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\nmetadata: {name: x, labels: {a: b}}\n${more}spec: ${spec}\n`;
const filter = (rules: string) =>
  `{"main": {"mismatch_action": "trap", "match_action": "allow", "filter": [${rules}]}}`;
const group = (keys: string) => `seccomp: {default_action: Errno, syscalls: [{action: allow, ${keys}}]}\n`;

const SOUND: readonly (readonly [SchemaFormat, string])[] = [
  ...TEXTS.filter(([format]) => SCHEMA_FORMATS.includes(format as SchemaFormat)).map(
    ([format, text]) => [format as SchemaFormat, text] as const,
  ),
  [
    'spo',
    spo(
      '{defaultAction: SCMP_ACT_ERRNO, architectures: [SCMP_ARCH_X86_64], syscalls: [{names: [read], action: SCMP_ACT_ALLOW, errnoRet: 0, args: [{index: 1, op: SCMP_CMP_EQ}]}]}',
    ),
  ],
  ['spo', spo('{defaultAction: SCMP_ACT_LOG, baseProfileName: runc-v1.1.5, disabled: false, _comment: why}')],
  ['spo', spo('{defaultAction: SCMP_ACT_LOG, baseProfileName: "oci://registry/x:1", state: Enabled}')],
  [
    'seccompiler',
    filter(
      '{"syscall": "read", "comment": "x"}, {"syscall": "ioctl", "args": [{"index": 1, "type": "dword", "op": {"masked_eq": 7}, "val": 18446744073709551615}]}',
    ),
  ],
  ['seccompiler', '{"vmm": {"default_action": {"errno": 1}, "filter_action": "allow", "filter": []}}'],
  [
    'go-seccomp-bpf',
    group('names: [read], names_with_args: [{name: socket, arguments: [{argument: 0, operation: Equal, value: 1}]}]'),
  ],
  [
    'go-seccomp-bpf',
    `output: {x: 1}\n${group('names_with_args: [{name: socket, arguments: [{position: 0, operation: bitsnotset, value: 0xffffffffffffffff}]}]')}`,
  ],
];

const BROKEN: readonly (readonly [SchemaFormat, string])[] = [
  [
    'spo',
    spo(
      '{defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [read], action: SCMP_ACT_ALLOW, includes: {caps: [CAP_BPF]}}]}',
    ),
  ],
  ['spo', spo('{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: 1}')],
  ['spo', spo('{defaultAction: SCMP_ACT_ERRNO, archMap: []}')],
  ['spo', spo('{defaultAction: SCMP_ACT_ERRNO, syscals: []}')],
  ['spo', spo('{defaultAction: SCMP_ACT_ERRNO, state: enabled}')],
  ['spo', spo('{defaultAction: SCMP_ACT_ERRNO, baseProfileName: "https://x/y"}')],
  ['spo', spo('{defaultAction: SCMP_ACT_NONE}')],
  ['spo', spo('{defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [], action: SCMP_ACT_ALLOW}]}')],
  ['spo', spo('{syscalls: []}')],
  ['spo', spo('{defaultAction: SCMP_ACT_LOG}').replace('v1beta1', 'v2')],
  [
    'spo',
    'apiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfiles\nspec: {defaultAction: SCMP_ACT_LOG}\n',
  ],
  ['seccompiler', filter('{"syscall": "read", "arg": []}')],
  ['seccompiler', filter('{"syscall": "read", "args": [{"index": 6, "type": "dword", "op": "eq", "val": 1}]}')],
  ['seccompiler', filter('{"syscall": "read", "args": [{"index": 1, "type": "word", "op": "eq", "val": 1}]}')],
  ['seccompiler', filter('{"syscall": "read", "args": [{"index": 1, "type": "dword", "op": "masked", "val": 1}]}')],
  ['seccompiler', '{"main": {"mismatch_action": "kill", "match_action": "allow", "filter": []}}'],
  ['seccompiler', '{"main": {"mismatch_action": "trap", "filter": []}}'],
  [
    'seccompiler',
    '{"main": {"mismatch_action": "trap", "default_action": "trap", "match_action": "allow", "filter": []}}',
  ],
  ['go-seccomp-bpf', group('name: [read]')],
  ['go-seccomp-bpf', group('names: read')],
  ['go-seccomp-bpf', group('names: [read]').replace('allow', 'deny')],
  ['go-seccomp-bpf', group('names_with_args: [{name: socket, arguments: []}]')],
  ['go-seccomp-bpf', group('names_with_args: [{name: socket, arguments: [{argument: 6, operation: Equal}]}]')],
  ['go-seccomp-bpf', group('names_with_args: [{name: socket, arguments: [{argument: 0, operation: Is}]}]')],
];

describe('the JSON Schema of a format', () => {
  it.each(SOUND)('of %s takes what the reader takes: %s', (format, text) => {
    readProfile(text, { format });
    expect(isValid(format, text), JSON.stringify(schemas.get(format)!.errors?.slice(0, 3))).toBe(true);
  });

  it.each(BROKEN)('of %s refuses what the reader refuses: %s', (format, text) => {
    expect(() => readProfile(text, { format })).toThrow(ProfileError);
    expect(isValid(format, text)).toBe(false);
  });

  it('is tried for every format, with sound and broken texts', () => {
    const tried = (texts: typeof SOUND) => new Set(texts.map(([format]) => format));
    expect([...tried(SOUND)].sort()).toEqual([...SCHEMA_FORMATS].sort());
    // Docker's has a test of its own.
    expect([...tried(BROKEN), 'docker'].sort()).toEqual([...SCHEMA_FORMATS].sort());
  });

  it('has patterns of file names that no two formats share, and that are no plain extension', () => {
    const patterns = schemaCatalog().flatMap(({ fileMatch }) => fileMatch);
    expect(new Set(patterns).size).toBe(patterns.length);
    for (const pattern of patterns) {
      expect(pattern).toMatch(/^(?:\*\*\/)?[\w*.-]+(?:\/[\w*.-]+)*\.(?:json|ya?ml)$/);
      expect(pattern).not.toMatch(/^(?:\*\*\/)?\*\.\w+$/);
    }
  });
});
