import { toJSONSchema } from 'zod/mini';
import { ACTION_NAMES, maxErrnoRet, takesErrnoRet } from '../../action.js';
import { errnoNames } from '../../errno.js';
import { dockerSeccompSchema, KNOWN_KEYS } from './schema.js';
import { COMMENT_KEYS, COMMENT_PREFIX } from './unknown-keys.js';

/** A JSON Schema, or a part of one. Bounds of integers are bigint: see {@link jsonSchemaText}. */
export type JsonSchema = { [key: string]: JsonSchemaValue };
type JsonSchemaValue = string | number | bigint | boolean | null | JsonSchema | readonly JsonSchemaValue[];

/** What editors show beside a key, by its kind of object. */
const DESCRIPTIONS: Readonly<Record<keyof typeof KNOWN_KEYS, Readonly<Record<string, string>>>> = {
  seccomp: {
    defaultAction: 'What happens to a system call that no entry names. May be left out beside "extends".',
    defaultErrnoRet: 'The errno of the default action, as a number; EPERM (1) without it.',
    defaultErrno: "The errno of the default action, by name (Podman's key); it wins over the number.",
    architectures: 'Architectures besides the target. Code of others is killed.',
    archMap: 'Docker\'s key: for each architecture the others that go with it. Not beside "architectures".',
    flags: 'Flags of seccomp(2). Without the key runc and crun set SPEC_ALLOW, with an empty list they do not.',
    listenerPath: 'A UNIX socket that gets the descriptor for SCMP_ACT_NOTIFY.',
    listenerMetadata: 'Sent to the listener along with the descriptor.',
    syscalls: 'The entries. Several for one system call are alternatives.',
    extends: 'Another profile, by path or name, or a built-in ("builtin:container-default"), that this one changes.',
    remove: 'System calls to take out of the profile that "extends" names.',
    enosysNewerThan:
      'A Linux, "X.Y": calls that came after it, and that no entry names, answer ENOSYS instead of the default action.',
  },
  syscall: {
    names: 'System calls, by name.',
    name: 'One system call (old form of "names").',
    action: 'What happens to them.',
    errnoRet: `With SCMP_ACT_ERRNO the errno, 0 to ${maxErrnoRet('SCMP_ACT_ERRNO')}; with SCMP_ACT_TRACE the message for the tracer, 0 to ${maxErrnoRet('SCMP_ACT_TRACE')}.`,
    errno: "The errno by name (Podman's key); it wins over the number.",
    args: 'Conditions on arguments; all must hold. Two on one argument become alternatives in runc and crun.',
    includes: "Docker's key: where the entry applies. All of it must hold.",
    excludes: "Docker's key: where the entry does not apply. Any of it is enough.",
    comment: 'For people.',
  },
  archMapEntry: {
    architecture: 'The machine.',
    subArchitectures: 'What else runs on it.',
  },
  condition: {
    arches: "Docker's names of architectures: amd64, arm64, s390x…",
    caps: 'Capabilities of the container, as CAP_SYS_ADMIN. Includes needs all of them, excludes any.',
    minKernel: 'A kernel version, "X.Y", that the kernel must have reached.',
  },
  argument: {
    index: 'Which argument, 0 to 5.',
    value: 'What it is compared with, unsigned; with SCMP_CMP_MASKED_EQ the mask.',
    valueTwo: 'With SCMP_CMP_MASKED_EQ what the masked argument must be; 0 without it.',
    op: 'How it is compared, in 64 bits.',
  },
};

/** Keys that are comments to the reader too. The regular expressions of JSON Schema have no flags: a capital may begin one. */
const COMMENT_PATTERN = [
  COMMENT_PREFIX.source.replaceAll('\\/', '/'),
  `^(${COMMENT_KEYS.map((key) => key.replace(/^./, (first) => `[${first.toUpperCase()}${first}]`)).join('|')})$`,
].join('|');

const WITH = (key: string, value: JsonSchemaValue): JsonSchema => ({
  properties: { [key]: { const: value } },
  required: [key],
});

/** The largest value that goes with an action. */
function errnoBounds(actionKey: string, errnoKey: string): JsonSchema[] {
  return ACTION_NAMES.filter(takesErrnoRet).map((action) => ({
    if: WITH(actionKey, action),
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { [errnoKey]: { maximum: maxErrnoRet(action) as number } } },
  }));
}

const SOME: JsonSchema = { type: 'array', minItems: 1 };
const ONE_NAME: JsonSchema = { type: 'string', minLength: 1 };
const ERRNO: JsonSchema = {
  anyOf: [{ enum: ['', ...[...errnoNames()].sort()] }, { pattern: '^[0-9]{1,10}$' }, { type: 'null' }],
};

/** What the reader checks beyond the types: keys that go together, and bounds that depend on others. */
const RULES: Readonly<Partial<Record<keyof typeof KNOWN_KEYS, JsonSchema[]>>> = {
  seccomp: [
    { anyOf: [{ required: ['defaultAction'] }, { required: ['extends'], properties: { extends: ONE_NAME } }] },
    { not: { required: ['architectures', 'archMap'], properties: { architectures: SOME, archMap: SOME } } },
    { not: WITH('defaultAction', 'SCMP_ACT_NOTIFY') },
    {
      if: { required: ['remove'], properties: { remove: SOME } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ['extends'], properties: { extends: ONE_NAME } },
    },
    { properties: { defaultErrno: ERRNO } },
    ...errnoBounds('defaultAction', 'defaultErrnoRet'),
  ],
  syscall: [
    {
      oneOf: [
        { required: ['names'], properties: { names: SOME, name: { enum: ['', null] } } },
        {
          required: ['name'],
          properties: { name: ONE_NAME, names: { anyOf: [{ type: 'null' }, { type: 'array', maxItems: 0 }] } },
        },
      ],
    },
    { properties: { names: { items: ONE_NAME }, errno: ERRNO } },
    {
      not: {
        ...WITH('action', 'SCMP_ACT_NOTIFY'),
        anyOf: [
          WITH('name', 'write'),
          { required: ['names'], properties: { names: { type: 'array', contains: { const: 'write' } } } },
        ],
      },
    },
    ...errnoBounds('action', 'errnoRet'),
  ],
  condition: [
    { properties: { minKernel: { anyOf: [{ type: 'null' }, { pattern: '^([0-9]{1,3}\\.[0-9]{1,3})?$' }] } } },
  ],
};

/**
 * The JSON Schema (draft 2020-12) of a profile in the OCI runtime spec's, Docker's and Podman's format, with this
 * package's `extends`. It has the reader's zod schemas, with descriptions, and what the reader checks beyond types, as
 * far as a schema can express it. It refuses unknown keys, of which the reader only warns unless they look misspelt.
 */
export function profileJsonSchema(): JsonSchema {
  const schema = toJSONSchema(dockerSeccompSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type !== 'bigint') return;
      Object.assign(jsonSchema, { type: 'integer' });
      for (const { _zod } of zodSchema._zod.def.checks ?? []) {
        const { check, value } = _zod.def as unknown as { check: string; value: bigint };
        const keyword = BOUNDS[check];
        if (!keyword) throw new Error(`no JSON Schema for a bigint's check ${check}`);
        // zod copies the schema by way of JSON, which knows no bigint: `describe` turns it back.
        Object.assign(jsonSchema, { [keyword]: `${INTEGER_MARK}${value}` });
      }
    },
  }) as unknown as JsonSchema;
  return {
    $schema: schema.$schema as string,
    title: 'seccomp profile',
    description: "A seccomp profile in the OCI runtime spec's, Docker's or Podman's format, as scmp reads it.",
    ...describe(schema),
  };
}

/**
 * The schema of a format that has OCI's section without some keys, of the section and of its entries. A key of an argument
 * that is optional there is none that must be given.
 */
export function withoutKeys(
  schema: JsonSchema,
  { section, syscall, optional }: Readonly<Record<'section' | 'syscall' | 'optional', readonly string[]>>,
): JsonSchema {
  const foreign: Partial<Record<keyof typeof KNOWN_KEYS, readonly string[]>> = { seccomp: section, syscall };
  const mapped = <T extends JsonSchemaValue>(value: T): T => {
    if (Array.isArray(value)) return value.map(mapped) as unknown as T;
    if (typeof value !== 'object' || value === null) return value;
    const kind = kindOf(value as JsonSchema);
    const parts = Object.fromEntries(
      Object.entries(value as JsonSchema).map(([key, each]) => [key, mapped(each)]),
    ) as JsonSchema;
    if (kind === 'argument') {
      return {
        ...parts,
        required: (parts.required as string[]).filter((key) => !optional.includes(key)),
      } as unknown as T;
    }
    const dropped = kind && foreign[kind];
    if (!dropped) return parts as unknown as T;
    const properties = Object.entries(parts.properties as JsonSchema).filter(([key]) => !dropped.includes(key));
    // Rules about a key that is not there are none.
    const rules = ((parts.allOf ?? []) as JsonSchema[]).filter(
      (rule) =>
        !dropped.some((key) =>
          JSON.stringify(rule, (_, each) => (typeof each === 'bigint' ? String(each) : each)).includes(`"${key}"`),
        ),
    );
    const known = Object.fromEntries(properties);
    if (kind === 'seccomp') return { ...parts, properties: known, allOf: rules } as unknown as T;
    // Without the old form with one name, entries have names.
    const names = { ...(known.names as JsonSchema), anyOf: [{ ...SOME, items: ONE_NAME }] };
    return {
      ...parts,
      properties: { ...known, names },
      required: ['names', 'action'],
      allOf: rules,
    } as unknown as T;
  };
  return mapped(schema);
}

/** A schema as JSON text, its integers exact. */
export function jsonSchemaText(schema: JsonSchema): string {
  const integers: string[] = [];
  const mark = (_key: string, value: unknown) =>
    typeof value === 'bigint' ? `${INTEGER_MARK}${integers.push(value.toString()) - 1}` : value;
  const text = JSON.stringify(schema, mark, 2);
  return `${text.replace(/"\\u0000(\d+)"/g, (_all, index) => integers[Number(index)] as string)}\n`;
}

/** zod's checks of schema.ts's integers, all inclusive. */
const BOUNDS: Readonly<Record<string, string>> = { greater_than: 'minimum', less_than: 'maximum' };

const INTEGER_MARK = '\u0000';

/** Descriptions and rules for every object of a generated schema, which is identified by its keys. */
function describe<T extends JsonSchemaValue>(schema: T): T {
  if (typeof schema === 'string' && schema.startsWith(INTEGER_MARK)) return BigInt(schema.slice(1)) as T;
  if (Array.isArray(schema)) return schema.map(describe) as unknown as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, describe(value)])) as JsonSchema;
  const kind = kindOf(parts);
  if (!kind) return parts as T;
  const properties = Object.fromEntries(
    Object.entries(parts.properties as JsonSchema).map(([key, value]) => [
      key,
      { description: DESCRIPTIONS[kind][key] as string, ...(value as JsonSchema) },
    ]),
  );
  const required = ((parts.required ?? []) as string[]).filter(
    (key) => !(kind === 'seccomp' && key === 'defaultAction'),
  );
  const rules = RULES[kind];
  const { required: _required, ...kept } = parts;
  return {
    ...kept,
    properties,
    ...(required.length > 0 ? { required } : {}),
    patternProperties: { [COMMENT_PATTERN]: {} },
    additionalProperties: false,
    ...(rules ? { allOf: rules } : {}),
  } as unknown as T;
}

function kindOf({ type, properties }: JsonSchema): keyof typeof KNOWN_KEYS | undefined {
  if (type !== 'object' || !properties) return undefined;
  const keys = Object.keys(properties).sort().join();
  const kinds = Object.keys(KNOWN_KEYS) as (keyof typeof KNOWN_KEYS)[];
  return kinds.find((kind) => [...KNOWN_KEYS[kind]].sort().join() === keys);
}
