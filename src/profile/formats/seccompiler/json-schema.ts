import type { JsonSchema } from '../../model/json-schema.js';
import { ACTIONS, OPERATORS } from './read.js';

const UINT64: JsonSchema = { type: 'integer', minimum: 0, maximum: 2n ** 64n - 1n };
const COMMENT: JsonSchema = { description: 'For people.', type: ['string', 'null'] };

const CONDITION: JsonSchema = {
  type: 'object',
  required: ['index', 'type', 'op', 'val'],
  additionalProperties: false,
  properties: {
    index: { description: 'Which argument, 0 to 5.', type: 'integer', minimum: 0, maximum: 5 },
    type: { description: 'dword: the low 32 bits are compared; qword: all 64.', enum: ['dword', 'qword'] },
    op: {
      description: 'How it is compared; masked_eq has the mask.',
      anyOf: [
        { enum: OPERATORS },
        {
          type: 'object',
          required: ['masked_eq'],
          additionalProperties: false,
          properties: { masked_eq: UINT64 },
        },
      ],
    },
    val: { description: 'What it is compared with, unsigned.', ...UINT64 },
    comment: COMMENT,
  },
};

const FILTER: JsonSchema = {
  type: 'object',
  required: ['filter'],
  additionalProperties: false,
  allOf: [
    { oneOf: [{ required: ['mismatch_action'] }, { required: ['default_action'] }] },
    { oneOf: [{ required: ['match_action'] }, { required: ['filter_action'] }] },
  ],
  properties: {
    ...Object.fromEntries(
      Object.entries({
        mismatch_action: 'What happens to a call that no rule matches.',
        default_action: 'The older name of mismatch_action.',
        match_action: 'What happens to a call that a rule matches.',
        filter_action: 'The older name of match_action.',
      }).map(([key, description]) => [
        key,
        {
          description,
          anyOf: [
            { enum: ACTIONS },
            ...Object.entries({ errno: 4094, trace: 65535 }).map(([word, maximum]) => ({
              type: 'object',
              required: [word],
              additionalProperties: false,
              properties: { [word]: { type: 'integer', minimum: 0, maximum } },
            })),
          ],
        },
      ]),
    ),
    filter: {
      description: 'The rules; several of one call are alternatives.',
      type: 'array',
      items: {
        type: 'object',
        required: ['syscall'],
        additionalProperties: false,
        properties: {
          syscall: { description: 'A system call, by name.', type: 'string', minLength: 1 },
          args: {
            description: 'Conditions on arguments; all must hold.',
            anyOf: [{ type: 'array', items: CONDITION }, { type: 'null' }],
          },
          comment: COMMENT,
        },
      },
    },
  },
};

/** Filters of threads, by name, as Firecracker's seccompiler takes them. */
export function seccompilerJsonSchema(): JsonSchema {
  return {
    title: 'seccompiler filters',
    description: "Filters of Firecracker's threads (rust-vmm/seccompiler), as scmp reads them.",
    type: 'object',
    minProperties: 1,
    additionalProperties: FILTER,
  };
}
