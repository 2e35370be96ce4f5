import { describe, expect, it } from 'vitest';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import { readProfile } from '../../../src/profile/index.js';

const spo = (name: string, version = 'v1beta1') => `- apiVersion: security-profiles-operator.x-k8s.io/${version}
  kind: SeccompProfile
  metadata: {name: ${name}}
  spec:
    defaultAction: SCMP_ACT_ERRNO
    syscalls:
    - {names: [read], action: SCMP_ACT_ALLOW}
`;
const list = (...items: string[]) => `apiVersion: v1\nkind: List\nitems:\n${items.join('')}`;
const JSON_PROFILE =
  '{\n"defaultAction": "SCMP_ACT_ERRNO",\n"syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}';

describe('a Kubernetes List', () => {
  it('has the profile that is named, or the only one', () => {
    const text = list(spo('a'), '- {apiVersion: v1, kind: Pod, metadata: {name: p}}\n');
    const only = readProfile(text);
    expect([only.format, only.name]).toEqual(['spo', 'a']);
    expect(only.locate('syscalls', 0, 'names', 0)).toMatchObject({
      path: 'items[0].spec.syscalls[0].names[0]',
      position: { line: 10, column: 16 },
    });
    const two = list(spo('a'), spo('b', 'v1alpha1'));
    expect(readProfile(two, { document: 'b' }).name).toBe('b');
    expect(() => readProfile(two)).toThrow('--document');
    expect(() => readProfile(two, { document: 'c' })).toThrow('"a", "b"');
    expect(() => readProfile('{"kind": "List", "items": []}')).toThrow(ProfileError);
    expect(() => readProfile({ kind: 'List', items: [{ kind: 'Pod' }] })).toThrow('SeccompProfile');
  });

  it('is read from JSON as well', () => {
    const item = {
      apiVersion: 'security-profiles-operator.x-k8s.io/v1',
      kind: 'SeccompProfile',
      spec: { defaultAction: 'SCMP_ACT_LOG' },
    };
    const text = JSON.stringify({
      apiVersion: 'security-profiles-operator.x-k8s.io/v1',
      kind: 'SeccompProfileList',
      items: [item],
    });
    expect(readProfile(text).seccomp.defaultAction).toBe('SCMP_ACT_LOG');
  });
});

describe('what tools print', () => {
  it.each([
    ['gadget advise', `// default/web/nginx\n${JSON_PROFILE}`, 3],
    ['gadget advise, twice', `// a\r\n//b\r\n${JSON_PROFILE}`, 4],
    ['--security-opt', `seccomp=${JSON_PROFILE}`, 2],
  ])('is read after what %s puts in front of JSON', (_, text, line) => {
    const profile = readProfile(text);
    expect(profile.format).toBe('oci');
    expect(profile.locate('defaultAction').position).toMatchObject({ line });
  });

  it.each(['// only a comment\n', 'seccomp=unconfined', `// a\nx ${JSON_PROFILE}`, `/ ${JSON_PROFILE}`])(
    'but not %j',
    (text) => {
      expect(() => readProfile(text)).toThrow(ProfileError);
    },
  );

  it('is looked for in one pass', () => {
    for (const text of [`${'//x\r\n'.repeat(200_000)}x`, `//x\n${' '.repeat(2_000_000)}x`]) {
      expect(() => readProfile(text)).toThrow(ProfileError);
    }
  });

  it('is read from the OCI hook', () => {
    const hook =
      '{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW","args":[],"comment":"","includes":{},"excludes":{}}]}';
    expect(readProfile(hook).format).toBe('docker');
  });
});
