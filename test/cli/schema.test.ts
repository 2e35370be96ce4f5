import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { formatJsonSchema, SCHEMA_FORMATS, schemaCatalog } from '../../src/profile/formats/json-schemas.js';
import { jsonSchemaText } from '../../src/profile/model/json-schema.js';
import { ROOT, scmp } from './scmp.js';

it('scmp schema prints the JSON Schema of profiles', () => {
  const { status, stdout, stderr } = scmp(['schema']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.toString()).toBe(jsonSchemaText(formatJsonSchema('docker')));
  expect(JSON.parse(stdout.toString()).$schema).toBe('https://json-schema.org/draft/2020-12/schema');
});

it.each(SCHEMA_FORMATS)('the schema of %s is in the package, under the address that is its $id', (format) => {
  const text = readFileSync(`${ROOT}dist/schemas/${format}.json`, 'utf8');
  expect(text).toBe(jsonSchemaText(formatJsonSchema(format)));
  const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
  expect(JSON.parse(text).$id).toBe(`https://unpkg.com/libseccomp-wasm@${version}/dist/schemas/${format}.json`);
});

it('the entries for SchemaStore are those of the formats', () => {
  expect(JSON.parse(readFileSync(`${ROOT}editors/schemastore.json`, 'utf8'))).toEqual(schemaCatalog());
});
