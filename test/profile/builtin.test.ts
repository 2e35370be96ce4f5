import { describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture.js';
import { createSimulator } from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { builtinProfile, builtinSource } from '../../src/profile/builtin/index.js';
import { BUILTIN_NAMES } from '../../src/profile/builtin/names.js';

const libseccomp = loadLibseccompSync();
const TARGETS = ['x86_64', 'aarch64', 'arm', 'riscv64', 's390x', 'ppc64le', 'loongarch64', 'x86', 'mips64', 'm68k'];

/** What a built-in does about a system call, with these first arguments. */
function decide(name: string, arch: string, call: string, args: readonly bigint[] = []): string {
  const { program } = compileProfileSync(builtinProfile(name)!, { arch, libseccomp });
  const { auditArch, endianness } = parseArchitecture(arch);
  const nr = libseccomp.resolveSyscallName(call, parseArchitecture(arch)) as number;
  const all = Array.from({ length: 6 }, (_, i) => args[i] ?? 0n) as [bigint, bigint, bigint, bigint, bigint, bigint];
  const { action } = createSimulator(program, { endianness }).simulate({
    nr,
    arch: auditArch,
    instructionPointer: 0n,
    args: all,
  });
  return 'data' in action ? `${action.kind} ${action.data}` : action.kind;
}

describe.each(BUILTIN_NAMES)('%s', (name) => {
  it.each(TARGETS)('compiles for %s with nothing to warn about', (arch) => {
    if (name === 'docker') return; // what there is to warn about is Docker's
    for (const capabilities of [[], ['all']]) {
      const compiled = compileProfileSync(builtinProfile(name)!, { arch, capabilities, libseccomp });
      expect(compiled.warnings).toEqual([]);
      expect(compiled.program.length / 8).toBeLessThan(1000);
    }
  });

  it('gives the reason for every entry', () => {
    const { _comment, syscalls } = builtinSource(name) as {
      _comment: string[];
      syscalls: { comment: string | string[]; names: string[] }[];
    };
    expect(_comment.length).toBeGreaterThan(0);
    for (const { comment, names } of syscalls) {
      expect([comment].flat().join(' ').length).toBeGreaterThan(5);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('is found by its name, with and without the prefix', () => {
    expect(builtinProfile(`builtin:${name}`)!.source).toBe(`builtin:${name}`);
    expect(builtinProfile(name)!.seccomp).toEqual(builtinProfile(`builtin:${name}`)!.seccomp);
  });
});

// docs/guides/hostile-child.md says which built-in closes which way from a command to a supervisor of its user.
describe('against a supervisor of the same user', () => {
  const allBut = (...names: string[]) => BUILTIN_NAMES.filter((name) => !names.includes(name));

  it.each(allBut('container-default', 'docker'))('%s denies tracing', (name) => {
    for (const call of ['ptrace', 'process_vm_writev', 'pidfd_getfd']) {
      for (const arch of ['x86_64', 'aarch64', 's390x']) expect(decide(name, arch, call), call).toMatch(/^ERRNO/);
    }
  });

  it('container-default denies what programs do not need of it, without CAP_SYS_PTRACE', () => {
    for (const call of ['pidfd_getfd', 'kcmp', 'process_madvise', 'perf_event_open', 'move_pages']) {
      expect(decide('container-default', 'x86_64', call), call).toBe('ERRNO 1');
    }
  });

  it.each(['container-default', 'node', 'deny-dangerous'])('%s: limits are one’s own', (name) => {
    for (const arch of ['x86_64', 'aarch64', 's390x']) {
      expect(decide(name, arch, 'prlimit64', [0n, 7n, 1n])).toBe('ALLOW');
      for (const pid of [1n, 4242n, 0xffffffffn, 0x80000000n]) {
        expect(decide(name, arch, 'prlimit64', [pid, 7n, 1n])).toBe('ERRNO 1');
      }
    }
  });

  it('container-default: an engine inside of a container sets the limits of what it starts', () => {
    for (const capability of ['CAP_SYS_ADMIN', 'CAP_SYS_RESOURCE'] as const) {
      const profile = builtinProfile('container-default')!;
      const { program } = compileProfileSync(profile, { arch: 'x86_64', capabilities: [capability], libseccomp });
      const args = [4242n, 7n, 1n, 0n, 0n, 0n] as const;
      const data = { nr: 302, arch: 0xc000003e, instructionPointer: 0n, args };
      expect(createSimulator(program).simulate(data).action.kind).toBe('ALLOW');
    }
  });

  it.each(['no-network', 'read-only-inspection'])('%s makes no sockets to an open inspector', (name) => {
    for (const family of [2n, 10n]) expect(decide(name, 'x86_64', 'socket', [family])).toMatch(/^ERRNO/);
  });

  it('read-only-inspection sends no signals, and changes no priorities', () => {
    for (const call of [
      'kill',
      'tkill',
      'tgkill',
      'pidfd_send_signal',
      'rt_sigqueueinfo',
      'rt_tgsigqueueinfo',
      'setpriority',
      'sched_setscheduler',
      'sched_setaffinity',
      'ioprio_set',
    ]) {
      expect(decide('read-only-inspection', 'x86_64', call), call).toBe('ERRNO 1');
    }
  });

  it.each(['deny-dangerous', 'read-only-inspection'])('%s types into no terminal', (name) => {
    for (const request of [0x5412n, 0x541cn, 0x1_00005412n]) {
      expect(decide(name, 'x86_64', 'ioctl', [0n, request])).toBe('ERRNO 1');
    }
  });

  it.each(allBut('no-network', 'no-new-processes'))('%s has no userfaultfd', (name) => {
    expect(decide(name, 'x86_64', 'userfaultfd')).toBe('ERRNO 1');
  });
});

it.each(['', 'builtin:', 'Node', 'builtin:builtin:node', 'toString'])('there is no built-in "%s"', (name) => {
  expect(builtinProfile(name)).toBeUndefined();
});

describe('no-new-processes', () => {
  it.each(['x86_64', 'aarch64', 'arm', 'riscv64', 'ppc64le', 'x86'])('lets %s make threads, not processes', (arch) => {
    expect(decide('no-new-processes', arch, 'clone', [0x3d0f00n])).toBe('ALLOW');
    for (const flags of [17n, 0n, 0x4111n, 0xffffffff_00000011n, 0x1_00000000n]) {
      expect(decide('no-new-processes', arch, 'clone', [flags])).toBe('ERRNO 1');
    }
    expect(decide('no-new-processes', arch, 'clone3')).toBe('ERRNO 38');
    expect(decide('no-new-processes', arch, 'execve')).toBe('ALLOW');
  });

  it('looks at the second argument on s390', () => {
    expect(decide('no-new-processes', 's390x', 'clone', [17n, 0x3d0f00n])).toBe('ALLOW');
    expect(decide('no-new-processes', 's390x', 'clone', [0x3d0f00n, 17n])).toBe('ERRNO 1');
  });

  it('kills code of other architectures', () => {
    const { program } = compileProfileSync(builtinProfile('no-new-processes')!, { arch: 'x86_64', libseccomp });
    const { auditArch } = parseArchitecture('x86');
    const data = { nr: 2, arch: auditArch, instructionPointer: 0n, args: [0n, 0n, 0n, 0n, 0n, 0n] as const };
    expect(createSimulator(program).simulate(data).action.kind).toMatch(/^KILL/);
  });
});

describe('read-only-inspection', () => {
  const RDONLY = [0n, 0x80000n, 0x10000n, 0x800n, 0x200000n, 0xffffffff_00000000n];
  const WRITING = [1n, 2n, 3n, 0x40n, 0x200n, 0x241n, 0x442n, 0x410001n, 0x1_00000001n];

  it.each(['x86_64', 'aarch64', 'arm', 'riscv64', 'ppc64le', 's390x', 'x86', 'loongarch64'])(
    'opens for reading on %s',
    (arch) => {
      for (const flags of RDONLY) expect(decide('read-only-inspection', arch, 'openat', [0n, 0n, flags])).toBe('ALLOW');
      for (const flags of WRITING)
        expect(decide('read-only-inspection', arch, 'openat', [0n, 0n, flags])).toBe('ERRNO 1');
      expect(decide('read-only-inspection', arch, 'openat2')).toBe('ERRNO 38');
    },
  );

  it('opens nothing where the flags have other numbers', () => {
    expect(decide('read-only-inspection', 'mips64', 'openat')).toBe('ERRNO 1');
    expect(decide('read-only-inspection', 'parisc', 'openat')).toBe('ERRNO 1');
  });

  it.each([
    'unlinkat',
    'mkdirat',
    'renameat2',
    'linkat',
    'symlinkat',
    'mknodat',
    'fchmod',
    'fchmodat',
    'fchownat',
    'utimensat',
    'truncate',
    'ftruncate',
    'fallocate',
    'setxattr',
    'fsetxattr',
    'socket',
    'kill',
    'tgkill',
    'ptrace',
    'mount',
    'memfd_create',
    'setuid',
    'chroot',
    'setpriority',
    'pwrite64',
    'copy_file_range',
  ])('does not allow %s', (call) => {
    for (const arch of ['x86_64', 'aarch64', 's390x'])
      expect(decide('read-only-inspection', arch, call)).toBe('ERRNO 1');
  });

  it('allows what asks of ioctl, prctl and prlimit64', () => {
    for (const high of [0n, 1n << 32n]) {
      for (const request of [0x5401n, 0x5413n, 0x541bn]) {
        expect(decide('read-only-inspection', 'x86_64', 'ioctl', [0n, request + high])).toBe('ALLOW');
      }
      // TCSETS, TIOCSTI, FS_IOC_SETFLAGS
      for (const request of [0x5402n, 0x5412n, 0x40086602n]) {
        expect(decide('read-only-inspection', 'x86_64', 'ioctl', [0n, request + high])).toBe('ERRNO 1');
      }
    }
    expect(decide('read-only-inspection', 'ppc64le', 'ioctl', [0n, 0x402c7413n])).toBe('ALLOW');
    expect(decide('read-only-inspection', 'ppc64le', 'ioctl', [0n, 0x5401n])).toBe('ERRNO 1');
    expect(decide('read-only-inspection', 'x86_64', 'prlimit64', [0n, 7n, 0n, 1n])).toBe('ALLOW');
    expect(decide('read-only-inspection', 'x86_64', 'prlimit64', [0n, 7n, 1n, 1n])).toBe('ERRNO 1');
    expect(decide('read-only-inspection', 'x86_64', 'prctl', [15n])).toBe('ALLOW');
    expect(decide('read-only-inspection', 'x86_64', 'prctl', [22n])).toBe('ERRNO 1');
  });
});

describe('node', () => {
  it.each(['x86_64', 'aarch64', 'arm', 'riscv64'])('makes sockets of four families on %s', (arch) => {
    for (let family = 0n; family < 48n; family++) {
      const expected = [1n, 2n, 10n, 16n].includes(family) ? 'ALLOW' : 'ERRNO 1';
      expect(`${family} ${decide('node', arch, 'socket', [family])}`).toBe(`${family} ${expected}`);
    }
  });

  // What strace -f counted of a program that uses most of Node's modules, on Node 20.20, 22.23 and 24.21 (x86_64, glibc 2.36)
  it('allows all that was measured', () => {
    const measured = `accept4 access arch_prctl bind brk capget chdir chmod chown clock_nanosleep close connect
      copy_file_range dup2 epoll_create1 epoll_ctl epoll_pwait eventfd2 execve exit exit_group fadvise64 fchmod fchown
      fcntl fdatasync fstat fsync ftruncate futex getcwd getdents64 getegid geteuid getgid getgroups getpeername getpid
      getppid getpriority getrandom getrusage getsockname getsockopt gettid getuid inotify_add_watch inotify_init1
      inotify_rm_watch ioctl kill lchown link listen lseek lstat madvise mkdir mmap mprotect munmap newfstatat openat
      pipe2 pkey_alloc poll prctl pread64 preadv prlimit64 pwrite64 pwritev read readlink readv recvfrom recvmsg rename
      rmdir rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_getaffinity sched_getparam sched_getscheduler sendmmsg
      sendmsg sendto set_robust_list set_tid_address setgid setgroups setpriority setsockopt setuid shutdown socketpair
      stat statfs statx symlink sysinfo tgkill umask uname unlink utimensat vfork wait4 write writev`.split(/\s+/);
    for (const call of measured) expect(`${call} ${decide('node', 'x86_64', call)}`).toBe(`${call} ALLOW`);
    for (const call of ['clone3', 'io_uring_setup', 'io_uring_enter']) {
      expect(decide('node', 'x86_64', call)).toBe('ERRNO 38');
    }
  });

  it.each([
    'ptrace',
    'process_vm_readv',
    'mount',
    'unshare',
    'setns',
    'bpf',
    'keyctl',
    'shmget',
    'mknodat',
    'chroot',
    'userfaultfd',
  ])('does not allow %s', (call) => {
    for (const arch of ['x86_64', 'aarch64']) expect(decide('node', arch, call)).toBe('ERRNO 1');
  });
});
