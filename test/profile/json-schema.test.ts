import { readdirSync, readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { builtinSource } from '../../src/profile/builtin/index.js';
import { BUILTIN_NAMES } from '../../src/profile/builtin/names.js';
import { readProfile } from '../../src/profile/index.js';
import { jsonSchemaText, profileJsonSchema } from '../../src/profile/model/json-schema.js';
import { BROKEN_PROFILES } from './broken-profiles.js';
import { packagedProfile } from './packaged-profiles.js';

const text = jsonSchemaText(profileJsonSchema());
const ajv = new Ajv2020.default({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
const validate = ajv.compile(JSON.parse(text));
const isValid = (profile: unknown) => validate(profile);

const examples = new URL('../../examples/', import.meta.url);
const sound: [string, unknown][] = [
  ...readdirSync(examples)
    .filter((file) => file.endsWith('.json'))
    .map((file): [string, unknown] => [file, JSON.parse(readFileSync(new URL(file, examples), 'utf8'))]),
  ...BUILTIN_NAMES.map((name): [string, unknown] => [name, builtinSource(name)]),
  ...(['podman', 'moby'] as const).map((name): [string, unknown] => [
    name,
    JSON.parse(packagedProfile(name).toString()),
  ]),
  ['nothing but a default', { defaultAction: 'SCMP_ACT_ALLOW' }],
  [
    'null for what is not there',
    { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: null, syscalls: null, flags: null, archMap: null },
  ],
  ['a name', { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ name: 'read', names: [], action: 'SCMP_ACT_ALLOW' }] }],
  ['extends', { extends: 'container-default', remove: ['ptrace'] }],
  [
    'comments',
    { $schema: 'x', _comment: 1, description: '', 'x-owner': 'me', '//': 'y', defaultAction: 'SCMP_ACT_LOG' },
  ],
  [
    'empty archMap beside architectures',
    { defaultAction: 'SCMP_ACT_ERRNO', archMap: [], architectures: ['SCMP_ARCH_X86'] },
  ],
];

describe('the JSON Schema', () => {
  it.each(sound)('takes %s, as the reader does', (_name, profile) => {
    readProfile(profile as object);
    expect(isValid(profile), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
  });

  // What a schema of profiles cannot know: the syntax of the text, what is in a config.json or another format's file, that a
  // number was written with an exponent or past 2^64 (JSON.parse rounds both).
  const UNKNOWABLE = new Set(['a value of 2^64', 'an exponent']);
  const broken = BROKEN_PROFILES.filter(({ content, errorCode, name }) => {
    if (errorCode !== 'PROFILE_INVALID' || typeof content !== 'string' || UNKNOWABLE.has(name)) return false;
    return isJson(content) && !/"linux"|"ociVersion"/.test(content);
  });

  it('is tried on many broken profiles', () => {
    expect(broken.length).toBeGreaterThan(60);
  });

  it.each(broken)('refuses $name, as the reader does', ({ content }) => {
    expect(isValid(JSON.parse(content as string))).toBe(false);
  });

  it('has the bounds of 64 bits exactly', () => {
    expect(text).toContain('"maximum": 18446744073709551615');
    expect(text).not.toContain('18446744073709552000');
    expect(text.match(/"maximum": \d+/g)?.sort()).toContain('"maximum": 4294967295');
  });

  it('describes every key', () => {
    const walk = (schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { type, properties, additionalProperties } = schema as Record<string, unknown>;
      if (type === 'object' && additionalProperties === false) {
        for (const [key, property] of Object.entries(properties as object)) {
          expect(`${key}: ${(property as { description?: string }).description}`).toMatch(/: .{5,}/);
          expect((property as { description?: string }).description).not.toBe('undefined');
        }
      }
      for (const part of Object.values(schema)) walk(part);
    };
    walk(JSON.parse(text));
  });

  it.each<[string, object]>([
    ['remove without extends', { defaultAction: 'SCMP_ACT_ERRNO', remove: ['read'] }],
    ['no default action, and nothing to have it from', { extends: '', syscalls: [] }],
    ['an unknown key', { defaultAction: 'SCMP_ACT_ERRNO', surprise: 1 }],
  ])('refuses %s', (_name, profile) => {
    expect(isValid(profile)).toBe(false);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
