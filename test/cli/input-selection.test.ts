import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-selection-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | object) => {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return join(folder, name);
};
const explain = (...args: string[]) => {
  const { status, stderr } = scmp(['explain', '--arch', 'amd64', ...args]);
  return { status, stderr };
};

const oci = file('oci.json', { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [] });
const spo = {
  apiVersion: 'security-profiles-operator.x-k8s.io/v1beta1',
  kind: 'SeccompProfile',
  metadata: { name: 'web' },
  spec: { defaultAction: 'SCMP_ACT_ERRNO' },
};

describe('options that choose among filters', () => {
  it.each([
    ['--thread', oci, 'oci'],
    ['--document', oci, 'oci'],
    ['--thread', file('plain.list', 'default errno EPERM\n'), 'list'],
    ['--document', file('unit.service', '[Service]\nSystemCallFilter=read\n'), 'systemd'],
  ])('%s is refused where there is one: %s', (option, path, format) => {
    const { status, stderr } = explain(path, option, 'web');
    expect(status).toBe(2);
    expect(stderr).toMatch(
      new RegExp(
        `^scmp: .*: ${option} chooses among .*, and this is a profile of the format ${format}, which has one filter: leave ${option} out\n$`,
      ),
    );
  });

  it('of a systemd are refused for what is no unit', () => {
    const message = /--systemd is for units, and this is a profile of the format oci: leave it out/;
    expect(explain(oci, '--systemd', '252')).toEqual({ status: 2, stderr: expect.stringMatching(message) });
    const grouped = file('group.service', '[Service]\nSystemCallFilter=@sandbox\n');
    expect(explain(grouped)).toEqual({ status: 0, stderr: '' });
    expect(explain(grouped, '--systemd', '252').stderr).toContain('systemd 252 has no group "@sandbox"');
    expect(explain(grouped, '--systemd', '300').stderr).toContain('252');
  });

  it('are refused for built-in profiles', () => {
    expect(explain('builtin:node', '--thread', 'vmm').stderr).toMatch(/--thread chooses .* a built-in profile/);
  });

  it('count for a SeccompProfile in JSON as in YAML', () => {
    const path = file('spo.json', spo);
    expect(explain(path, '--document', 'web')).toEqual({ status: 0, stderr: '' });
    expect(explain(path, '--document', 'other').stderr).toContain('there is no document "other"');
  });
});
