import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-convert-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LIST = 'default errno EPERM\nallow read\nwhen cap CAP_BPF: allow bpf\n';
const convert = (args: string[], input = LIST) => scmp(['convert', '-', ...args], { input });

describe('scmp convert', () => {
  it('writes a list as Docker’s format, conditions open', () => {
    const { status, stdout, stderr } = convert(['--to', 'docker']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout.toString()).syscalls[1]).toEqual({
      names: ['bpf'],
      action: 'SCMP_ACT_ALLOW',
      includes: { caps: ['CAP_BPF'] },
    });
  });

  it('decides them for a target, and writes to a file', () => {
    const file = join(folder, 'oci.json');
    expect(convert(['--to', 'oci', '--arch', 'arm64', '--cap', 'bpf', '-o', file]).status).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      architectures: ['SCMP_ARCH_AARCH64'],
      syscalls: [{ names: ['read'] }, { names: ['bpf'] }],
    });
  });

  it('says what the format cannot say, and writes nothing', () => {
    const { status, stdout, stderr } = convert(['--to', 'oci']);
    expect({ status, output: stdout.toString() }).toEqual({ status: 2, output: '' });
    expect(stderr).toMatch(/^scmp: stdin:3:1: .*OCI's format cannot say this: a conditional entry; choose the target/);
  });

  it('says what a target will do with the result', () => {
    const file = join(folder, 'target.json');
    const args = ['--to', 'oci', '--arch', 'x86_64', '--cap', 'bpf', '--target', 'kubernetes', '-o', file];
    const { status, stdout, stderr } = convert(args);
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(
      /target\.json: given to Kubernetes .*\n {2}refused: nothing\n {2}ignored: nothing\n {2}added:\n.*SPEC_ALLOW.*known from: /s,
    );
    const before = readFileSync(file, 'utf8');
    expect(scmp(['check', file, '--target', 'kubernetes', '--arch', 'x86_64']).stdout.toString()).not.toMatch(
      /(?:refused|ignored)-by-target/,
    );
    expect(convert(args.slice(0, 4)).stdout.toString()).not.toContain('given to');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it.each([
    ['weaker there', ['--to', 'docker', '--target', 'containerd'], /syscalls\[1\]\.includes: containerd ignores/],
    ['refused there', ['--to', 'oci', '--arch', 'x86_64', '--target', 'systemd'], /systemd reads units/],
    [
      'a file where an artifact is',
      ['--to', 'artifact', '--arch', 'x86_64', '--target', 'docker'],
      /--target artifact/,
    ],
  ])('does not write what is %s', (_, args, message) => {
    const file = join(folder, 'refused');
    writeFileSync(file, 'as it was');
    expect(convert([...args, '-o', file])).toMatchObject({ status: 2, stderr: expect.stringMatching(message) });
    expect(readFileSync(file, 'utf8')).toBe('as it was');
  });

  it.each([
    [['--to', 'xml'], LIST],
    [[], LIST],
    [['--to', 'oci', '--kernel', '5.0'], LIST],
    [['--to', 'oci', '--from', 'systemd'], LIST],
  ])('is unusable with %j', (args, input) => {
    expect(convert(args, input)).toMatchObject({ status: 2, stdout: Buffer.alloc(0) });
  });
});

describe('the formats of scmp compile', () => {
  const program = (args: string[], input: string) => scmp(['compile', '-', '--arch', 'x86_64', ...args], { input });

  it.each([
    ['a list', 'default errno EPERM\nallow read, write\n', []],
    ['YAML', 'defaultAction: SCMP_ACT_ERRNO\nsyscalls: [{names: [read, write], action: SCMP_ACT_ALLOW}]\n', []],
    [
      'a SeccompProfile',
      'apiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\nspec: {defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [read, write], action: SCMP_ACT_ALLOW}]}\n',
      [],
    ],
    [
      'seccompiler',
      '{"a": {}, "b": {"mismatch_action": {"errno": 1}, "match_action": "allow", "filter": [{"syscall": "read"}, {"syscall": "write"}]}}',
      ['--thread', 'b'],
    ],
  ])('%s compiles as the same in JSON does', (_, text, args) => {
    const json =
      '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"}]}';
    const { status, stdout, stderr } = program(args, text);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toEqual(program([], json).stdout);
  });

  it('a systemd unit compiles', () => {
    const { status, stdout } = program([], '[Service]\nSystemCallFilter=@system-service\n');
    expect(status).toBe(0);
    expect(stdout.length).toBeGreaterThan(1000);
  });
});

it('says the same fault of several entries once, with a count and the places', () => {
  const calls = ['bpf', 'acct', 'mount', 'chroot', 'reboot', 'ptrace'];
  const { stderr, status } = convert(
    ['--to=spo'],
    `default errno EPERM\n${calls.map((call) => `when cap CAP_BPF: allow ${call}\n`).join('')}`,
  );
  expect(status).toBe(2);
  const said = stderr.split('\n').filter((line) => line.includes('a conditional entry'));
  expect(said).toEqual([
    expect.stringMatching(/^scmp: stdin:2:.*\(6 times, also at 3:\d+, 4:\d+, 5:\d+ and 2 more\); choose the target/),
  ]);
});
