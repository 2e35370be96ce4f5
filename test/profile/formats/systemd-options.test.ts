import { describe, expect, it } from 'vitest';
import { formatAction } from '../../../src/action.js';
import { findArchitecture } from '../../../src/architecture.js';
import { parseCall } from '../../../src/bpf/execution/parse-call.js';
import { simulate } from '../../../src/bpf/execution/simulate.js';
import { compileProfileSync } from '../../../src/index.js';
import { loadLibseccompSync, syscallNaming } from '../../../src/libseccomp/index.js';
import { readProfile, writeProfile } from '../../../src/profile/index.js';

// What systemd installs for these options is compared in test/kernel/systemd-units.test.ts, where there is one.

const unit = (...lines: string[]) => ['[Service]', ...lines].join('\n');

const naming = syscallNaming(loadLibseccompSync());

/** The answer to a call on an architecture of a machine. */
function answer(lines: readonly string[], call: string, on = 'x86_64', machine = 'x86_64'): string {
  const [syscall = '', ...args] = call.split(' ');
  const { program } = compileProfileSync(unit(...lines), { arch: machine });
  const { data } = parseCall({ syscall, args, architecture: findArchitecture(on)!, ...naming });
  return formatAction(simulate(program, data).action);
}

const LIST = 'SystemCallFilter=@system-service';

describe.each([
  ['MemoryDenyWriteExecute=yes', 'mmap 0 0 PROT_WRITE|PROT_EXEC', 'mmap 0 0 PROT_EXEC', 'ERRNO(EPERM)'],
  ['MemoryDenyWriteExecute=1', 'mprotect 0 0 PROT_EXEC', 'mprotect 0 0 PROT_READ|PROT_WRITE', 'ERRNO(EPERM)'],
  ['RestrictRealtime=on', 'sched_setscheduler 0 SCHED_FIFO', 'sched_setscheduler 0 SCHED_IDLE', 'ERRNO(EPERM)'],
  ['RestrictRealtime=on', 'sched_setscheduler 0 0x40000000', 'sched_setscheduler 0 SCHED_BATCH', 'ERRNO(EPERM)'],
  ['RestrictSUIDSGID=yes', 'chmod 0 0o4755', 'chmod 0 0o1755', 'ERRNO(EPERM)'],
  ['RestrictSUIDSGID=yes', 'openat 0 0 O_CREAT 0o2000', 'openat 0 0 O_RDWR 0o2000', 'ERRNO(EPERM)'],
  ['DynamicUser=true', 'openat2', 'openat', 'ERRNO(ENOSYS)'],
  ['RestrictNamespaces=yes', 'clone CLONE_NEWUSER', 'clone CLONE_VM', 'ERRNO(EPERM)'],
  ['RestrictNamespaces=net', 'unshare CLONE_NEWUSER', 'unshare CLONE_NEWNET', 'ERRNO(EPERM)'],
  ['RestrictNamespaces=net', 'setns 0 0', 'setns 0 CLONE_NEWNET', 'ERRNO(EPERM)'],
  ['RestrictNamespaces=~net', 'clone3', 'setns 0 CLONE_NEWUSER', 'ERRNO(ENOSYS)'],
  ['RestrictAddressFamilies=AF_UNIX af_inet', 'socket AF_NETLINK', 'socket AF_INET', 'ERRNO(EAFNOSUPPORT)'],
  ['RestrictAddressFamilies=~AF_PACKET', 'socket AF_PACKET', 'socket AF_UNIX', 'ERRNO(EAFNOSUPPORT)'],
  ['RestrictAddressFamilies=none', 'socket AF_UNIX', 'socketpair AF_UNIX', 'ERRNO(EAFNOSUPPORT)'],
  ['LockPersonality=yes', 'personality PER_LINUX32', 'personality PER_LINUX', 'ERRNO(EPERM)'],
])('%s', (option, denied, allowed, errno) => {
  it('denies that and nothing else, with a list and without', () => {
    for (const lines of [[option], [LIST, option]]) {
      expect([denied, answer(lines, denied)]).toEqual([denied, errno]);
      expect([allowed, answer(lines, allowed)]).toEqual([allowed, 'ALLOW']);
    }
  });
});

describe.each([
  ['ProtectKernelModules=yes', 'init_module'],
  ['ProtectKernelLogs=yes', 'syslog'],
  ['ProtectKernelTunables=yes', '_sysctl'],
  ['ProtectClock=yes', 'settimeofday'],
  ['ProtectHostname=yes', 'sethostname'],
  ['PrivateDevices=yes', 'iopl'],
])('%s', (option, call) => {
  it('denies its calls, and gives way to SystemCallFilter=, which is installed last', () => {
    expect(answer([option], call)).toBe('ERRNO(EPERM)');
    expect(answer([option], 'read')).toBe('ALLOW');
    expect(answer([`SystemCallFilter=${call}`, option], call)).toBe('ERRNO(EPERM)');
    expect(answer([`SystemCallFilter=~${call}:EACCES`, option], call)).toBe('ERRNO(EACCES)');
    // _sysctl is of @obsolete
    const unlisted = call === '_sysctl' ? 'ERRNO(ENOSYS)' : 'KILL_PROCESS';
    expect(answer(['SystemCallFilter=read', option], call)).toBe(unlisted);
  });
});

describe('ProtectHostname= of 262', () => {
  it.each([
    ['private', 'ALLOW'],
    ['private:host.example', 'ALLOW'],
    ['yes:host', 'ERRNO(EPERM)'],
  ])('%s', (value, decision) => {
    expect(answer([`ProtectHostname=${value}`, 'RestrictRealtime=yes'], 'sethostname')).toBe(decision);
  });

  it.each(['no:host', 'yes:', 'perhaps'])('refuses %s', (value) => {
    expect(() => answer([`ProtectHostname=${value}`], 'sethostname')).toThrow('takes yes or no');
  });
});

describe('options', () => {
  it('differ by architecture as systemd’s filters do', () => {
    const families = [LIST, 'RestrictAddressFamilies=AF_UNIX'];
    expect(answer(families, 'socket AF_INET', 'x32')).toBe('ERRNO(EAFNOSUPPORT)');
    expect(answer(families, 'socket AF_INET', 'x86')).toBe('ALLOW');
    expect(answer(families, 'socketcall 1', 'x86')).toBe('ALLOW');
    const execution = ['MemoryDenyWriteExecute=yes'];
    expect(answer(execution, 'mmap', 'x86')).toBe('ERRNO(EPERM)');
    expect(answer(execution, 'mmap2 0 0 PROT_WRITE|PROT_EXEC', 'x86')).toBe('ERRNO(EPERM)');
    expect(answer(['RestrictNamespaces=yes'], 'clone 0 CLONE_NEWNET', 's390x', 's390x')).toBe('ERRNO(EPERM)');
    expect(answer(['RestrictSUIDSGID=yes'], 'open 0 O_CREAT 0o4000', 'mips64', 'mips64')).toBe('ERRNO(EPERM)');
  });

  it('the last word counts, and an empty list begins anew', () => {
    expect(answer(['RestrictRealtime=yes', 'RestrictRealtime=no'], 'sched_setscheduler 0 SCHED_FIFO')).toBe('ALLOW');
    expect(answer(['DynamicUser=yes', 'RestrictSUIDSGID=no'], 'chmod 0 0o4000')).toBe('ERRNO(EPERM)');
    const lists = ['RestrictAddressFamilies=AF_UNIX', 'RestrictAddressFamilies=', 'RestrictAddressFamilies=~AF_INET'];
    expect(answer(lists, 'socket AF_NETLINK')).toBe('ALLOW');
    expect(answer(['RestrictNamespaces=yes', 'RestrictNamespaces='], 'unshare CLONE_NEWNET')).toBe('ALLOW');
  });

  it('an entry says which option it comes from, and where', () => {
    const profile = readProfile(unit(LIST, 'RestrictRealtime=yes'), { source: 'x.service' });
    expect(profile.warnings).toEqual([]);
    expect(profile.locate('syscalls', 0)).toMatchObject({ path: 'RestrictRealtime', position: { line: 3, column: 1 } });
  });

  it.each([
    ['PrivateDevices=maybe', 'PrivateDevices= is "maybe", and takes yes or no'],
    ['PrivateDevices=', 'PrivateDevices= is "", and takes yes or no'],
    ['RestrictNamespaces=net nett', '"nett" is no kind of namespace'],
    ['RestrictAddressFamilies=AF_NONSENSE', '"AF_NONSENSE" is no address family'],
    ['RestrictNamespace=yes', 'unknown setting "RestrictNamespace"'],
  ])('%s, which systemd ignores, is an error', (line, message) => {
    expect(() => readProfile(unit(LIST, line))).toThrow(message);
  });

  it('are written in JSON where one architecture is left', () => {
    const lines = [LIST, 'MemoryDenyWriteExecute=yes'];
    const open = readProfile(unit(...lines));
    expect(() => writeProfile(open, 'oci', { arch: 'x86_64' })).toThrow('a rule for some ABIs of the filter alone');
    const native = readProfile(unit(...lines, 'SystemCallArchitectures=native'));
    const written = compileProfileSync(writeProfile(native, 'oci', { arch: 'x86_64' }), { arch: 'x86_64' });
    expect(written.program).toEqual(compileProfileSync(native, { arch: 'x86_64' }).program);
  });
});
