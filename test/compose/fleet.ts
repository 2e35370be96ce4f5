/** A recording of a fleet as the Security Profiles Operator writes it, and kubectl prints it; the same for a number. */
export function fleetRecording(
  number: number,
  names: readonly string[],
  calls: number,
): { node: string; name: string; asYaml: string; asJson: string } {
  // Numerical Recipes' generator is enough to choose which calls are left out.
  let state = number * 2654435761 + 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const chosen = names.map((name) => ({ name, order: random() })).sort((a, b) => a.order - b.order);
  const own = chosen
    .slice(0, calls)
    .map(({ name }) => name)
    .sort();
  const suffix = number.toString(36).padStart(5, 'x');
  const name = `shop-api-${suffix}`;
  const time = new Date(Date.UTC(2026, 9, 1) + number * 60_000).toISOString().replace('.000', '');
  const node = `worker-${number % 200}`;
  const object = {
    apiVersion: 'security-profiles-operator.x-k8s.io/v1',
    kind: 'SeccompProfile',
    metadata: {
      annotations: { 'k8s.node.name': node, 'container.image.name': `registry.example/api:1.${number % 3}` },
      creationTimestamp: time,
      finalizers: [`${node}-deleted`],
      generation: 1,
      labels: {
        'spo.x-k8s.io/container-id': 'api',
        'spo.x-k8s.io/partial': 'true',
        'spo.x-k8s.io/recording-id': 'shop',
        'spo.x-k8s.io/recording-namespace': 'shop',
      },
      name,
      resourceVersion: String(100_000 + number),
      uid: `0f0e0d0c-1111-2222-3333-${number.toString(16).padStart(12, '0')}`,
    },
    spec: {
      architectures: ['SCMP_ARCH_X86_64'],
      defaultAction: 'SCMP_ACT_ERRNO',
      state: 'Enabled',
      syscalls: [{ action: 'SCMP_ACT_ALLOW', names: own }],
    },
    status: { status: 'Partial' },
  };
  const { annotations, labels } = object.metadata;
  const asYaml = `apiVersion: ${object.apiVersion}
kind: SeccompProfile
metadata:
  annotations:
    k8s.node.name: ${annotations['k8s.node.name']}
    container.image.name: ${annotations['container.image.name']}
  creationTimestamp: "${time}"
  finalizers:
  - ${node}-deleted
  generation: 1
  labels:
${Object.entries(labels)
  .map(([key, value]) => `    ${key}: ${value === 'true' ? '"true"' : value}\n`)
  .join('')}  name: ${name}
  resourceVersion: "${object.metadata.resourceVersion}"
  uid: ${object.metadata.uid}
spec:
  architectures:
  - SCMP_ARCH_X86_64
  defaultAction: SCMP_ACT_ERRNO
  state: Enabled
  syscalls:
  - action: SCMP_ACT_ALLOW
    names:
${own.map((each) => `    - ${each}\n`).join('')}status:
  status: Partial
`;
  return { node, name, asYaml, asJson: JSON.stringify(object, null, 4) };
}
