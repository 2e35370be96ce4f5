import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { systemdGroups } from '../../../src/profile/formats/systemd/read.js';
import {
  NEWEST_SYSTEMD,
  SYSTEMD_VERSIONS,
  type SystemdVersion,
} from '../../../src/profile/formats/systemd-versions.js';
import { readProfile } from '../../../src/profile/index.js';

/** Of each call the unit decides: its action and errno; `*` is the default. */
function decisions(unit: string, systemd: SystemdVersion = '262'): Record<string, string> {
  const read = readProfile(unit, { source: 'x.service', systemd });
  const { defaultAction, defaultErrno, defaultErrnoRet, syscalls } = read.seccomp;
  const word = (action: string, errno: unknown) => [action.replace('SCMP_ACT_', ''), errno ?? []].flat().join(' ');
  return Object.fromEntries([
    ['*', word(defaultAction, defaultErrno ?? defaultErrnoRet)],
    ...(syscalls ?? []).flatMap(({ names, action, errno, errnoRet }) =>
      names!.map((name) => [name, word(action, errno ?? errnoRet)]),
    ),
  ]);
}

const unit = (...lines: string[]) => ['[Service]', 'ExecStart=/bin/true', ...lines].join('\n');
const members = (group: string, version: SystemdVersion = '262'): string[] =>
  systemdGroups(version)
    .get(group)!
    .flatMap((name) => (name.startsWith('@') ? members(name, version) : [name]));

describe('SystemCallFilter=', () => {
  it('is an allow-list, with what every process needs', () => {
    const allowed = { read: 'ALLOW', write: 'ALLOW', execve: 'ALLOW' };
    const found = decisions(unit('SystemCallFilter=read write'), '252');
    expect(found).toMatchObject({ '*': 'KILL_PROCESS', ...allowed });
    expect(Object.keys(found).length).toBe(new Set(['*', 'read', 'write', ...members('@default', '252')]).size);
    // test/kernel/systemd-units.test.ts compares with both
    const newer = decisions(unit('SystemCallFilter=read write'));
    expect(newer).toMatchObject({ '*': 'ERRNO ENOSYS', ...allowed, mount: 'KILL_PROCESS' });
    expect(newer).not.toHaveProperty('uselib');
  });

  it('is a deny-list after "~"', () => {
    expect(decisions(unit('SystemCallFilter=~ptrace', 'SystemCallErrorNumber=EPERM'))).toEqual({
      '*': 'ALLOW',
      ptrace: 'ERRNO EPERM',
    });
  });

  it('merges lines; the first says of what kind it is', () => {
    // The example of systemd.exec(5).
    const merged = unit('SystemCallFilter=read write', 'SystemCallFilter=~write');
    expect(decisions(merged, '252')).not.toHaveProperty('write');
    expect(decisions(merged)).toMatchObject({ read: 'ALLOW', write: 'KILL_PROCESS' });
    const denied = decisions(unit('SystemCallFilter=~read write', 'SystemCallFilter=write'));
    expect(denied).toEqual({ '*': 'ALLOW', read: 'KILL_PROCESS' });
  });

  it('is reset by an empty line, kind and all', () => {
    expect(decisions(unit('SystemCallFilter=read', 'SystemCallFilter=', 'SystemCallFilter=~write'))).toEqual({
      '*': 'ALLOW',
      write: 'KILL_PROCESS',
    });
  });

  it('has errors of single calls and groups, also in an allow-list', () => {
    expect(decisions(unit('SystemCallFilter=~@clock:EACCES ptrace:kill mount:0'))).toMatchObject({
      adjtimex: 'ERRNO EACCES',
      ptrace: 'KILL_PROCESS',
      mount: 'ERRNO 0',
    });
    const listed = unit('SystemCallFilter=@system-service', 'SystemCallFilter=~@resources:ENOSYS write');
    const found = decisions(listed, '252');
    expect(found).toMatchObject({ '*': 'KILL_PROCESS', setpriority: 'ERRNO ENOSYS', read: 'ALLOW' });
    expect(found).not.toHaveProperty('write');
    const newer = decisions(listed);
    expect(newer).toMatchObject({ '*': 'ERRNO ENOSYS', write: 'KILL_PROCESS', read: 'ALLOW' });
    expect(newer).not.toHaveProperty('setpriority');
  });

  it('goes on after a backslash, over comments', () => {
    const text = unit('# filter', 'SystemCallFilter=~ \\', '; why', '  ptrace \\', '  bpf', 'Nice=5');
    expect(decisions(text)).toEqual({ '*': 'ALLOW', ptrace: 'KILL_PROCESS', bpf: 'KILL_PROCESS' });
    expect(readProfile(text).locate('syscalls', 0, 'names', 1).position).toMatchObject({ line: 7, column: 3 });
  });

  it('is read without a section too', () => {
    expect(decisions('SystemCallFilter=~ptrace\n')).toEqual({ '*': 'ALLOW', ptrace: 'KILL_PROCESS' });
  });
});

describe('the other settings', () => {
  it('SystemCallArchitectures= names those of the filter; without it the machine’s are filtered alike', () => {
    const of = (line: string) => readProfile(unit('SystemCallFilter=~ptrace', line)).seccomp;
    expect(of('SystemCallArchitectures=native x86-64 mips64-le-n32').architectures).toEqual([
      'SCMP_ARCH_NATIVE',
      'SCMP_ARCH_X86_64',
      'SCMP_ARCH_MIPSEL64N32',
    ]);
    expect(of('SystemCallArchitectures=').archMap).toContainEqual({
      architecture: 'SCMP_ARCH_X86_64',
      subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    });
  });

  it('SystemCallErrorNumber= is what a forbidden call fails with, "kill" or nothing a kill', () => {
    const of = (line: string) => {
      const { mount } = decisions(unit('SystemCallFilter=read', line));
      expect(decisions(unit('SystemCallFilter=read', line), '252')['*']).toBe(mount);
      return mount;
    };
    expect(of('SystemCallErrorNumber=EPERM')).toBe('ERRNO EPERM');
    expect(of('SystemCallErrorNumber=22')).toBe('ERRNO 22');
    expect(of('SystemCallErrorNumber=kill')).toBe('KILL_PROCESS');
    expect(of('SystemCallErrorNumber=')).toBe('KILL_PROCESS');
  });

  it('SystemCallLog= logs what the filter allows', () => {
    const only = decisions(unit('SystemCallLog=ptrace'));
    expect(only).toEqual({ '*': 'ALLOW', ptrace: 'LOG' });
    expect(decisions(unit('SystemCallLog=~read'))).toEqual({ '*': 'LOG', read: 'ALLOW' });
    const both = decisions(unit('SystemCallFilter=~bpf ptrace', 'SystemCallLog=ptrace mount'));
    expect(both).toEqual({ '*': 'ALLOW', bpf: 'KILL_PROCESS', ptrace: 'KILL_PROCESS', mount: 'LOG' });
    const listed = unit('SystemCallFilter=read', 'SystemCallLog=~write');
    expect(decisions(listed, '252')).toMatchObject({ '*': 'KILL_PROCESS', read: 'LOG' });
    expect(decisions(listed)).toMatchObject({ '*': 'ERRNO ENOSYS', mount: 'KILL_PROCESS', read: 'LOG' });
  });
});

/** What the systemd of this machine says, and its version. */
function systemdAnalyze(): { version: string; groups: Map<string, string[]> } | undefined {
  const run = (...args: string[]) =>
    execFileSync('systemd-analyze', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const version = /^systemd (\d+)/.exec(run('--version'))![1]!;
    const groups = new Map<string, string[]>();
    for (const line of run('syscall-filter').split('\n')) {
      if (line.startsWith('#')) break;
      if (line.startsWith('@')) groups.set(line.trim(), []);
      else if (/^ +[^ #]/.test(line)) [...groups.values()].at(-1)!.push(line.trim());
    }
    return { version, groups };
  } catch {
    return undefined;
  }
}

const machine = systemdAnalyze();

describe('the groups', () => {
  it.runIf(SYSTEMD_VERSIONS.some((version) => version === machine?.version))('are those systemd-analyze lists', () => {
    expect(Object.fromEntries(systemdGroups(machine!.version as SystemdVersion))).toEqual(
      Object.fromEntries(machine!.groups),
    );
  });

  it('are those of the systemd that is named, and of the newest where none is', () => {
    const unitText = unit('SystemCallFilter=@default');
    const allowed = (systemd?: SystemdVersion) =>
      readProfile(unitText, { source: 'x.service', systemd }).seccomp.syscalls!.flatMap(({ names }) => names);
    // @sandbox is newer than 252: the calls with which a program confines itself.
    expect(allowed('262')).not.toContain('newfstat');
    expect(allowed('252')).not.toContain('landlock_create_ruleset');
    expect(allowed('262')).toContain('landlock_create_ruleset');
    expect(allowed()).toEqual(allowed(NEWEST_SYSTEMD));
    expect(NEWEST_SYSTEMD).toBe(SYSTEMD_VERSIONS.at(-1));
    expect(() => readProfile(unit('SystemCallFilter=@sandbox'), { source: 'x.service', systemd: '252' })).toThrow(
      /systemd 252 has no group "@sandbox"/,
    );
  });

  it('have members that can be read, and no cycles', () => {
    expect(systemdGroups().size).toBeGreaterThan(25);
    for (const group of systemdGroups().keys()) expect(members(group).length).toBeGreaterThan(0);
    expect(members('@system-service')).toContain('io_uring_enter');
  });
});
