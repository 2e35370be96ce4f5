import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileProfileSync } from '../../src/compiler/index.js';
import { builtinProfile } from '../../src/profile/builtin/index.js';
import { extendProfile, readProfile } from '../../src/profile/index.js';
import { ROOT, scmp } from './scmp.js';

const allow = (...names: string[]) => ({ names, action: 'SCMP_ACT_ALLOW' });
const BASE = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [allow('read', 'write', 'ptrace')] };
const spo = (name: string, spec: object) =>
  JSON.stringify({
    apiVersion: 'security-profiles-operator.x-k8s.io/v1beta1',
    kind: 'SeccompProfile',
    metadata: { name },
    spec,
  });

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'scmp-extends-'));
  mkdirSync(join(directory, 'bases'));
  // A folder is no profile: the built-in of that name is meant.
  mkdirSync(join(directory, 'deny-dangerous'));
  const write = (path: string, content: object | string) =>
    writeFileSync(join(directory, path), typeof content === 'string' ? content : JSON.stringify(content, null, 1));
  write('bases/base.json', BASE);
  write('bases/middle.json', { extends: './base.json', syscalls: [allow('openat')] });
  write('by-path.json', { extends: 'bases/middle.json', remove: ['ptrace'] });
  write('by-name.json', { extends: 'base', remove: ['ptrace'] });
  write('by-builtin.json', { extends: 'container-default', remove: ['ptrace'], syscalls: [allow('io_uring_setup')] });
  write('misspelt.json', { extends: 'bases/middle.json', remove: ['ptarce'] });
  write('nobody.json', { extends: 'nobody' });
  write('broken-base.json', { extends: 'bases/broken.json' });
  write('bases/broken.json', '{\n "defaultAction": "SCMP_ACT_ERNO"\n}');
  write('cycle.json', { extends: './cycle.json' });
  write('node', BASE);
  write('ambiguous.json', { extends: 'node' });
  write('bases/runtime-minimum.yaml', spo('runc-1.2', { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [allow('read')] }));
  write(
    'kubernetes.json',
    spo('app', { defaultAction: 'SCMP_ACT_ERRNO', baseProfileName: 'runc-1.2', syscalls: [allow('write')] }),
  );
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const compile = (...args: string[]) => scmp(['compile', '--arch', 'x86_64', ...args], { cwd: directory });
const bytesOf = (profile: object) => compileProfileSync(profile, { arch: 'x86_64' }).program;

describe('a profile that extends', () => {
  it('a file, from its own folder on, through a chain', () => {
    const expected = bytesOf({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [allow('read', 'write'), allow('openat')] });
    expect(compile('by-path.json').stdout.equals(expected)).toBe(true);
    const fromElsewhere = scmp(['compile', '--arch', 'x86_64', join(directory, 'by-path.json')], { cwd: ROOT });
    expect(fromElsewhere.stdout.equals(expected)).toBe(true);
  });

  it('a name, from the folder given', () => {
    const expected = bytesOf({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [allow('read', 'write')] });
    expect(compile('by-name.json', '--base', 'bases').stdout.equals(expected)).toBe(true);
    const { status, stderr } = compile('by-name.json');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^scmp: by-name\.json:2:13: extends: there is no profile "base" to extend/);
  });

  it('a built-in', () => {
    const own = readProfile({ extends: 'container-default', remove: ['ptrace'], syscalls: [allow('io_uring_setup')] });
    expect(compile('by-builtin.json', '--cap', 'none')).toMatchObject({ status: 0, stderr: '' });
    expect(compile('by-builtin.json').stdout.equals(bytesOf(extendProfile(own, builtinProfile)))).toBe(true);
  });

  it('a SeccompProfile, by its metadata.name', () => {
    const expected = bytesOf({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [allow('read'), allow('write')] });
    expect(compile('kubernetes.json', '--base', 'bases').stdout.equals(expected)).toBe(true);
    expect(compile('kubernetes.json')).toMatchObject({ status: 2 });
  });

  it.each([
    ['misspelt.json', /misspelt\.json:4:3: remove\[0\]: there is nothing about "ptarce".*did you mean ptrace\?/],
    ['nobody.json', /nobody\.json:2:13: extends: there is no profile "nobody" to extend/],
    ['broken-base.json', /bases\/broken\.json:2:19: defaultAction: unknown action "SCMP_ACT_ERNO"/],
    ['cycle.json', /cycle\.json:2:13: extends: the profile extends itself: cycle\.json → cycle\.json/],
    ['ambiguous.json', /"node" may be node and builtin:node; say which/],
  ])('%s is refused at its place', (file, message) => {
    const { status, stdout, stderr } = compile(file);
    expect(status).toBe(2);
    expect(stdout.length).toBe(0);
    expect(stderr).toMatch(message);
  });
});

describe('a built-in as a profile', () => {
  it('is taken by its name, with and without the prefix', () => {
    const expected = bytesOf(builtinProfile('no-network')!);
    expect(compile('no-network').stdout.equals(expected)).toBe(true);
    expect(compile('builtin:no-network').stdout.equals(expected)).toBe(true);
  });

  it('is refused where a file has the name too, and there is none', () => {
    expect(compile('node')).toMatchObject({ status: 2, stderr: expect.stringContaining('./node or builtin:node') });
    expect(compile('./node').stdout.equals(bytesOf(BASE))).toBe(true);
    expect(compile('builtin:node')).toMatchObject({ status: 0 });
    expect(compile('deny-dangerous')).toMatchObject({ status: 0 });
    expect(compile('builtin:nod')).toMatchObject({ status: 2, stderr: expect.stringContaining('builtin:node') });
  });
});

describe('scmp compile --explain-resolution', () => {
  it('says which entries apply and why, instead of a program', () => {
    const { status, stdout } = compile('by-builtin.json', '--explain-resolution', '--kernel', '4.4');
    expect(status).toBe(0);
    expect(stdout.toString()).toContain(
      'dropped  builtin:container-default: syscalls[32]: ALLOW  process_vm_readv, process_vm_writev\n         includes.minKernel: the kernel (4.4) is older than 4.8\n',
    );
    expect(stdout.toString()).toMatch(/applies {2}by-builtin\.json:\d+:\d+: syscalls\[0\]: ALLOW {2}io_uring_setup/);
  });

  it('gives JSON with --format json', () => {
    const { stdout } = compile('container-default', '--explain-resolution', '--format', 'json', '--cap', 'bpf');
    const { architecture, capabilities, entries } = JSON.parse(stdout.toString());
    expect({ architecture, capabilities }).toEqual({ architecture: 'x86_64', capabilities: ['CAP_BPF'] });
    const bpf = entries.find(({ names }: { names: string[] }) => names.includes('bpf'));
    expect(bpf).toMatchObject({
      applies: true,
      action: 'ALLOW',
      because: [{ clause: 'includes', key: 'caps', holds: true }],
    });
  });
});

describe('scmp compile --runtime', () => {
  const json = (...args: string[]) =>
    JSON.parse(compile('container-default', '--format', 'json', ...args).stdout.toString());

  it('takes the behaviour of a runtime, and pieces of it', () => {
    const profile = builtinProfile('container-default')!;
    const program = (options: object) =>
      Buffer.from(compileProfileSync(profile, { arch: 'x86_64', ...options }).program).toString('base64');
    const flags = ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'];
    expect(json('--runtime', 'runc')).toMatchObject({ flags, program: program({ runtime: 'runc' }) });
    expect(json('--runtime', 'libseccomp')).toMatchObject({ flags: [], program: program({}) });
    expect(json('--runtime', 'runc', '--no-enosys-stub', '--optimize', '0', '--default-flags', 'none')).toMatchObject({
      flags: [],
      program: program({}),
    });
    expect(json('--optimize-past', '32', '--enosys-stub')).toMatchObject({ program: program({ runtime: 'runc' }) });
  });

  it.each([
    [['--runtime', 'docker'], /--runtime/],
    [['--conditions', 'some'], /--conditions/],
    [['--optimize-past', '-1'], /--optimize-past/],
  ])('%j is a usage error', (args, message) => {
    expect(compile('container-default', ...args)).toMatchObject({ status: 2, stderr: expect.stringMatching(message) });
  });
});
