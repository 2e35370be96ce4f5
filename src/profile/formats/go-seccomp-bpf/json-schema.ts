import type { JsonSchema } from '../../model/json-schema.js';
import { ACTIONS, OPERATION_NAMES } from './read.js';

/** Words whose capitals do not count: the regular expressions of JSON Schema have no flags. */
const anyCase = (words: Iterable<string>): JsonSchema => ({
  type: 'string',
  pattern: `^(?:${[...words].map((word) => word.replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`)).join('|')})$`,
});

const CALL: JsonSchema = { description: 'A system call, by name.', type: 'string', minLength: 1 };
const list = (description: string, items: JsonSchema): JsonSchema => ({
  description,
  anyOf: [{ type: 'array', items }, { type: 'null' }],
});

const INDEX: JsonSchema = { description: 'Which argument, 0 to 5.', type: ['integer', 'null'], minimum: 0, maximum: 5 };
const CONDITION: JsonSchema = {
  type: 'object',
  required: ['operation'],
  additionalProperties: false,
  properties: {
    argument: INDEX,
    position: INDEX,
    operation: anyCase(OPERATION_NAMES),
    value: {
      description: 'What it is compared with, in 64 bits, unsigned.',
      type: ['integer', 'null'],
      minimum: 0,
      maximum: 2n ** 64n - 1n,
    },
  },
};

const ACTION: JsonSchema = anyCase(ACTIONS.keys());
const POLICY: JsonSchema = {
  type: 'object',
  required: ['default_action', 'syscalls'],
  properties: {
    default_action: { description: 'What happens to a call that no group names.', ...ACTION },
    enabled: { description: 'Whether the Beat installs it.' },
    syscalls: {
      description: 'Groups of calls, of which the first is the only one that go-seccomp-bpf 1.4 reaches.',
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['action'],
        additionalProperties: false,
        properties: {
          action: { description: 'What happens to the calls of the group.', ...ACTION },
          names: list('Calls, whatever their arguments.', CALL),
          names_with_args: list('Calls with conditions on their arguments.', {
            type: 'object',
            required: ['name', 'arguments'],
            additionalProperties: false,
            properties: {
              name: CALL,
              arguments: {
                description: 'Conditions; all must hold.',
                type: 'array',
                minItems: 1,
                items: CONDITION,
              },
            },
          }),
        },
      },
    },
  },
};
const CLOSED: JsonSchema = { ...POLICY, additionalProperties: false };

/** A policy by itself, or as a Beat's configuration or the library has it. */
export function goSeccompBpfJsonSchema(): JsonSchema {
  return {
    title: 'go-seccomp-bpf policy',
    description: "A policy of Elastic's go-seccomp-bpf, as Beats take it and scmp reads it.",
    type: 'object',
    anyOf: [
      POLICY,
      { required: ['seccomp'], properties: { seccomp: CLOSED } },
      { required: ['policy'], properties: { policy: CLOSED } },
    ],
  };
}
