import { expect, it } from 'vitest';
import { jsonSchemaText, profileJsonSchema } from '../../src/profile/model/json-schema.js';
import { scmp } from './scmp.js';

it('scmp schema prints the JSON Schema of profiles', () => {
  const { status, stdout, stderr } = scmp(['schema']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.toString()).toBe(jsonSchemaText(profileJsonSchema()));
  expect(JSON.parse(stdout.toString()).$schema).toBe('https://json-schema.org/draft/2020-12/schema');
});
