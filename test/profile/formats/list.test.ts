import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeReturnValue } from '../../../src/action.js';
import { type ArchitectureName, parseArchitecture } from '../../../src/architecture.js';
import { createSimulator, type SeccompData } from '../../../src/bpf/execution/simulate.js';
import { compileProfileSync } from '../../../src/compiler/index.js';
import { loadLibseccompSync } from '../../../src/libseccomp/index.js';
import type { Action } from '../../../src/policy.js';
import { readProfile } from '../../../src/profile/index.js';

const libseccomp = loadLibseccompSync();

/** What the list's filter does on a call. */
function decide(
  list: string,
  syscall: string,
  args: readonly (number | bigint)[] = [],
  target: { arch?: ArchitectureName; capabilities?: string[]; kernel?: string } = {},
) {
  const architecture = parseArchitecture(target.arch ?? 'x86_64');
  const compiled = compileProfileSync(list, { arch: architecture.name, libseccomp, ...target });
  const nr = libseccomp.resolveSyscallName(syscall, architecture)!;
  const padded = [...args, 0, 0, 0, 0, 0, 0].slice(0, 6).map((arg) => BigInt.asUintN(64, BigInt(arg)));
  const { returnValue } = createSimulator(compiled, { endianness: architecture.endianness }).simulate({
    nr,
    arch: architecture.auditArch,
    instructionPointer: 0n,
    args: padded as unknown as SeccompData['args'],
  });
  const action = decodeReturnValue(returnValue) as Action;
  return 'data' in action ? `${action.kind} ${action.data}` : action.kind;
}

const docs = readFileSync(new URL('../../../docs/list-format.md', import.meta.url), 'utf8');
const example = /```seccomp-list\n(.*?)```/s.exec(docs)![1]!;

describe('the example of docs/list-format.md', () => {
  it.each<[string, (number | bigint)[], string]>([
    ['read', [], 'ALLOW'],
    ['mprotect', [], 'ALLOW'],
    ['openat', [], 'ERRNO 1'],
    ['socket', [1], 'ALLOW'],
    ['socket', [2], 'ERRNO 97'],
    ['socket', [2n ** 32n + 1n], 'ALLOW'],
    ['socket', [2n ** 32n + 2n], 'ERRNO 97'],
    ['clone', [0x01200011], 'ALLOW'],
    ['clone', [0x10000000], 'ERRNO 1'],
    ['clone', [0x00020000], 'ERRNO 1'],
    ['clone3', [], 'ERRNO 38'],
    ['ioctl', [0, 0x5401], 'ALLOW'],
    ['ioctl', [3, 0x5401], 'ERRNO 1'],
    ['ioctl', [0, 0x5412], 'ERRNO 1'],
    ['mount', [], 'ERRNO 1'],
    ['ptrace', [], 'ALLOW'],
  ])('%s(%s) is %s', (syscall, args, expected) => {
    expect(decide(example, syscall, args)).toBe(expected);
  });

  it('asks for capabilities, architecture and kernel', () => {
    expect(decide(example, 'mount', [], { capabilities: ['SYS_ADMIN'] })).toBe('ALLOW');
    expect(decide(example, 'ptrace', [], { kernel: '4.7' })).toBe('ERRNO 1');
    expect(decide(example, 'ptrace', [], { capabilities: ['SYS_PTRACE'] })).toBe('ERRNO 1');
    expect(readProfile(example).seccomp).toMatchObject({
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'],
      flags: ['SECCOMP_FILTER_FLAG_LOG'],
      syscalls: expect.arrayContaining([
        expect.objectContaining({ names: ['renameat'], includes: { arches: ['arm64'] } }),
        expect.objectContaining({ names: ['clone3'] }),
      ]),
    });
  });

  it('keeps the comment right above a line', () => {
    const comments = readProfile(example).seccomp.syscalls!.map(({ comment }) => comment);
    expect(comments).toContain('Unix sockets only: IPv4, IPv6 and the rest do not exist.');
    expect(comments[0]).toBeUndefined();
  });
});

describe('conditions', () => {
  const only = (call: string) => `default errno 99\nallow ${call}\n`;

  it.each<[string, string, (number | bigint)[], boolean]>([
    // As wide as the kernel looks: an int, a mode_t, a size_t.
    ['socket(domain == 1)', 'socket', [2n ** 40n + 1n], true],
    ['socket(arg0 == 1)', 'socket', [2n ** 40n + 1n], true],
    ['socket(arg0:64 == 1)', 'socket', [2n ** 40n + 1n], false],
    ['socket(domain:64 == 1)', 'socket', [1], true],
    ['chmod(mode == 0x1ff)', 'chmod', [0, 0x101ff], true],
    ['write(count == 1)', 'write', [0, 0, 2n ** 32n + 1n], false],
    ['write(count < 0x100000000)', 'write', [0, 0, 2n ** 32n], false],
    ['write(count < 0x100000000)', 'write', [0, 0, 5], true],
    // Both of two conditions.
    ['socket(domain != 1 && domain != 2)', 'socket', [1], false],
    ['socket(domain != 1 && domain != 2)', 'socket', [2], false],
    ['socket(domain != 1 && domain != 2)', 'socket', [3], true],
    ['write(count >= 10 && count <= 20)', 'write', [0, 0, 21], false],
    ['write(count >= 10 && count <= 20)', 'write', [0, 0, 20], true],
    ['write(count >= 10 && count <= 20)', 'write', [0, 0, 9], false],
    // Masks, negative numbers, constants.
    ['openat(flags & O_WRONLY|O_RDWR == O_RDONLY)', 'openat', [0, 0, 0o2000000], true],
    ['openat(flags & O_WRONLY|O_RDWR == O_RDONLY)', 'openat', [0, 0, 1], false],
    ['openat(flags & (O_CREAT|O_TRUNC) != 0)', 'openat', [0, 0, 0o100], true],
    ['openat(flags & O_CREAT|O_TRUNC != 0)', 'openat', [0, 0, 0o20000], false],
    ['openat(dirfd == -100)', 'openat', [-100], true],
    ['openat(dirfd == AT_FDCWD)', 'openat', [0xffffff9c], true],
    ['openat(dirfd == AT_FDCWD)', 'openat', [3], false],
  ])('%s: %s(%s)', (condition, syscall, args, holds) => {
    expect(decide(only(condition), syscall, args)).toBe(holds ? 'ALLOW' : 'ERRNO 99');
  });

  it('finds arguments and constants where the architecture has them', () => {
    const list = only('clone(flags & CLONE_NEWUSER == 0)');
    expect(decide(list, 'clone', [0x10000000, 0], { arch: 's390x' })).toBe('ALLOW');
    expect(decide(list, 'clone', [0, 0x10000000], { arch: 's390x' })).toBe('ERRNO 99');
    const create = 'default allow\ndeny openat(flags & O_CREAT == O_CREAT)\n';
    expect(decide(create, 'openat', [0, 0, 0o400], { arch: 'mips64' })).toBe('ERRNO 1');
    expect(decide(create, 'openat', [0, 0, 0o100], { arch: 'mips64' })).toBe('ALLOW');
    expect(decide(create, 'openat', [0, 0, 0o100])).toBe('ERRNO 1');
  });

  it('leaves out what allows, and denies altogether, where the condition cannot be said', () => {
    const x86 = { arch: 'x86' } as const;
    expect(decide(only('mmap(prot & PROT_EXEC == 0)'), 'mmap', [0, 0, 0])).toBe('ALLOW');
    expect(decide(only('mmap(prot & PROT_EXEC == 0)'), 'mmap', [0, 0, 0], x86)).toBe('ERRNO 99');
    expect(decide('default allow\ndeny mmap(prot & PROT_EXEC != 0)\n', 'mmap', [0, 0, 0], x86)).toBe('ERRNO 1');
  });

  it('asks for more than 32 bits where there are more', () => {
    const list = 'default allow\ndeny lseek(offset >= 0x100000000)\n';
    expect(decide(list, 'lseek', [0, 2n ** 32n])).toBe('ERRNO 1');
    expect(decide(list, 'lseek', [0, 5])).toBe('ALLOW');
    const unlike = 'default deny\nwhen arch arm64 amd64: allow lseek(offset != 0x100000000)\n';
    expect(decide(unlike, 'lseek', [0, 2n ** 32n])).toBe('ERRNO 1');
    expect(decide(unlike, 'lseek', [0, 5])).toBe('ALLOW');
    expect(decide(unlike, 'lseek', [0, 5], { arch: 'riscv64' })).toBe('ERRNO 1');
  });

  it('warns of conditions that never or always hold', () => {
    const { warnings } = readProfile(
      'default deny\nallow socket(domain == 1 && domain == 2)\nallow write(count >= 0)\n',
    );
    expect(warnings.map(({ code, position }) => `${code} ${position?.line}`)).toEqual([
      'never-matches 2',
      'always-matches 3',
    ]);
  });
});

describe('statements', () => {
  it.each([
    ['allow read', { action: 'SCMP_ACT_ALLOW' }],
    ['read -> deny', { action: 'SCMP_ACT_ERRNO', errnoRet: 1n }],
    ['read -> errno ENOSYS', { action: 'SCMP_ACT_ERRNO', errno: 'ENOSYS' }],
    ['read -> errno 0x26', { action: 'SCMP_ACT_ERRNO', errnoRet: 38n }],
    ['read -> trap 7', { action: 'SCMP_ACT_TRAP', trapData: 7n }],
    ['read -> trap 65535', { action: 'SCMP_ACT_TRAP', trapData: 65535n }],
    ['read -> trap 0', { action: 'SCMP_ACT_TRAP' }],
    ['read -> trace 7', { action: 'SCMP_ACT_TRACE', errnoRet: 7n }],
    ['kill read', { action: 'SCMP_ACT_KILL_PROCESS' }],
    ['read -> kill-thread', { action: 'SCMP_ACT_KILL_THREAD' }],
    ['notify read', { action: 'SCMP_ACT_NOTIFY' }],
    ['log read', { action: 'SCMP_ACT_LOG' }],
    ['trap read', { action: 'SCMP_ACT_TRAP' }],
  ])('%s', (line, expected) => {
    const { syscalls } = readProfile(`default kill\n${line}\n`).seccomp;
    expect(syscalls).toEqual([{ names: ['read'], ...expected }]);
  });

  it('takes names of statements for system calls, where an action follows', () => {
    const { syscalls } = readProfile('default deny\nallow kill, log\nkill -> trap\n').seccomp;
    expect(syscalls).toMatchObject([{ names: ['kill', 'log'] }, { names: ['kill'], action: 'SCMP_ACT_TRAP' }]);
  });

  it('extends a profile, whose default it takes', () => {
    const profile = readProfile('extends "my base.json"\nremove ptrace, bpf\nlistener /run/agent\nnotify mkdir\n');
    expect(profile).toMatchObject({
      format: 'list',
      inheritsDefault: true,
      seccomp: { extends: 'my base.json', remove: ['ptrace', 'bpf'], listenerPath: '/run/agent' },
    });
    expect(profile.locate('remove', 1).position).toMatchObject({ line: 2, column: 16 });
  });

  it('says where an entry and its parts are', () => {
    const { locate } = readProfile('default deny\nallow read,\n  socket(domain == 1), write\nopen -> errno EROFS\n');
    expect(locate('syscalls', 1, 'names', 0)).toMatchObject({ path: 'line 3', position: { line: 3, column: 3 } });
    expect(locate('syscalls', 2)).toMatchObject({ path: 'line 2' });
    expect(locate('syscalls', 3, 'errno').position).toMatchObject({ line: 4, column: 15 });
  });
});
