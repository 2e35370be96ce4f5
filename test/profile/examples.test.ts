import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Architecture, parseArchitecture } from '../../src/architecture.js';
import { createSimulator } from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { readProfile } from '../../src/profile/index.js';

const folder = new URL('../../examples/', import.meta.url);
const examples = readdirSync(folder).filter((file) => file.endsWith('.json'));
const libseccomp = loadLibseccompSync();
const TARGETS = ['x86_64', 'aarch64', 'arm', 'riscv64', 's390x', 'ppc64le', 'loongarch64', 'x86', 'mips64', 'm68k'];

// Where socketcall exists libseccomp names `socket` by a number of its own, not by the direct call's.
const DIRECT_SOCKET: Record<string, number> = { x86: 359, s390: 359, s390x: 359, ppc64le: 326 };

function numberOf(name: string, { name: via }: Architecture): number {
  const direct = name === 'socket' ? DIRECT_SOCKET[via] : undefined;
  const number = direct ?? libseccomp.resolveSyscallName(name, via);
  if (number === undefined || number < 0) throw new Error(`${via} has no ${name}`);
  return number;
}

const programs = new Map<string, Uint8Array>();

/** What an example does about a system call: `ALLOW`, `ERRNO 1`, … */
function decide(
  example: string,
  target: string,
  via: string,
  call: string,
  args: bigint[],
  caps: string[] = [],
): string {
  const key = `${example} ${target} ${caps}`;
  let program = programs.get(key);
  if (!program) {
    const text = readFileSync(new URL(`${example}.json`, folder));
    ({ program } = compileProfileSync(text, { arch: target, capabilities: caps, libseccomp }));
    programs.set(key, program);
  }
  const architecture = parseArchitecture(via);
  const words = [0, 1, 2, 3, 4, 5].map((index) => args[index] ?? 0n) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const { endianness } = parseArchitecture(target);
  const { action } = createSimulator(program, { endianness }).simulate({
    nr: numberOf(call, architecture),
    arch: architecture.auditArch,
    instructionPointer: 0n,
    args: words,
  });
  return 'data' in action ? `${action.kind} ${action.data}` : action.kind;
}

describe.each(examples)('%s', (file) => {
  const text = readFileSync(new URL(file, folder), 'utf8');

  it('is read without a warning', () => {
    expect(readProfile(text, { source: file }).warnings).toEqual([]);
  });

  it.each(TARGETS)('compiles for %s without a warning, with and without capabilities', (arch) => {
    for (const capabilities of [[], ['all']]) {
      const { warnings, program } = compileProfileSync(text, { arch, capabilities, libseccomp });
      expect(warnings).toEqual([]);
      expect(program.length / 8).toBeLessThan(1000);
    }
  });

  it('names no system call twice in an entry', () => {
    for (const { names } of JSON.parse(text).syscalls) expect(new Set(names).size).toBe(names.length);
  });
});

const HIGH = 1n << 32n;
const NEWUSER = 0x10000000n;
const NEWNS = 0x20000n;
const SIGCHLD = 17n;

describe('container-default', () => {
  const onTarget = (target: string, call: string, args: bigint[] = [], caps: string[] = [], via = target) =>
    decide('container-default', target, via, call, args, caps);

  it.each(['read', 'execve', 'exit_group', 'rt_sigreturn', 'futex', 'rseq', 'mmap', 'statx', 'getrandom', 'ioctl'])(
    'allows %s',
    (call) => {
      for (const target of ['x86_64', 'aarch64', 's390x', 'riscv64', 'ppc64le']) {
        expect(onTarget(target, call)).toBe('ALLOW');
      }
    },
  );

  it.each([
    'mount',
    'bpf',
    'keyctl',
    'kexec_load',
    'init_module',
    'userfaultfd',
    'setns',
    'reboot',
    'open_by_handle_at',
  ])('denies %s', (call) => {
    for (const target of ['x86_64', 'aarch64', 's390x', 'riscv64', 'ppc64le']) {
      expect(onTarget(target, call)).toBe('ERRNO 1');
    }
  });

  it('allows socket() for every family but AF_ALG and AF_VSOCK, in its low 32 bits', () => {
    for (const target of ['x86_64', 'aarch64', 'arm', 'riscv64', 's390x', 'ppc64le']) {
      for (let family = 0n; family < 48n; family++) {
        const expected = family === 38n || family === 40n ? 'ERRNO 1' : 'ALLOW';
        expect(`${family} ${onTarget(target, 'socket', [family])}`).toBe(`${family} ${expected}`);
        if (target !== 'arm') expect(onTarget(target, 'socket', [family + 5n * HIGH])).toBe(expected);
      }
      expect(onTarget(target, 'socket', [48n])).toBe('ERRNO 1');
      expect(onTarget(target, 'socket', [0xffffffffn])).toBe('ERRNO 1');
    }
  });

  it('closes socketcall, which would undo that, where libc does without it', () => {
    for (const call of [1n, 1n + HIGH, 3n]) {
      expect(onTarget('ppc64le', 'socketcall', [call])).toBe('ERRNO 38');
      expect(onTarget('x86_64', 'socketcall', [call], [], 'x86')).toBe('ERRNO 38');
      expect(onTarget('s390x', 'socketcall', [call])).toBe('ALLOW');
    }
    expect(onTarget('x86_64', 'socket', [38n], [], 'x86')).toBe('ERRNO 1');
    expect(onTarget('x86_64', 'socket', [2n], [], 'x86')).toBe('ALLOW');
  });

  it('allows clone without namespaces, on s390 by its second argument', () => {
    for (const target of ['x86_64', 'aarch64', 'arm', 'riscv64', 'ppc64le']) {
      expect(onTarget(target, 'clone', [SIGCHLD])).toBe('ALLOW');
      expect(onTarget(target, 'clone', [0x3d0f00n, NEWUSER])).toBe('ALLOW');
      expect(onTarget(target, 'clone', [SIGCHLD | NEWUSER])).toBe('ERRNO 1');
      for (let bit = 25n; bit <= 30n; bit++) expect(onTarget(target, 'clone', [SIGCHLD | (1n << bit)])).toBe('ERRNO 1');
      expect(onTarget(target, 'clone', [NEWNS])).toBe('ERRNO 1');
      expect(onTarget(target, 'clone', [NEWNS], ['sys_admin'])).toBe('ALLOW');
    }
    expect(onTarget('s390x', 'clone', [NEWUSER, SIGCHLD])).toBe('ALLOW');
    expect(onTarget('s390x', 'clone', [0n, SIGCHLD | NEWUSER])).toBe('ERRNO 1');
    expect(onTarget('s390x', 'clone', [0n, NEWUSER], [], 's390')).toBe('ERRNO 1');
    expect(onTarget('x86_64', 'clone', [NEWUSER], [], 'x86')).toBe('ERRNO 1');
    expect(onTarget('aarch64', 'clone', [NEWUSER], [], 'arm')).toBe('ERRNO 1');
  });

  it('answers clone3 and io_uring with ENOSYS', () => {
    expect(onTarget('x86_64', 'clone3')).toBe('ERRNO 38');
    expect(onTarget('x86_64', 'clone3', [], ['SYS_ADMIN'])).toBe('ALLOW');
    expect(onTarget('x86_64', 'io_uring_setup')).toBe('ERRNO 38');
    expect(onTarget('x86_64', 'io_uring_setup', [], ['all'])).toBe('ERRNO 38');
  });

  it('allows unshare of what is no namespace', () => {
    expect(onTarget('aarch64', 'unshare', [0x600n])).toBe('ALLOW');
    for (const flag of [0x80n, NEWNS, NEWUSER]) expect(onTarget('aarch64', 'unshare', [flag])).toBe('ERRNO 1');
  });

  it('allows five values of personality()', () => {
    for (const value of [0n, 8n, 0x20000n, 0x20008n, 0xffffffffn]) {
      expect(onTarget('x86_64', 'personality', [value])).toBe('ALLOW');
    }
    for (const value of [0x40000n, 0x400000n, 0x100000n, 8n | 0x40000n, 0xfffffffen]) {
      expect(onTarget('x86_64', 'personality', [value])).toBe('ERRNO 1');
      expect(onTarget('x86_64', 'personality', [value + HIGH])).toBe('ERRNO 1');
    }
  });

  it.each([
    ['bpf', 'CAP_BPF'],
    ['perf_event_open', 'CAP_PERFMON'],
    ['mount', 'CAP_SYS_ADMIN'],
    ['chroot', 'CAP_SYS_CHROOT'],
    ['init_module', 'CAP_SYS_MODULE'],
    ['clock_settime', 'CAP_SYS_TIME'],
    ['pidfd_getfd', 'CAP_SYS_PTRACE'],
    ['syslog', 'CAP_SYSLOG'],
  ])('opens %s to %s', (call, capability) => {
    expect(onTarget('x86_64', call)).toBe('ERRNO 1');
    expect(onTarget('x86_64', call, [], [capability])).toBe('ALLOW');
  });

  it('has 32-bit code on its 64-bit targets, and kills x32', () => {
    expect(onTarget('x86_64', 'read', [], [], 'x86')).toBe('ALLOW');
    expect(onTarget('aarch64', 'read', [], [], 'arm')).toBe('ALLOW');
    expect(onTarget('s390x', 'read', [], [], 's390')).toBe('ALLOW');
    expect(onTarget('x86_64', 'read', [], [], 'x32')).toMatch(/^KILL/);
  });
});

describe('no-network', () => {
  const onTarget = (target: string, call: string, args: bigint[] = []) =>
    decide('no-network', target, target, call, args);

  it.each(['x86_64', 'aarch64', 'arm', 'riscv64', 's390x', 'ppc64le', 'x86'])(
    'leaves AF_UNIX alone on %s',
    (target) => {
      const isWide = parseArchitecture(target).wordSize === 64;
      expect(onTarget(target, 'socket', [1n])).toBe('ALLOW');
      for (const family of [0n, 2n, 3n, 10n, 16n, 17n, 38n, 40n, 46n, 0xffffffffn]) {
        expect(onTarget(target, 'socket', [family])).toBe('ERRNO 97');
        if (isWide) expect(onTarget(target, 'socket', [family + HIGH])).toBe('ERRNO 97');
      }
      expect(onTarget(target, 'openat')).toBe('ALLOW');
      expect(onTarget(target, 'io_uring_setup')).toBe('ERRNO 38');
      expect(onTarget(target, 'ptrace')).toBe('ERRNO 1');
    },
  );

  it.each(['s390x', 'ppc64le', 'x86'])('makes no socket through socketcall on %s', (target) => {
    for (const call of [1n, 8n]) {
      expect(onTarget(target, 'socketcall', [call])).toBe('ERRNO 97');
      if (target !== 'x86') expect(onTarget(target, 'socketcall', [call + HIGH])).toBe('ERRNO 97');
    }
    expect(onTarget(target, 'socketcall', [3n])).toBe('ALLOW');
  });

  it('kills code of other architectures', () => {
    expect(decide('no-network', 'x86_64', 'x86', 'socket', [2n])).toMatch(/^KILL/);
    expect(decide('no-network', 'x86_64', 'x32', 'getpid', [])).toMatch(/^KILL/);
  });
});

describe('deny-dangerous', () => {
  const onTarget = (target: string, call: string, args: bigint[] = [], via = target) =>
    decide('deny-dangerous', target, via, call, args);

  it.each([
    'mount',
    'move_mount',
    'open_tree',
    'umount2',
    'ptrace',
    'process_vm_writev',
    'pidfd_getfd',
    'keyctl',
    'bpf',
  ])('denies %s', (call) => {
    for (const target of ['x86_64', 'aarch64', 's390x', 'riscv64', 'ppc64le']) {
      expect(onTarget(target, call)).toBe('ERRNO 1');
    }
    expect(onTarget('x86_64', call, [], 'x86')).toBe('ERRNO 1');
    expect(onTarget('aarch64', call, [], 'arm')).toBe('ERRNO 1');
  });

  it.each(['read', 'clone', 'unshare', 'ioctl', 'prctl', 'mknodat', 'socket', 'execve', 'getrandom'])(
    'allows %s as programs use it',
    (call) => {
      for (const target of ['x86_64', 'aarch64', 's390x', 'riscv64', 'ppc64le']) {
        expect(onTarget(target, call, [1n, 1n, 1n])).toBe('ALLOW');
      }
    },
  );

  it('denies by the bits that the kernel looks at', () => {
    for (const target of ['x86_64', 'aarch64', 'riscv64', 'ppc64le', 's390x']) {
      for (const high of [0n, HIGH, 0xffffffffn << 32n]) {
        for (const request of [0x5412n, 0x541cn]) {
          expect(onTarget(target, 'ioctl', [0n, request + high])).toBe('ERRNO 1');
          expect(onTarget(target, 'ioctl', [0n, request + high + 1n])).toBe('ALLOW');
        }
        for (const option of [35n, 0x59616d61n]) expect(onTarget(target, 'prctl', [option + high])).toBe('ERRNO 1');
        expect(onTarget(target, 'unshare', [NEWUSER + high])).toBe('ERRNO 1');
        for (const type of [0x2000n, 0x6000n]) {
          expect(onTarget(target, 'mknodat', [0n, 0n, type + 0o644n + high])).toBe('ERRNO 1');
        }
        for (const type of [0n, 0x1000n, 0x8000n, 0xc000n]) {
          expect(onTarget(target, 'mknodat', [0n, 0n, type + 0o644n + high])).toBe('ALLOW');
        }
        if (target === 's390x') continue;
        expect(onTarget(target, 'clone', [NEWUSER + SIGCHLD + high])).toBe('ERRNO 1');
        for (const family of [15n, 21n, 30n, 38n, 40n]) {
          expect(onTarget(target, 'socket', [family + high])).toBe('ERRNO 97');
        }
        for (const family of [1n, 2n, 10n, 16n, 17n]) expect(onTarget(target, 'socket', [family + high])).toBe('ALLOW');
      }
    }
  });

  it('knows that s390 has clone’s flags second, and makes its sockets through socketcall', () => {
    expect(onTarget('s390x', 'clone', [NEWUSER, SIGCHLD])).toBe('ALLOW');
    expect(onTarget('s390x', 'clone', [0n, NEWUSER | SIGCHLD])).toBe('ERRNO 1');
    expect(onTarget('s390x', 'socketcall', [1n])).toBe('ALLOW');
    expect(onTarget('ppc64le', 'socketcall', [1n])).toBe('ERRNO 97');
    expect(onTarget('ppc64le', 'socketcall', [1n + HIGH])).toBe('ERRNO 97');
    expect(onTarget('x86_64', 'socketcall', [1n], 'x86')).toBe('ERRNO 97');
    expect(onTarget('x86_64', 'socketcall', [3n], 'x86')).toBe('ALLOW');
  });

  it('leaves of personality() the query', () => {
    expect(onTarget('x86_64', 'personality', [0xffffffffn])).toBe('ALLOW');
    for (const value of [0n, 8n, 0x40000n, 0xfffffffen, 0x40000n + HIGH, 0xffffffffn + HIGH]) {
      expect(onTarget('x86_64', 'personality', [value])).toBe('ERRNO 1');
    }
  });

  it('answers clone3 and io_uring with ENOSYS', () => {
    for (const call of ['clone3', 'io_uring_setup', 'io_uring_enter'])
      expect(onTarget('x86_64', call)).toBe('ERRNO 38');
  });
});
