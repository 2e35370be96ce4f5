import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { fleetRecording } from '../compose/fleet.js';
import { scmp } from './scmp.js';

const NAMES = ['arch_prctl', 'brk', 'close', 'execve', 'exit_group', 'fsync', 'mmap', 'openat', 'read', 'write'];
const folder = mkdtempSync(join(tmpdir(), 'scmp-merge-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fleet = [1, 2, 3].map((number) => fleetRecording(number, NAMES, 8));
const list = `apiVersion: v1\nitems:\n${fleet.map(({ asYaml }) => asYaml.replace(/^(?=.)/gm, '  ').replace(/^ {2}/, '- ')).join('')}kind: List\n`;
mkdirSync(join(folder, 'in/w1'), { recursive: true });
mkdirSync(join(folder, 'in/w2'));
const oci = (...names: string[]) =>
  JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86_64'],
    syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }],
  });
writeFileSync(join(folder, 'in/w1/a.json'), oci('read', 'fsync', 'arch_prctl', 'execve', 'exit_group'));
writeFileSync(join(folder, 'in/w2/b.json.gz'), gzipSync(oci('read', 'arch_prctl', 'execve', 'exit_group')));
const merge = (args: string[], input = '') => scmp(['merge', ...args], { cwd: folder, input });

describe('scmp merge', () => {
  it('takes folders by node, packed files too, and lists what is rare', () => {
    const { status, stdout, stderr } = merge(['in', '--min-nodes', '2', '--json', '--arch', 'x86_64']);
    expect(status, stderr).toBe(0);
    const { fleet, taken, rare } = JSON.parse(stdout.toString());
    expect(fleet.nodes).toEqual({ count: 2, names: ['w1', 'w2'] });
    expect(taken.map(({ call }: { call: string }) => call)).toEqual(['arch_prctl', 'execve', 'exit_group', 'read']);
    expect(rare.map(({ call }: { call: string }) => call)).toEqual(['fsync']);
  });

  it('writes a SeccompProfile and its binding from what kubectl prints, which is a base for record --merge', () => {
    const { status, stderr } = merge(
      ['-', '--to', 'spo', '--image', '*', '-o', 'spo.yaml', '--report', 'spo.md'],
      list,
    );
    expect(status, stderr).toBe(0);
    expect(readFileSync(join(folder, 'spo.yaml'), 'utf8')).toMatch(
      /kind: SeccompProfile[\s\S]*\n---\n[\s\S]*image: "\*"/,
    );
    expect(readFileSync(join(folder, 'spo.md'), 'utf8')).toContain('| call | recordings | nodes |');
    expect(scmp(['merge', 'spo.yaml', '-o', 'again.json'], { cwd: folder }).status).toBe(0);
    const log = join(folder, 'audit.log');
    writeFileSync(
      log,
      'type=SECCOMP msg=audit(1764000000.1:4): auid=1 uid=1 gid=1 ses=2 pid=7 comm="a" exe="/a" sig=0 arch=c000003e syscall=83 compat=0 ip=0x7 code=0x7ffc0000\n',
    );
    const recorded = scmp(['record', '--from-audit', log, '--merge', 'again.json', '--arch', 'x86_64'], {
      cwd: folder,
    });
    expect(recorded.stdout.toString(), recorded.stderr).toContain('"mkdir"');
  });

  it('leaves out what cannot be read, says so, and exits with 1', () => {
    writeFileSync(join(folder, 'bad.json'), '{"defaultAction":');
    const { status, stderr } = merge(['in', 'bad.json', 'nowhere', '-o', 'part.json']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/left out: bad\.json:1:1: the text ends in the middle/);
    expect(stderr).toMatch(/left out: nowhere: no such file/);
    expect(JSON.parse(readFileSync(join(folder, 'part.json'), 'utf8')).syscalls.length).toBeGreaterThan(0);
  });

  it.each([
    ['nothing that can be read', ['bad.json']],
    ['no call taken', ['in', '--min-nodes', '9']],
    ['a format that cannot say it', ['wide.json', '--to', 'spo']],
    ['an unknown layout', ['in', '--layout', '{host}']],
    ['a wrong date', ['in', '--stale', '2026-13-01']],
    ['options of objects', ['in', '--image', 'nginx']],
    ['two results on standard output', ['in', '--report', '-']],
  ])('%s: exit code 2, and the file stays as it was', (_, args) => {
    const entry = { names: ['ioctl'], action: 'SCMP_ACT_ALLOW', args: [{ index: 1, value: 0, op: 'SCMP_CMP_EQ' }] };
    const wide = JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [entry] });
    writeFileSync(join(folder, 'wide.json'), wide.replace('"value":0', '"value":18446744073709551615'));
    writeFileSync(join(folder, 'kept.json'), 'as it was');
    const output = args.includes('-') ? [] : ['-o', 'kept.json'];
    const { status, stderr } = merge([...args, ...output]);
    expect(status, stderr).toBe(2);
    expect(stderr).not.toContain('internal');
    expect(readFileSync(join(folder, 'kept.json'), 'utf8')).toBe('as it was');
  });

  it('replaces a file as a whole: a link stays one, and so does the mode', () => {
    writeFileSync(join(folder, 'target.json'), 'before');
    chmodSync(join(folder, 'target.json'), 0o600);
    symlinkSync('target.json', join(folder, 'link.json'));
    expect(merge(['in', '-o', 'link.json']).status).toBe(0);
    expect(lstatSync(join(folder, 'link.json')).isSymbolicLink()).toBe(true);
    expect(statSync(join(folder, 'target.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'target.json'), 'utf8')).toContain('SCMP_ACT_ERRNO');
    expect(readdirSync(folder).filter((name) => name.startsWith('.scmp-'))).toEqual([]);
  });
});

describe('scmp diff of several SeccompProfiles', () => {
  const object = (name: string, names: string[], base = '') =>
    `- apiVersion: security-profiles-operator.x-k8s.io/v1\n  kind: SeccompProfile\n  metadata:\n    name: ${name}\n  spec:\n${base && `    baseProfileName: ${base}\n`}    architectures: [SCMP_ARCH_X86_64]\n    defaultAction: SCMP_ACT_ERRNO\n    syscalls:\n    - action: SCMP_ACT_ALLOW\n      names: [${names}]\n`;
  const objects = (...all: string[]) => `apiVersion: v1\nitems:\n${all.join('')}kind: List\n`;
  writeFileSync(join(folder, 'base.json'), oci('read', 'write'));
  const diff = (args: string[], input: string) => scmp(['diff', ...args, '--arch', 'x86_64'], { cwd: folder, input });

  it('gives each a verdict, whichever side it is on', () => {
    const input = objects(
      object('same', ['read', 'write']),
      object('weak', ['read', 'ptrace']),
      object('child', ['mkdir'], 'same'),
      object('strict', ['read']),
    );
    const verdicts = [
      'same: decides as base.json',
      'weak: weaker than base.json in 1 call, stricter in 1',
      'child: weaker than base.json in 1 call',
      'strict: at least as strict as base.json, stricter in 1 call',
    ];
    for (const sides of [
      ['base.json', '-'],
      ['-', 'base.json'],
    ]) {
      const { status, stdout, stderr } = diff(['--only', 'weaker', ...sides], input);
      expect(status, stderr).toBe(1);
      expect(
        stdout
          .toString()
          .split('\n')
          .filter((line) => /^\w+: /.test(line)),
      ).toEqual(verdicts);
    }
    const { stdout } = diff(['--only', 'weaker', '--json', 'base.json', '-'], input);
    expect(
      JSON.parse(stdout.toString()).map(({ document, verdict, differences }: Record<string, object[]>) => [
        document,
        verdict,
        differences!.length,
      ]),
    ).toEqual([
      ['same', 'equal', 0],
      ['weak', 'weaker', 1],
      ['child', 'weaker', 1],
      ['strict', 'stricter', 0],
    ]);
  });

  it('one that cannot be read does not cost the others', () => {
    const { status, stdout, stderr } = diff(
      ['base.json', '-'],
      objects(object('bad', ['read'], 'nobody'), object('same', ['read', 'write'])),
    );
    expect(status).toBe(2);
    expect(stdout.toString()).toBe('bad: cannot be compared\n\nsame: decides as base.json\n');
    expect(stderr).toMatch(/bad: stdin:8:22: spec\.baseProfileName: there is no profile "nobody"/);
  });

  it('both being several is an error', () => {
    writeFileSync(join(folder, 'two.yaml'), objects(object('a', ['read']), object('b', ['read'])));
    const { status, stderr } = diff(['two.yaml', '-'], objects(object('a', ['read']), object('b', ['read'])));
    expect([status, stderr]).toEqual([2, expect.stringContaining('FILE#NAME')]);
  });
});
