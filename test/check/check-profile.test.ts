import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkProfile, defaultTargets } from '../../src/check/index.js';
import type { TargetName } from '../../src/compose/targets/target.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { builtinProfile } from '../../src/profile/builtin/index.js';
import { extendProfile, readProfile, writeProfile } from '../../src/profile/index.js';
import { allow, allowList, args, check, deny, denyList, ids, libseccomp } from './profiles.js';

const ROOT = new URL('../../', import.meta.url).pathname;
const PODMAN = readFileSync(join(ROOT, 'build/test-inputs/podman-default.json'), 'utf8');

describe('places', () => {
  it('are those of the very value', () => {
    const text =
      '{\n  "defaultAction": "SCMP_ACT_ALLOW",\n  "syscalls": [\n    {"names": ["kill", "ptrase"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}';
    const [found] = check(text).findings.filter(({ id }) => id === 'unknown-syscall');
    expect(found).toMatchObject({
      severity: 'error',
      path: 'syscalls[0].names[1]',
      position: { line: 4, column: 24 },
      source: 'profile.json',
      message: 'no architecture has a system call "ptrase", so the filter does NOT deny it',
      advice: 'write "ptrace" if that is meant, or take it out',
    });
  });

  it('come in the order of the text', () => {
    const offsets = check(PODMAN, { targets: undefined }).findings.map(({ position }) => position?.offset ?? -1);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  });

  it('are paths alone for an object', () => {
    const parsed = readProfile(denyList(deny('ptrase')));
    const { findings } = checkProfile(parsed, { libseccomp, targets: ['x86_64'] });
    expect(findings.find(({ id }) => id === 'unknown-syscall')).toMatchObject({
      position: undefined,
      source: 'profile',
    });
  });
});

describe("Podman's default", () => {
  it('has what docs/check.md defends one by one, and nothing else', () => {
    const { findings } = check(PODMAN, { targets: undefined });
    expect(findings.map(({ id, path }) => `${id} ${path}`)).toEqual([
      'multiplexer-open syscalls[1].names[320]',
      'ineffective-rule syscalls[15].names[7]',
      'wide-comparison syscalls[31].args[0]',
      'wide-comparison syscalls[32].args[0]',
      'redundant-rule syscalls[33].names[0]',
      'wide-comparison syscalls[33].args[0]',
    ]);
  });
});

describe('targets', () => {
  const targetsOf = (profile: object) =>
    defaultTargets(readProfile({ ...denyList(), ...profile })).map(({ name }) => name);

  it('are those of archMap, the wide ones of architectures, or the two usual ones', () => {
    const archMap = [{ architecture: 'SCMP_ARCH_S390X' }, { architecture: 'SCMP_ARCH_X86' }];
    expect(targetsOf({ architectures: undefined, archMap })).toEqual(['s390x', 'x86']);
    expect(targetsOf({ architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X86_64', 'SCMP_ARCH_ARM'] })).toEqual(['x86_64']);
    expect(targetsOf({ architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_ARM'] })).toEqual(['x86', 'arm']);
    expect(targetsOf({ architectures: [] })).toEqual(['x86_64', 'aarch64']);
  });

  it('are named where a finding is not of all', () => {
    const profile = { ...allowList(allow('open')), architectures: undefined };
    const of = (targets: string[]) =>
      check(profile, { targets }).findings.find(({ id }) => id === 'arch-missing-syscall')?.message;
    expect(of(['aarch64'])).toMatch(/not allowed$/);
    expect(of(['x86_64', 'aarch64'])).toMatch(/not allowed \(on aarch64\)$/);
    expect(of(['x86_64'])).toBeUndefined();
  });

  it('decide which entries count, and so do capabilities and the kernel', () => {
    const entry = allow('bpf', { includes: { caps: ['CAP_BPF'], minKernel: '5.8' } });
    const conflicting = allowList(entry, deny('bpf'));
    expect(ids(check(conflicting))).not.toContain('ineffective-rule');
    expect(ids(check(conflicting, { capabilities: ['BPF'] }))).toContain('ineffective-rule');
    expect(ids(check(conflicting, { capabilities: ['BPF'], kernel: '4.19' }))).not.toContain('ineffective-rule');
  });

  it('look at entries for other capabilities where the condition itself is wrong', () => {
    const entry = deny('socket', { ...args([0, 'EQ', 16]), excludes: { caps: ['CAP_NET_ADMIN'] } });
    expect(ids(check(denyList(entry), { capabilities: ['all'] }))).toContain('wide-comparison');
  });

  it('know the order of arguments on each machine', () => {
    // clone(2) takes its flags second on s390x, where argument 0 is the address of a stack.
    const profile = denyList(deny('clone', args([0, 'EQ', 0x10000000])));
    const on = (name: string) =>
      ids(check({ ...profile, architectures: [`SCMP_ARCH_${name.toUpperCase()}`] }, { targets: [name] }));
    expect(on('s390x')).not.toContain('wide-comparison');
    expect(on('x86_64')).toContain('wide-comparison');
  });
});

describe('runtimes', () => {
  it('that answer ENOSYS for new calls need no stub', () => {
    const profile = { ...allowList(), defaultErrnoRet: 1 };
    expect(ids(check(profile))).toContain('new-calls-refused');
    expect(ids(check(profile, { runtime: 'runc' }))).not.toContain('new-calls-refused');
    expect(ids(check(profile, { enosysStub: true }))).not.toContain('new-calls-refused');
  });

  it('that read masks the other way round are followed', () => {
    const profile = denyList(deny('ioctl', args([1, 'MASKED_EQ', 0x5412, 0xffffffff])));
    expect(ids(check(profile))).toContain('masked-value-bits');
    expect(ids(check(profile, { runtime: 'youki' }))).not.toContain('masked-value-bits');
  });
});

describe('ignoring', () => {
  const profile = denyList(
    deny('ptrase'),
    deny('mouny', { comment: 'gone soon: scmp-ignore unknown-syscall, errno-missing' }),
  );

  it('by the caller, all of an id', () => {
    const { findings, ignored } = check(profile, { ignore: ['unknown-syscall'] });
    expect(findings.map(({ id }) => id)).not.toContain('unknown-syscall');
    expect(ignored.map(({ path }) => path)).toEqual(['syscalls[1].names[0]', 'syscalls[2].names[0]']);
  });

  it('by a comment, those of its entry alone', () => {
    const { findings, ignored } = check(profile);
    expect(findings.filter(({ id }) => id === 'unknown-syscall').map(({ path }) => path)).toEqual([
      'syscalls[1].names[0]',
    ]);
    expect(ignored.map(({ path }) => path)).toEqual(['syscalls[2].names[0]']);
  });

  it('an id there is not is an error, with the nearest', () => {
    expect(() => check(profile, { ignore: ['unknown-sycall'] })).toThrow(InvalidArgumentError);
    expect(() => check(profile, { ignore: ['unknown-sycall'] })).toThrow(/did you mean unknown-syscall/);
  });

  it('does not take an id that is part of another', () => {
    const { ignored } = check(denyList(deny('mouny', { comment: 'scmp-ignore unknown-syscalls' })));
    expect(ignored).toEqual([]);
  });
});

describe('hostile profiles', () => {
  const EVIL = '\u001b[2J\u202e::error::\r\n<script>\u009b';

  it('cannot put control characters into a finding', () => {
    const profile = { ...denyList(deny(EVIL.replace(' ', '')), allow(`${EVIL}2`)), [EVIL]: 1 };
    const { findings } = check(profile);
    expect(findings.length).toBeGreaterThan(2);
    const texts = findings.flatMap(({ message, advice }) => [message, advice]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    for (const text of texts) expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  it('are answered in bounded time and length', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `no_such_call_${index % 300}`);
    const many = denyList(
      { names: [...names, 'x'.repeat(100_000)], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
      ...Array.from({ length: 300 }, (_, index) => deny('getpid', args([0, 'EQ', index % 7]))),
    );
    const start = performance.now();
    const { findings } = check(many);
    expect(performance.now() - start).toBeLessThan(40_000);
    for (const { message } of findings) expect(message.length).toBeLessThan(1500);
  });
});

describe('capabilities that nobody spoke of', () => {
  const profile = (...entries: object[]) => ({ ...allowList(...entries), architectures: undefined });
  const open = allow('chroot', { includes: { caps: ['CAP_SYS_CHROOT'] } });

  it('a finding that is there only without them says so', () => {
    // With Docker's set the conditional entry decides first.
    const given = profile(open, allow('chroot'));
    const all = (capabilities?: string[]) => check(given, { capabilities }).findings;
    const onlyWith = all().filter(({ message }) =>
      message.endsWith("so it is with Docker's default set: --cap docker)"),
    );
    expect(onlyWith.map(({ id, severity }) => [id, severity])).toContainEqual([expect.any(String), 'advice']);
    expect(all(['docker']).length).toBeGreaterThan(all([]).length);
    expect(all([]).some(({ message }) => message.includes('without capabilities'))).toBe(false);
    expect(all(['docker']).some(({ message }) => message.includes('without capabilities'))).toBe(false);
  });

  it('and one that the set ends says so too', () => {
    const given = profile(
      allow('open', { includes: { arches: ['arm64'] } }),
      allow('openat', { includes: { caps: ['CAP_CHOWN'] } }),
    );
    const found = check(given, { targets: ['aarch64'] }).findings.find(({ id }) => id === 'arch-missing-syscall');
    expect(found?.message).toMatch(
      /\(so it is without capabilities; not so with Docker's default set: --cap docker\)$/,
    );
    expect(found?.severity).toBe('warning');
  });
});

describe('a file for an engine', () => {
  const OWN = 'engine-reads-nothing';
  /** As the command does: what it extends is in the profile, and the text is its own. */
  const found = (file: object | string, engine?: TargetName, id = OWN) => {
    const text = typeof file === 'string' ? file : JSON.stringify(file);
    const read = readProfile(text, { source: 'profile.json' });
    const profile = read.seccomp.extends ? extendProfile(read, () => builtinProfile('container-default')) : read;
    const report = checkProfile(profile, { libseccomp, text, engine, targets: ['x86_64'] });
    return report.findings.filter((finding) => finding.id === id).map(({ severity, message }) => [severity, message]);
  };

  it('is advice where nothing is left of it, and an error for a named engine', () => {
    const files = [
      { extends: 'container-default', remove: ['ptrace'] },
      { extends: 'container-default', syscalls: [] },
      { linux: { seccomp: denyList() } },
      { main: { mismatch_action: 'allow', match_action: { errno: 1 }, filter: [{ syscall: 'acct' }] } },
    ];
    for (const file of files) {
      expect(found(file)).toEqual([['advice', expect.stringContaining('without a filter')]]);
      expect(found(file, 'docker')).toEqual([['error', expect.stringContaining('without a filter')]]);
      expect(found(file, 'podman')).toHaveLength(1);
    }
  });

  it('is an error for a named engine where it takes a part, or refuses it', () => {
    const own = [{ names: ['acct'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }];
    const files: [string, object | string][] = [
      ['no default action', { extends: 'container-default', syscalls: own }],
      ['its own entries alone', { extends: 'container-default', defaultAction: 'SCMP_ACT_ERRNO', syscalls: own }],
      ['JSON alone is read', 'default allow\ndeny acct\n'],
      ['JSON alone is read', '[Service]\nSystemCallFilter=~acct\n'],
    ];
    for (const [words, file] of files) {
      expect(found(file)).toEqual([]);
      expect(found(file, 'docker')).toEqual([['error', expect.stringContaining(words)]]);
    }
    expect(found(denyList(), 'docker')).toEqual([]);
  });

  it('is an error for Docker, Podman and CRI-O where a comment is no text, of which convert makes none', () => {
    const file = denyList({ ...deny('acct'), comment: ['one', 'two'] }, { ...deny('bpf'), comment: 'one' });
    const refused = (text: object | string, engine?: TargetName) => found(text, engine, 'refused-by-target');
    for (const engine of [undefined, 'containerd'] as const) expect(refused(file, engine)).toEqual([]);
    for (const engine of ['docker', 'podman', 'cri-o', 'kubernetes'] as const) {
      expect(refused(file, engine)).toEqual([['error', expect.stringContaining('a comment that is one text')]]);
    }
    expect(refused(writeProfile(readProfile(JSON.stringify(file)), 'docker'), 'docker')).toEqual([]);
  });

  it('is no longer found of what convert writes', () => {
    const config = readProfile(JSON.stringify({ linux: { seccomp: denyList() } }));
    expect(found(writeProfile(config, 'docker'), 'docker')).toEqual([]);
  });

  it('refuses an engine there is not', () => {
    expect(() => found(denyList(), 'lxc' as never)).toThrow('it takes "docker", "podman", "containerd"');
  });
});

describe('advice on what a profile extends', () => {
  const json = JSON.stringify(denyList({ names: ['clone3'], action: 'SCMP_ACT_KILL_PROCESS' }));
  const list = 'default allow\nkill clone3\n';
  const inJson = 'answer clone3 with SCMP_ACT_ERRNO';
  const inList = 'write "clone3 -> errno ENOSYS"';

  it.each([
    ['a list extends JSON', 'extends base\nptrace -> errno EPERM\n', json, inJson],
    ['JSON extends a list', JSON.stringify({ extends: 'base', syscalls: [deny('ptrace')] }), list, inList],
  ])('is in the terms of the file that the entry is in: %s', (_what, own, base, advice) => {
    const read = (text: string, source: string) => readProfile(text, { source });
    const profile = extendProfile(read(own, 'own'), () => read(base, 'base'));
    const found = checkProfile(profile, { libseccomp, targets: ['x86_64'] }).findings;
    const about = found.filter(({ message }) => message.includes('ends a program for'));
    expect(about.map((finding) => [finding.source, finding.advice])).toEqual([
      ['base', expect.stringContaining(advice)],
    ]);
    expect(new Set(found.map((finding) => JSON.stringify(finding))).size).toBe(found.length);
  });
});

describe('crun, which loads a filter without flags where the kernel refuses one', () => {
  const profile = { ...denyList(deny('mount')), flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'] };
  it.each([
    ['runc', 'error', 'does not start'],
    ['crun', 'warning', 'every flag of the profile is lost'],
  ] as const)('%s: %s', (runtime, severity, words) => {
    const found = check(profile, { runtime }).findings.find(({ id }) => id === 'wait-killable-without-notify');
    expect(found).toMatchObject({ severity, message: expect.stringContaining(words) });
  });
});

it('finds ways round RestrictNamespaces= of a unit, whose conditions nobody wrote', () => {
  const unit = '[Service]\nExecStart=/bin/true\nRestrictNamespaces=~mnt\n';
  const profile = readProfile(unit, { format: 'systemd', source: 'u.service' });
  const { findings } = checkProfile(profile, { libseccomp, targets: ['x86_64'] });
  const found = findings.find(({ id }) => id === 'mount-namespace-open');
  expect(found).toMatchObject({ position: { line: 3 }, message: expect.stringContaining('UNSHARE_EMPTY_MNTNS') });
});
