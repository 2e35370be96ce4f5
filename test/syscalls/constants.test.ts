import { afterAll, describe, expect, it } from 'vitest';
import { ARCHITECTURES, type ArchitectureName } from '../../src/architecture.js';
import {
  CONSTANT_FAMILIES,
  type ConstantFamily,
  constantExpression,
  constantName,
  constantValue,
  describeValue,
  familyConstants,
} from '../../src/syscalls/constants.js';
import fc from '../fast-check.js';
import { cValues } from './c-values.js';
import { HEADER_ARCHITECTURES, kernelHeaderArguments, removeStubHeaders } from './kernel-headers.js';

/** The kernel's headers that define them. */
const KERNEL = `asm/termios.h asm/ioctls.h asm/signal.h asm/mman.h asm/socket.h linux/bpf.h linux/close_range.h
  linux/eventfd.h linux/eventpoll.h linux/fadvise.h linux/falloc.h linux/fcntl.h linux/fs.h linux/futex.h linux/if_tun.h
  linux/in.h linux/inotify.h linux/io_uring.h linux/ioprio.h linux/ipc.h linux/kd.h linux/kexec.h linux/keyctl.h
  linux/landlock.h linux/loop.h linux/membarrier.h linux/memfd.h linux/mempolicy.h linux/mman.h linux/module.h linux/mount.h
  linux/net.h linux/netlink.h linux/nsfs.h linux/perf_event.h linux/personality.h linux/pidfd.h linux/prctl.h
  linux/ptrace.h linux/random.h linux/reboot.h linux/resource.h linux/sched.h linux/seccomp.h linux/sem.h linux/shm.h
  linux/signalfd.h linux/sockios.h linux/stat.h linux/time.h linux/timerfd.h linux/userfaultfd.h linux/vt.h linux/wait.h
  linux/xattr.h`.split(/\s+/);
/** glibc's headers, for what the kernel leaves to the C library. */
const LIBC = [
  'sys/socket.h',
  'netinet/in.h',
  'netinet/tcp.h',
  'netinet/udp.h',
  'sys/mount.h',
  'unistd.h',
  'fcntl.h',
  'sched.h',
  'sys/mman.h',
  'scsi/sg.h',
];

/** Families that are not in include/uapi: include/linux/socket.h and the C library have them. */
const NOT_KERNEL = new Set<ConstantFamily>(['AF', 'PF', 'SOCK', 'SHUT', 'MSG', 'SOL', 'OK', 'SYSLOG_ACTION']);
/** Single names that only the C library, or a header outside include/uapi, has. */
const NOT_UAPI = new Set(
  `IPPROTO_ROUTING IPPROTO_FRAGMENT IPPROTO_ICMPV6 IPPROTO_NONE IPPROTO_DSTOPTS IPPROTO_MH SCHED_OTHER MAP_ANON SG_IO
  SPLICE_F_MOVE SPLICE_F_NONBLOCK SPLICE_F_MORE SPLICE_F_GIFT MNT_FORCE MNT_DETACH MNT_EXPIRE UMOUNT_NOFOLLOW`.split(
    /\s+/,
  ),
);

function ours(architecture: ArchitectureName, families = CONSTANT_FAMILIES): Map<string, bigint> {
  return new Map(families.flatMap((family) => [...familyConstants(family, architecture)]));
}

/** An int that is negative in C, as the 32 bits the kernel looks at. */
function asArgument(value: bigint): bigint {
  return value >> 31n === (1n << 33n) - 1n ? BigInt.asUintN(32, value) : value;
}

afterAll(removeStubHeaders);

describe('the values of constants', () => {
  it.each(HEADER_ARCHITECTURES)('are those of the kernel headers of %s', (architecture) => {
    const constants = ours(
      architecture,
      CONSTANT_FAMILIES.filter((family) => !NOT_KERNEL.has(family)),
    );
    const headers = constants.has('ARCH_SET_FS') ? [...KERNEL, 'asm/prctl.h'] : KERNEL;
    const real = cValues([...constants.keys()], headers, kernelHeaderArguments(architecture));
    const differing = [...constants].filter(([name, value]) => real.has(name) && asArgument(real.get(name)!) !== value);
    expect(differing).toEqual([]);
    // Linux dropped 31-bit s390, whose 32-bit locks went with it.
    const gone = architecture === 's390' ? ['F_GETLK64', 'F_SETLK64', 'F_SETLKW64'] : [];
    expect([...constants.keys()].filter((name) => !real.has(name) && !NOT_UAPI.has(name))).toEqual(gone);
    expect(real.size).toBeGreaterThan(700);
  });

  it('are those of this machine, all of them', () => {
    const constants = ours('x86_64');
    const kernel = cValues([...constants.keys()], [...KERNEL, 'asm/prctl.h'], []);
    const libc = cValues([...constants.keys()], LIBC, ['-D_GNU_SOURCE']);
    // fcntl.h of a C library with 64-bit files says 0, as open(2) of it need not set the flag.
    libc.delete('O_LARGEFILE');
    for (const real of [kernel, libc]) {
      const differing = [...constants].filter(
        ([name, value]) => real.has(name) && asArgument(real.get(name)!) !== value,
      );
      expect(differing).toEqual([]);
    }
    // What is newer than this machine's headers is held by the test above.
    const elsewhere = cValues([...constants.keys()], [...KERNEL, 'asm/prctl.h'], kernelHeaderArguments('x86_64'));
    const nowhere = [...constants.keys()].filter(
      (name) => !kernel.has(name) && !libc.has(name) && !elsewhere.has(name),
    );
    // include/linux/syslog.h and include/linux/socket.h are installed nowhere; the numbers are those of syslog(2) and sctp(7).
    expect(nowhere.filter((name) => !name.startsWith('SYSLOG_ACTION_'))).toEqual(['SOL_SCTP']);
  });

  it.each([
    // arch/mips/include/asm/socket.h, arch/parisc/include/asm/socket.h: not in include/uapi.
    ['mips', 'SOCK_STREAM', 2n],
    ['mipsel64', 'SOCK_DGRAM', 1n],
    ['mips', 'SOCK_NONBLOCK', 0x80n],
    ['parisc', 'SOCK_NONBLOCK', 0x40000000n],
    ['parisc', 'SOCK_CLOEXEC', 0x200000n],
    ['mips64', 'SOL_SOCKET', 0xffffn],
    ['s390x', 'SOCK_STREAM', 1n],
  ] as const)('on %s: %s', (architecture, name, value) => {
    expect(constantValue(name, architecture)).toBe(value);
  });

  it('are the same in every family that has the name', () => {
    for (const { name: architecture } of ARCHITECTURES) {
      for (const family of CONSTANT_FAMILIES) {
        for (const [name, value] of familyConstants(family, architecture)) {
          expect([name, constantValue(name, architecture)]).toEqual([name, value]);
        }
      }
    }
  });

  it('are undefined for names nobody has, and for those of other architectures', () => {
    expect(constantValue('AF_NONSENSE')).toBeUndefined();
    expect(constantValue('af_unix')).toBeUndefined();
    expect(constantValue('toString')).toBeUndefined();
    expect(constantValue('ARCH_SET_FS', 'aarch64')).toBeUndefined();
    expect(constantValue('SIGSTKFLT', 'mips')).toBeUndefined();
    expect(constantValue('SIGSTKFLT')).toBe(16n);
  });
});

describe('families', () => {
  it.each([
    ['UNSHARE', 0x100000n, 'UNSHARE_EMPTY_MNTNS'],
    ['CLONE', 0x100000n, 'CLONE_PARENT_SETTID'],
    ['CLONE3', 1n << 37n, 'CLONE_EMPTY_MNTNS'],
    ['OPEN_TREE', 2n, 'OPEN_TREE_NAMESPACE'],
    ['FSMOUNT', 2n, 'FSMOUNT_NAMESPACE'],
    ['PR', 78n, 'PR_FUTEX_HASH'],
    ['PR', 79n, 'PR_RSEQ_SLICE_EXTENSION'],
    ['PR', 80n, 'PR_GET_CFI'],
    ['PR', 81n, 'PR_SET_CFI'],
    ['O', 1n << 26n, 'O_RDONLY|O_EMPTYPATH'],
    ['SO', 85n, 'SO_RIGHTS_NOTRUNC'],
    ['SO', 84n, 'SO_INQ'],
    ['MAP', 8n, 'MAP_DROPPABLE'],
    ['IORING_ENTER', 0x81n, 'IORING_ENTER_GETEVENTS|IORING_ENTER_NO_IOWAIT'],
  ] as const)('of Linux 7.3: %s has %s as %s', (family, value, text) => {
    expect(describeValue(family, value)).toBe(text);
  });
});

describe('describeValue', () => {
  it.each([
    ['AF', 1n, 'AF_UNIX'],
    ['AF', 99n, '99'],
    ['SOCK', 0x80801n, 'SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC'],
    ['O', 0o2000102n, 'O_RDWR|O_CREAT|O_CLOEXEC'],
    ['O', 0x101000n, 'O_RDONLY|O_SYNC'],
    ['CLONE', 0x10000011n, 'SIGCHLD|CLONE_NEWUSER'],
    ['UNSHARE', 0x80n, 'CLONE_NEWTIME'],
    ['UNSHARE', 0x20000003n, 'CLONE_NEWPID|0x3'],
    ['PROT', 0n, 'PROT_NONE'],
    ['PROT', 6n, 'PROT_WRITE|PROT_EXEC'],
    ['MAP', 0x22n, 'MAP_PRIVATE|MAP_ANONYMOUS'],
    ['S', 0o104755n, 'S_IFREG|S_ISUID|0o755'],
    ['FUTEX', 0x89n, 'FUTEX_WAIT_BITSET|FUTEX_PRIVATE_FLAG'],
    ['PER', 0x40000n, 'PER_LINUX|ADDR_NO_RANDOMIZE'],
    ['IOCTL', 0x5412n, 'TIOCSTI'],
    ['IOCTL', 0x1234n, '0x1234'],
    ['MS', 0n, '0'],
    ['FDCWD', 0xffffff9cn, 'AT_FDCWD'],
  ] as const)('%s %d is %s', (family, value, text) => {
    expect(describeValue(family, value)).toBe(text);
  });

  it('knows the architecture', () => {
    expect(describeValue('MAP', 0x802n, 'mips')).toBe('MAP_PRIVATE|MAP_ANONYMOUS');
    expect(describeValue('IOCTL', 0x5472n, 'mipsel64')).toBe('TIOCSTI');
  });

  it('is read back by constantExpression to the same value, on every architecture', () => {
    const inputs = fc.record({
      family: fc.constantFrom(...CONSTANT_FAMILIES),
      architecture: fc.constantFrom(...ARCHITECTURES.map(({ name }) => name)),
      value: fc.oneof(fc.bigInt(0n, (1n << 64n) - 1n), fc.bigInt(0n, 0xffffffffn), fc.bigInt(0n, 0xffffn)),
    });
    fc.assert(
      fc.property(inputs, ({ family, architecture, value }) => {
        expect(constantExpression(describeValue(family, value, architecture), architecture)).toBe(value);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('constantName', () => {
  it('names one value or one flag, and nothing else', () => {
    expect(constantName('PTRACE', 16n)).toBe('PTRACE_ATTACH');
    expect(constantName('O', 0x80000n)).toBe('O_CLOEXEC');
    expect(constantName('O', 0x80001n)).toBeUndefined();
    expect(constantName('AF', 1n << 40n)).toBeUndefined();
  });
});

describe('constantExpression', () => {
  it.each([
    ['CLONE_NEWNS | CLONE_NEWPID', 0x20020000n],
    ['0o644', 0o644n],
    ['0xffffffffffffffff', (1n << 64n) - 1n],
    ['AF_UNIX', 1n],
    ['0', 0n],
  ])('%s', (text, value) => {
    expect(constantExpression(text)).toBe(value);
  });

  it.each(['', 'AF_UNIX|', 'AF_UNIX AF_INET', '0644', '-1', '1.5', '0x1ffffffffffffffff', 'af_unix', '1e3'])(
    'refuses %j',
    (text) => {
      expect(constantExpression(text)).toBeUndefined();
    },
  );
});
