import { type JsonSchema, profileJsonSchema, withoutKeys } from '../../model/json-schema.js';
import { FOREIGN_KEYS, SPO_API_VERSIONS } from './read.js';

/** A SeccompProfile: its spec is OCI's section, without what the API server drops. */
export function spoJsonSchema(): JsonSchema {
  const { type, properties, patternProperties, allOf } = withoutKeys(profileJsonSchema(), {
    section: FOREIGN_KEYS.spec,
    syscall: FOREIGN_KEYS.syscall,
    // Of an argument the operator takes 0 where it is left out.
    optional: ['value'],
  });
  return {
    title: 'SeccompProfile',
    description: "A SeccompProfile of Kubernetes' Security Profiles Operator, as scmp reads it.",
    type: 'object',
    required: ['apiVersion', 'kind', 'spec'],
    properties: {
      apiVersion: { enum: SPO_API_VERSIONS },
      kind: { const: 'SeccompProfile' },
      metadata: { type: 'object' },
      spec: {
        type: type as string,
        required: ['defaultAction'],
        properties: {
          ...(properties as JsonSchema),
          baseProfileName: {
            description: 'A SeccompProfile that this one adds to, by name, or an artifact (oci://NAME:TAG).',
            type: ['string', 'null'],
            pattern: '^(?:oci://|(?![A-Za-z][A-Za-z0-9+.-]*://))',
          },
          disabled: { description: 'The operator does not install it (v1beta1).', type: ['boolean', 'null'] },
          state: { description: 'Whether the operator installs it (v1).', enum: ['Enabled', 'Disabled', null] },
          targetWorkload: { description: 'The pod to apply it to (v1alpha1).' },
        },
        patternProperties: patternProperties as JsonSchema,
        additionalProperties: false,
        allOf: allOf as JsonSchema[],
      },
    },
  };
}
