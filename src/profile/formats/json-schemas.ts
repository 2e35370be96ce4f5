import { VERSION } from '../../version.js';
import { type JsonSchema, profileJsonSchema } from '../model/json-schema.js';
import { goSeccompBpfJsonSchema } from './go-seccomp-bpf/json-schema.js';
import type { KeysFormatName } from './index.js';
import { seccompilerJsonSchema } from './seccompiler/json-schema.js';
import { spoJsonSchema } from './spo/json-schema.js';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

interface SchemaRow {
  /** What it is of, as a catalog has it. */
  readonly name: string;
  /** Files that are such profiles by their names, as SchemaStore and editors take them. */
  readonly fileMatch: readonly string[];
  readonly make: () => JsonSchema;
}

/** The formats that have a JSON Schema. That of Docker's is OCI's and Podman's too. */
const SCHEMAS = {
  docker: {
    name: 'seccomp profile (OCI, Docker, Podman)',
    fileMatch: [
      'seccomp.json',
      'seccomp-profile.json',
      'seccomp-default.json',
      '*.seccomp.json',
      '*.seccomp.yaml',
      '*.seccomp.yml',
    ],
    make: profileJsonSchema,
  },
  spo: {
    name: 'SeccompProfile (Security Profiles Operator)',
    fileMatch: [
      'seccompprofile.yaml',
      'seccompprofile.yml',
      '*.seccompprofile.yaml',
      '*.seccompprofile.yml',
      '*.seccompprofile.json',
    ],
    make: spoJsonSchema,
  },
  seccompiler: {
    name: 'seccompiler filters (Firecracker)',
    fileMatch: [
      '**/resources/seccomp/*-linux-musl.json',
      '**/resources/seccomp/*-linux-gnu.json',
      '*.seccompiler.json',
    ],
    make: seccompilerJsonSchema,
  },
  'go-seccomp-bpf': {
    name: 'go-seccomp-bpf policy (Elastic Beats)',
    fileMatch: ['*.seccomp-policy.yml', '*.seccomp-policy.yaml'],
    make: goSeccompBpfJsonSchema,
  },
} as const satisfies Partial<Record<KeysFormatName, SchemaRow>>;

export type SchemaFormat = keyof typeof SCHEMAS;
export const SCHEMA_FORMATS = Object.keys(SCHEMAS) as SchemaFormat[];

/** Where the schema of this version is to be had, which is its `$id`. */
const schemaUrl = (format: SchemaFormat): string =>
  `https://unpkg.com/libseccomp-wasm@${VERSION}/dist/schemas/${format}.json`;

/** The JSON Schema of a format. It refuses unknown keys, as the reader does where they look misspelt. */
export function formatJsonSchema(format: SchemaFormat): JsonSchema {
  const { $schema: _draft, ...schema } = SCHEMAS[format].make();
  return { $schema: DRAFT, $id: schemaUrl(format), ...schema };
}

/** Entries of a catalog as SchemaStore has it (its catalog.json, "schemas"). */
export function schemaCatalog(): { name: string; description: string; fileMatch: readonly string[]; url: string }[] {
  return SCHEMA_FORMATS.map((format) => {
    const { name, fileMatch, make } = SCHEMAS[format];
    return { name, description: make().description as string, fileMatch, url: schemaUrl(format) };
  });
}
