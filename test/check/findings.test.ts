import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { CHECK_RULES } from '../../src/check/index.js';
import { allow, allowList, args, BASE, check, deny, denyList, enosys, ids, kill, type Options } from './profiles.js';

/** A profile that has the finding at `at`, and one that is nearly the same and has it nowhere. */
interface Case {
  what: string;
  found: object | string;
  at: string;
  passed: object | string;
  options?: Options;
}

const OCI = (seccomp: object) => ({ ociVersion: '1.0.2', linux: { seccomp } });
const SPO = (spec: object) => ({
  apiVersion: 'security-profiles-operator.x-k8s.io/v1beta1',
  kind: 'SeccompProfile',
  metadata: { name: 'x' },
  spec,
});
const restricting = (defaultAction: string, ...syscalls: object[]) => ({
  ...allowList(...syscalls),
  defaultAction,
  defaultErrnoRet: undefined,
});
const on = (architectures: string[], profile: object) => ({ ...profile, architectures });
const ARM = ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'];
const arm: Options = { targets: ['aarch64'] };
const x86_64: Options = { targets: ['x86_64'] };
/** Each takes five instructions: two for the halves of its value, on two architectures and the jumps between. */
const manyRules = (count: number) =>
  denyList(...Array.from({ length: count }, (_, index) => deny('lseek', args([1, 'EQ', index * 2 ** 33 + index]))));

const CASES: Record<string, Case[]> = {
  'unknown-syscall': [
    {
      what: 'a misspelt denial',
      found: denyList(deny('ptrase')),
      at: 'syscalls[1].names[0]',
      passed: denyList(deny('ptrace')),
    },
    {
      what: 'a name of the C library',
      found: allowList(allow('pread')),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('pread64')),
    },
    {
      what: 'not a call of another architecture',
      found: allowList(allow('brk_')),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('s390_pci_mmio_read')),
    },
  ],
  'arch-missing-syscall': [
    {
      what: 'open, on a machine that has openat alone',
      found: on(ARM, allowList(allow('open'))),
      at: 'syscalls[1].names[0]',
      passed: on(ARM, allowList(allow('open openat'))),
      options: arm,
    },
    {
      what: 'nor on a machine that has both',
      found: on(ARM, allowList(allow('poll'))),
      at: 'syscalls[1].names[0]',
      passed: on(ARM, allowList(allow('poll ppoll'))),
      options: arm,
    },
    {
      what: 'one of several replacements is enough',
      found: on(ARM, allowList(allow('rename'))),
      at: 'syscalls[1].names[0]',
      passed: on(ARM, allowList(allow('rename renameat2'))),
      options: arm,
    },
  ],
  'denied-nowhere': [
    {
      what: "another machine's call denied",
      found: on(ARM, denyList(deny('vm86'))),
      at: 'syscalls[1]',
      passed: on(ARM, denyList(deny('ptrace'))),
      options: arm,
    },
    {
      what: 'not where another filter of the profile has it',
      found: denyList(deny('s390_pci_mmio_write')),
      at: 'syscalls[1]',
      passed: denyList(deny('vm86')),
    },
  ],
  'deprecated-name': [
    {
      what: 'name for names',
      found: { ...denyList(), syscalls: [{ name: 'ptrace', action: 'SCMP_ACT_ERRNO', errnoRet: 1 }] },
      at: 'syscalls[0].name',
      passed: denyList(deny('ptrace')),
    },
  ],
  'sibling-open': [
    {
      what: 'openat denied and openat2 open',
      found: denyList(deny('open openat')),
      at: 'syscalls[1].names[0]',
      passed: denyList(deny('open openat openat2')),
    },
    {
      what: 'execveat forgotten',
      found: denyList(deny('execve')),
      at: 'syscalls[1].names[0]',
      passed: denyList(deny('execve execveat')),
    },
    {
      what: 'clone3 beside a condition on clone',
      found: allowList(allow('clone', args([0, 'MASKED_EQ', 0x7e020000, 0])), allow('clone3')),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('clone', args([0, 'MASKED_EQ', 0x7e020000, 0])), deny('clone3', { errnoRet: 38 })),
    },
    {
      what: 'what nobody restricted is meant',
      found: allowList(deny('mount'), allow('move_mount')),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('move_mount')),
    },
    {
      what: 'the 32-bit form',
      found: denyList(deny('setuid setreuid setresuid')),
      at: 'syscalls[1].names[0]',
      passed: on(['SCMP_ARCH_X86_64'], denyList(deny('setuid setreuid setresuid'))),
    },
    {
      what: 'a condition is no denial where a way round is as good as it',
      found: denyList(deny('unshare')),
      at: 'syscalls[1].names[0]',
      passed: denyList(deny('unshare', args([0, 'MASKED_EQ', 0x10000000, 0x10000000]))),
    },
  ],
  'unshare-open': [
    {
      what: 'unshare beside a condition on clone',
      found: allowList(allow('clone', args([0, 'MASKED_EQ', 0x7e020000, 0])), allow('unshare')),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('clone', args([0, 'MASKED_EQ', 0x7e020000, 0]))),
    },
  ],
  'mount-namespace-open': [
    {
      what: 'unshare denied',
      found: denyList(deny('unshare')),
      at: 'syscalls[1].names[0]',
      passed: denyList(deny('unshare open_tree open_tree_attr fsmount')),
    },
    {
      what: 'its mount namespaces denied, and the same flags of the others',
      found: denyList(deny('unshare', args([0, 'MASKED_EQ', 0x20000, 0x20000]))),
      at: 'syscalls[1].names[0]',
      passed: denyList(
        deny('unshare', args([0, 'MASKED_EQ', 0x20000, 0x20000])),
        deny('open_tree open_tree_attr', args([2, 'MASKED_EQ', 2, 2])),
        deny('fsmount', args([1, 'MASKED_EQ', 2, 2])),
      ),
    },
    {
      what: 'fsmount, which needs what fsopen gives',
      found: denyList(deny('unshare open_tree open_tree_attr')),
      at: 'syscalls[1].names[0]',
      passed: denyList(deny('unshare open_tree open_tree_attr fsopen')),
    },
    {
      what: 'other namespaces are not meant',
      found: denyList(deny('unshare', args([0, 'MASKED_EQ', 0x20000, 0x20000]))),
      at: 'syscalls[1].names[0]',
      passed: denyList(deny('unshare', args([0, 'MASKED_EQ', 0x10000000, 0x10000000]))),
    },
  ],
  'io-uring-open': [
    {
      what: 'a deny-list for the network',
      found: denyList(deny('connect')),
      at: 'syscalls[1].names[0]',
      passed: denyList(deny('connect io_uring_setup')),
    },
    {
      what: 'an allow-list without the network',
      found: allowList(allow('io_uring_setup io_uring_enter openat')),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('io_uring_setup socket connect openat unlinkat renameat2')),
    },
  ],
  'multiplexer-open': [
    {
      what: 'socketcall beside a condition on socket',
      found: allowList(allow('socket', args([0, 'EQ', 1])), allow('socketcall connect bind listen')),
      at: 'syscalls[2].names[0]',
      passed: allowList(allow('socket', args([0, 'EQ', 1]))),
    },
    {
      what: 'no 32-bit machine in the filter',
      found: allowList(allow('socketcall')),
      at: 'syscalls[1].names[0]',
      passed: on(['SCMP_ARCH_X86_64'], allowList(allow('socketcall'))),
    },
    {
      what: 'ipc',
      found: allowList(allow('ipc shmget')),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('ipc shmat msgsnd')),
    },
  ],
  'multiplexed-condition': [
    {
      what: 'a denial that is not made there',
      found: denyList(deny('socket', args([1, 'MASKED_EQ', 15, 3]))),
      at: 'syscalls[1].names[0]',
      passed: denyList(deny('socket')),
    },
    {
      what: 'an allowance by another value',
      found: allowList(allow('shmget', args([2, 'MASKED_EQ', 0xfff, 0]))),
      at: 'syscalls[1].names[0]',
      passed: on(['SCMP_ARCH_X86_64'], allowList(allow('shmget', args([2, 'MASKED_EQ', 0xfff, 0])))),
    },
  ],
  'multiplexer-widened': [
    {
      what: 'a condition on socket',
      found: allowList(allow('socket', args([0, 'EQ', 1]))),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('socket', args([0, 'EQ', 1])), deny('socketcall')),
    },
    {
      what: 'followed by its advice',
      found: denyList(deny('socket', args([0, 'EQ', 1]))),
      at: 'syscalls[1].names[0]',
      passed: denyList(deny('socket')),
    },
    {
      what: 'no 32-bit machine in the filter',
      found: denyList(deny('socket', args([0, 'MASKED_EQ', 0xffffffff, 16]))),
      at: 'syscalls[1].names[0]',
      passed: on(['SCMP_ARCH_X86_64'], denyList(deny('socket', args([0, 'MASKED_EQ', 0xffffffff, 16])))),
    },
  ],
  'wide-comparison': [
    {
      what: 'EQ denied',
      found: denyList(deny('socket', args([0, 'EQ', 16]))),
      at: 'syscalls[1].args[0]',
      passed: denyList(deny('socket', args([0, 'MASKED_EQ', 0xffffffff, 16]))),
    },
    {
      what: 'NE allowed, where EQ fails closed',
      found: allowList(allow('socket', args([0, 'NE', 16]))),
      at: 'syscalls[1].args[0]',
      passed: allowList(allow('socket', args([0, 'EQ', 1]))),
    },
    {
      what: 'LT denied, where GE fails closed',
      found: denyList(deny('socket', args([0, 'LT', 2]))),
      at: 'syscalls[1].args[0]',
      passed: denyList(deny('socket', args([0, 'GE', 2]))),
    },
    {
      what: 'a value past 32 bits, where no other condition has all such values',
      found: denyList(deny('shmctl', args([1, 'EQ', 2 ** 32 + 1]))),
      at: 'syscalls[1].args[0]',
      passed: denyList(deny('shmctl', args([1, 'GE', 9], [1, 'EQ', 2 ** 32 + 1]))),
    },
    {
      what: 'a mask that looks at too much',
      found: denyList(deny('ioctl', args([1, 'MASKED_EQ', 0x1ffffffff, 0x5412]))),
      at: 'syscalls[1].args[0]',
      passed: denyList(deny('ioctl', args([1, 'MASKED_EQ', 0xffffffff, 0x5412]))),
    },
    {
      what: 'an argument of 64 bits',
      found: denyList(deny('madvise', args([2, 'EQ', 9]))),
      at: 'syscalls[1].args[0]',
      passed: denyList(deny('munmap', args([1, 'EQ', 4096]))),
    },
    {
      what: 'a 32-bit machine, where 32 bits are compared',
      found: on(['SCMP_ARCH_X86', 'SCMP_ARCH_X86_64'], denyList(deny('socket', args([0, 'EQ', 16])))),
      at: 'syscalls[1].args[0]',
      passed: { ...denyList(deny('socket', args([0, 'EQ', 16]))), architectures: ['SCMP_ARCH_X86'] },
      options: { targets: ['x86'] },
    },
  ],
  'value-too-wide': [
    {
      what: 'more than an int',
      found: allowList(allow('socket', args([0, 'EQ', 2 ** 32]))),
      at: 'syscalls[1].args[0].value',
      passed: allowList(allow('socket', args([0, 'EQ', 2 ** 31]))),
    },
    {
      what: 'what x86 cuts',
      found: allowList(allow('munmap', args([1, 'EQ', 2 ** 32]))),
      at: 'syscalls[1].args[0].value',
      passed: on(['SCMP_ARCH_X86_64'], allowList(allow('munmap', args([1, 'EQ', 2 ** 32])))),
    },
    {
      what: 'no 64-bit machine at all',
      found: on(['SCMP_ARCH_X86'], allowList(allow('ioctl', args([1, 'EQ', 2 ** 32 + 1])))),
      at: 'syscalls[1].args[0].value',
      passed: on(['SCMP_ARCH_X86'], allowList(allow('ioctl', args([1, 'EQ', 1])))),
    },
  ],
  'pointer-comparison': [
    {
      what: 'a path',
      found: denyList(deny('openat', args([1, 'EQ', 4096]))),
      at: 'syscalls[1].args[0]',
      passed: denyList(deny('openat', args([1, 'EQ', 0]))),
    },
  ],
  'argument-not-there': [
    {
      what: 'a third argument of two',
      found: denyList(deny('kill', args([2, 'MASKED_EQ', 1, 1]))),
      at: 'syscalls[1].args[0]',
      passed: denyList(deny('tgkill', args([2, 'MASKED_EQ', 1, 1]))),
    },
  ],
  'condition-never': [
    {
      what: 'less than 0',
      found: denyList(deny('kill', args([1, 'LT', 0]))),
      at: 'syscalls[1].args[0]',
      passed: denyList(deny('kill', args([1, 'LT', 1]))),
    },
  ],
  'condition-always': [
    {
      what: 'at least 0',
      found: allowList(allow('kill', args([1, 'GE', 0]))),
      at: 'syscalls[1].args[0]',
      passed: allowList(allow('kill', args([1, 'GE', 1]))),
    },
    {
      what: 'a mask of 0',
      found: allowList(allow('clone', args([0, 'MASKED_EQ', 0, 0x7e020000]))),
      at: 'syscalls[1].args[0]',
      passed: allowList(allow('clone', args([0, 'MASKED_EQ', 0x7e020000, 0]))),
    },
  ],
  'masked-value-bits': [
    {
      what: 'mask and datum swapped',
      found: denyList(deny('ioctl', args([1, 'MASKED_EQ', 0x5412, 0xffffffff]))),
      at: 'syscalls[1].args[0]',
      passed: denyList(deny('ioctl', args([1, 'MASKED_EQ', 0xffffffff, 0x5412]))),
    },
  ],
  'repeated-argument': [
    {
      what: 'a range in one entry',
      found: allowList(allow('kill', args([1, 'GE', 1], [1, 'LE', 15]))),
      at: 'syscalls[1].args[1]',
      passed: allowList(allow('kill', args([0, 'GE', 1], [1, 'LE', 15]))),
    },
  ],
  'conditions-cover-all': [
    {
      what: 'not 1 or not 2',
      found: allowList(allow('kill', args([1, 'NE', 1])), allow('kill', args([1, 'NE', 2]))),
      at: 'syscalls[2].names[0]',
      passed: allowList(allow('kill', args([1, 'NE', 1])), allow('kill', args([0, 'NE', 2]))),
    },
    {
      what: 'below and from',
      found: allowList(allow('kill', args([1, 'LT', 9])), allow('kill', args([1, 'GE', 9]))),
      at: 'syscalls[2].names[0]',
      passed: allowList(allow('kill', args([1, 'LT', 9])), allow('kill', args([1, 'GT', 9]))),
    },
  ],
  'ineffective-rule': [
    {
      what: 'allowed and denied',
      found: allowList(allow('setns'), deny('setns')),
      at: 'syscalls[2].names[0]',
      passed: allowList(deny('setns')),
    },
    {
      what: 'one condition over another',
      found: denyList(deny('kill', args([0, 'MASKED_EQ', 0xffffffff, 1])), {
        ...deny('kill', args([0, 'MASKED_EQ', 0xffffffff, 1], [1, 'MASKED_EQ', 0xffffffff, 9])),
        action: 'SCMP_ACT_KILL_PROCESS',
        errnoRet: undefined,
      }),
      at: 'syscalls[2].names[0]',
      passed: denyList(deny('kill', args([0, 'MASKED_EQ', 0xffffffff, 1]))),
    },
    {
      what: 'a denial by the default, over which another entry stands',
      found: { ...allowList(allow('kill'), deny('kill', args([1, 'EQ', 9]))), defaultErrnoRet: 1 },
      at: 'syscalls[2].names[0]',
      passed: { ...allowList(allow('kill', args([1, 'NE', 9]))), defaultErrnoRet: 1 },
    },
  ],
  'overlapping-conditions': [
    {
      what: 'a range over a value',
      found: allowList(allow('kill', args([1, 'LE', 9])), deny('kill', args([1, 'EQ', 5]))),
      at: 'syscalls[2].names[0]',
      passed: allowList(allow('kill', args([1, 'LE', 9])), deny('kill', args([1, 'EQ', 15]))),
    },
    {
      what: 'two arguments',
      found: allowList(allow('socket', args([0, 'EQ', 1])), deny('socket', args([1, 'EQ', 3]))),
      at: 'syscalls[2].names[0]',
      passed: allowList(allow('socket', args([0, 'EQ', 1])), deny('socket', args([0, 'EQ', 2], [1, 'EQ', 3]))),
    },
  ],
  'defeated-condition': [
    {
      what: 'allowed whole elsewhere',
      found: allowList(allow('clone'), allow('clone', args([0, 'MASKED_EQ', 0x7e020000, 0]))),
      at: 'syscalls[2].names[0]',
      passed: allowList(allow('fork'), allow('clone', args([0, 'MASKED_EQ', 0x7e020000, 0]))),
    },
    {
      what: 'on the same architecture of several',
      found: allowList(allow('mmap', args([2, 'EQ', 1])), allow('mmap')),
      at: 'syscalls[1].names[0]',
      passed:
        '[Service]\nMemoryDenyWriteExecute=yes\nRestrictAddressFamilies=AF_UNIX\nSystemCallFilter=@system-service\n',
    },
  ],
  'redundant-rule': [
    {
      what: 'in two entries',
      found: allowList(allow('getpid'), allow('getpid')),
      at: 'syscalls[2].names[0]',
      passed: allowList(allow('getpid'), allow('getppid')),
    },
    {
      what: 'in one entry',
      found: allowList(allow('getpid getpid')),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('getpid', args([0, 'EQ', 1])), allow('getpid', args([0, 'EQ', 2]))),
    },
  ],
  'default-action-rule': [
    { what: 'allowed twice', found: denyList(allow('getpid')), at: 'syscalls[1]', passed: denyList(deny('getpid')) },
  ],
  'empty-allow-list': [
    { what: 'nothing allowed', found: { ...allowList(), syscalls: [] }, at: 'defaultAction', passed: allowList() },
    {
      what: 'denials alone',
      found: { ...allowList(), syscalls: [deny('ptrace')] },
      at: 'defaultAction',
      passed: { ...allowList(), syscalls: [{ names: ['read'], action: 'SCMP_ACT_LOG' }] },
    },
  ],
  'filter-does-nothing': [
    { what: 'nothing denied', found: { ...denyList(), syscalls: [] }, at: 'defaultAction', passed: denyList() },
  ],
  'log-default': [
    { what: 'LOG', found: { ...denyList(), defaultAction: 'SCMP_ACT_LOG' }, at: 'defaultAction', passed: denyList() },
  ],
  'new-calls-refused': [
    { what: 'EPERM for all', found: { ...allowList(), defaultErrnoRet: 1 }, at: 'defaultAction', passed: allowList() },
    { what: 'KILL for all', found: restricting('SCMP_ACT_KILL'), at: 'defaultAction', passed: denyList() },
    {
      what: 'no Linux that it was written for',
      found: { ...allowList(), defaultErrnoRet: 1 },
      at: 'defaultAction',
      passed: { ...allowList(), defaultErrnoRet: 1, enosysNewerThan: '6.1' },
    },
  ],
  'errno-missing': [
    {
      what: 'in an entry',
      found: denyList({ names: ['ptrace'], action: 'SCMP_ACT_ERRNO' }),
      at: 'syscalls[1].action',
      passed: denyList(deny('ptrace')),
    },
    {
      what: 'as the default',
      found: { ...allowList(), defaultErrnoRet: undefined },
      at: 'defaultAction',
      passed: { ...allowList(), defaultErrnoRet: undefined, defaultErrno: 'ENOSYS' },
    },
  ],
  'errno-zero': [
    {
      what: 'in an entry',
      found: denyList(deny('ptrace', { errnoRet: 0 })),
      at: 'syscalls[1].errnoRet',
      passed: denyList(deny('ptrace')),
    },
    {
      what: 'as the default',
      found: { ...allowList(), defaultErrnoRet: 0 },
      at: 'defaultErrnoRet',
      passed: allowList(),
    },
  ],
  'trace-without-tracer': [
    {
      what: 'as the default',
      found: restricting('SCMP_ACT_TRACE'),
      at: 'defaultAction',
      passed: restricting('SCMP_ACT_LOG'),
    },
    {
      what: 'in an entry',
      found: denyList({ names: ['ptrace'], action: 'SCMP_ACT_TRACE' }),
      at: 'syscalls[1].action',
      passed: denyList(deny('ptrace')),
    },
  ],
  'notify-without-listener': [
    {
      what: 'no listenerPath',
      found: denyList({ names: ['mount'], action: 'SCMP_ACT_NOTIFY' }),
      at: 'syscalls[1].action',
      passed: { ...denyList({ names: ['mount'], action: 'SCMP_ACT_NOTIFY' }), listenerPath: '/run/agent.sock' },
    },
  ],
  'wait-killable-without-notify': [
    {
      what: 'a listener that there is not',
      found: {
        ...denyList(deny('mount')),
        flags: ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],
      },
      at: 'flags[1]',
      passed: {
        ...denyList({ names: ['mount'], action: 'SCMP_ACT_NOTIFY' }),
        listenerPath: '/run/agent.sock',
        flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],
      },
    },
    {
      what: 'a notification for other machines only',
      found: {
        ...denyList({ names: ['mount'], action: 'SCMP_ACT_NOTIFY', includes: { arches: ['s390x'] } }),
        listenerPath: '/run/agent.sock',
        flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],
      },
      at: 'flags[0]',
      passed: {
        ...denyList({ names: ['mount'], action: 'SCMP_ACT_NOTIFY', includes: { arches: ['amd64'] } }),
        listenerPath: '/run/agent.sock',
        flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],
      },
    },
  ],
  'engine-reads-nothing': [
    {
      what: 'a config.json',
      found: OCI(denyList(deny('mount'))),
      at: '',
      passed: denyList(deny('mount')),
    },
    {
      what: 'an object of Kubernetes, in JSON; in YAML an engine refuses it aloud',
      found: JSON.stringify(SPO(denyList(deny('mount')))),
      at: '',
      passed: stringify(SPO(denyList(deny('mount')))),
    },
  ],
  'refused-by-target': [
    {
      what: 'what runtimes refuse of an artifact',
      found: { ...allowList(), flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'] },
      at: 'flags[0]',
      passed: { ...allowList(), flags: ['SECCOMP_FILTER_FLAG_LOG'] },
      options: { engine: 'artifact' },
    },
    {
      what: 'what the runtime of an engine refuses',
      found: { ...allowList(), architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_NATIVE'] },
      at: 'architectures[1]',
      passed: { ...allowList(), architectures: ['SCMP_ARCH_X86_64'] },
      options: { engine: 'podman' },
    },
    {
      what: 'no unit for systemd',
      found: allowList(),
      at: '',
      passed: '[Service]\nSystemCallFilter=@system-service\n',
      options: { engine: 'systemd' },
    },
  ],
  'ignored-by-target': [
    {
      what: 'a condition, by containerd',
      found: { ...allowList(), syscalls: [allow(BASE), { ...allow('bpf'), includes: { caps: ['CAP_BPF'] } }] },
      at: 'syscalls[1].includes',
      passed: { ...allowList(), syscalls: [allow(BASE), { ...allow('bpf'), includes: { caps: [] } }] },
      options: { engine: 'containerd' },
    },
    {
      what: "a kernel's version, by CRI-O",
      found: { ...allowList(), syscalls: [allow(BASE), { ...allow('bpf'), includes: { minKernel: '4.8' } }] },
      at: 'syscalls[1].includes.minKernel',
      passed: { ...allowList(), syscalls: [allow(BASE), { ...allow('bpf'), includes: { caps: ['CAP_BPF'] } }] },
      options: { engine: 'cri-o' },
    },
    {
      what: 'an errno by name, by Docker',
      found: denyList(deny('mount', { errno: 'EPERM' })),
      at: 'syscalls[1].errno',
      passed: denyList(deny('mount')),
      options: { engine: 'docker' },
    },
  ],
  'added-by-target': [
    {
      what: "crun's flag where there are none",
      found: allowList(),
      at: '',
      passed: { ...allowList(), flags: ['SECCOMP_FILTER_FLAG_LOG'] },
      options: { engine: 'podman' },
    },
  ],
  'byte-order-mark': [
    {
      what: 'one before JSON',
      found: `\uFEFF${JSON.stringify(denyList(deny('mount')))}`,
      at: '',
      passed: JSON.stringify(denyList(deny('mount', { comment: 'a \uFEFF in the text is none' }))),
    },
    {
      what: 'not before a list, which no engine reads',
      found: `\uFEFF${JSON.stringify({ linux: { seccomp: denyList(deny('mount')) } })}`,
      at: '',
      passed: '\uFEFFdefault allow\ndeny mount\n',
    },
  ],
  'missing-essential': [
    {
      what: 'no exit_group',
      found: { ...allowList(), syscalls: [allow(BASE.replace('exit_group exit ', ''))] },
      at: 'syscalls',
      passed: allowList(),
    },
    {
      what: 'no way to set up threads',
      found: { ...allowList(), syscalls: [allow(BASE.replace('arch_prctl ', ''))] },
      at: 'syscalls',
      passed: on(['SCMP_ARCH_X86'], allowList()),
      options: {},
    },
  ],
  'kill-probed-call': [
    {
      what: 'by default',
      found: restricting('SCMP_ACT_KILL_PROCESS'),
      at: 'defaultAction',
      passed: { ...allowList(), defaultErrnoRet: 1 },
    },
    { what: 'by an entry', found: denyList(kill('clone3')), at: 'syscalls[1].names[0]', passed: denyList(kill('bpf')) },
  ],
  'probe-not-enosys': [
    {
      what: 'clone3 with EPERM',
      found: denyList(deny('clone3')),
      at: 'syscalls[1].names[0]',
      passed: denyList(enosys('clone3')),
    },
    {
      what: 'between calls that are named',
      found: { ...allowList(allow('clone openat2')), defaultErrnoRet: 1 },
      at: 'defaultAction',
      passed: { ...allowList(allow('clone'), enosys('clone3')), defaultErrnoRet: 1 },
    },
    {
      what: '38 on MIPS, where it is another errno',
      found: { ...denyList(enosys('clone3')), architectures: ['SCMP_ARCH_MIPS64'] },
      at: 'syscalls[1].names[0]',
      passed: { ...denyList(enosys('clone3', { errnoRet: 89 })), architectures: ['SCMP_ARCH_MIPS64'] },
      options: { targets: ['mips64'] },
    },
  ],
  'missing-32-bit': [
    {
      what: 'no architectures',
      found: { ...allowList(), architectures: undefined },
      at: 'architectures',
      passed: allowList(),
    },
    {
      what: 'none in archMap',
      found: {
        ...allowList(),
        architectures: undefined,
        archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] }],
      },
      at: 'archMap[0]',
      passed: {
        ...allowList(),
        architectures: undefined,
        archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
      },
    },
  ],
  'sensitive-call': [
    {
      what: 'bpf for all',
      found: allowList(allow('bpf')),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('bpf', { includes: { caps: ['CAP_BPF'] } })),
      options: { capabilities: ['BPF'] },
    },
  ],
  'terminal-input-open': [
    {
      what: 'TIOCLINUX forgotten',
      found: denyList(deny('ioctl', args([1, 'MASKED_EQ', 0xffffffff, 0x5412]))),
      at: 'syscalls[1]',
      passed: denyList(
        deny('ioctl', args([1, 'MASKED_EQ', 0xffffffff, 0x5412])),
        deny('ioctl', args([1, 'MASKED_EQ', 0xffffffff, 0x541c])),
      ),
    },
  ],
  'conflicting-actions': [
    {
      what: 'the same condition twice',
      found: denyList(deny('kill', args([1, 'EQ', 9])), enosys('kill', args([1, 'EQ', 9]))),
      at: 'syscalls[2]',
      passed: denyList(deny('kill', args([1, 'EQ', 9])), enosys('kill', args([1, 'EQ', 15]))),
    },
  ],
  'rule-refused': [
    {
      what: 'two conditions on an argument, taken together',
      found: denyList(deny('kill', args([1, 'GE', 1], [1, 'LE', 9]))),
      at: 'syscalls[1]',
      passed: denyList(deny('kill', args([1, 'GE', 1]))),
      options: { conditions: 'together' },
    },
  ],
  'architecture-refused': [
    {
      what: 'two byte orders',
      found: on(['SCMP_ARCH_PPC64LE', 'SCMP_ARCH_PPC64'], denyList()),
      at: 'architectures[1]',
      passed: on(['SCMP_ARCH_PPC64LE'], denyList()),
      options: { targets: ['ppc64le'] },
    },
  ],
  miscompiled: [
    {
      what: 'two ranges of 64 bits',
      found: denyList(deny('lseek', args([1, 'LT', 0x100000000])), deny('lseek', args([1, 'LE', 5]))),
      at: 'syscalls[2]',
      passed: denyList(deny('lseek', args([1, 'LT', 0x100000000]))),
    },
  ],
  'filter-too-large': [
    {
      what: 'more than the kernel loads',
      found: manyRules(850),
      at: '',
      passed: manyRules(100),
      options: { wideValues: 'low-half' },
    },
  ],
  'filter-near-limit': [
    {
      what: 'nearly as much as it loads',
      found: manyRules(780),
      at: 'syscalls',
      passed: manyRules(100),
      options: { wideValues: 'low-half' },
    },
  ],
  'refused-by-runtime': [
    {
      what: 'a flag, which runc 1.1 takes none of',
      found: { ...denyList(), flags: ['SECCOMP_FILTER_FLAG_LOG'] },
      at: 'flags[0]',
      passed: { ...denyList(), flags: [] },
      options: { runtime: 'runc-1.1' },
    },
    {
      what: 'an architecture that runc does not know',
      found: on(['SCMP_ARCH_M68K'], denyList()),
      at: 'architectures[0]',
      passed: on(['SCMP_ARCH_LOONGARCH64'], denyList()),
      options: { runtime: 'runc', targets: ['m68k'] },
    },
    {
      what: 'an errno with an action that has none, which crun refuses',
      found: allowList(allow('kill', { errnoRet: 1 })),
      at: 'syscalls[1].errnoRet',
      passed: allowList(deny('kill', { errnoRet: 1 })),
      options: { runtime: 'crun' },
    },
  ],
  'newer-than-libseccomp': [
    {
      what: 'an allowance that the host leaves out',
      found: allowList(allow('mseal')),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('mount_setattr')),
      options: { libseccompVersion: '2.5.4' },
    },
    {
      what: 'a denial that the host leaves out',
      found: denyList(deny('listns')),
      at: 'syscalls[1].names[0]',
      passed: denyList(deny('mseal')),
      options: { libseccompVersion: '2.6.0' },
    },
  ],
  'newer-than-kernel': [
    {
      what: 'a call of a later Linux',
      found: allowList(allow('mseal')),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('close_range')),
      options: { kernel: '5.10' },
    },
  ],
  'empty-args': [
    {
      what: 'a denial without conditions that makes no rule',
      found: denyList(deny('ptrace', { args: [] })),
      at: 'syscalls[1].args',
      passed: denyList(deny('ptrace')),
      options: { runtime: 'youki-0.6' },
    },
  ],
  'unknown-key': [
    {
      what: 'a key of somebody else',
      found: { ...denyList(), downloadedFrom: 'x' },
      at: 'downloadedFrom',
      passed: { ...denyList(), _downloadedFrom: 'x' },
    },
  ],
  'foreign-key': [
    {
      what: "Docker's conditions in a config.json",
      found: OCI(denyList(deny('bpf', { excludes: { caps: ['CAP_BPF'] } }))),
      at: 'linux.seccomp.syscalls[1].excludes',
      passed: denyList(deny('bpf', { excludes: { caps: ['CAP_BPF'] } })),
    },
  ],
  'unknown-condition': [
    {
      what: 'a name Docker does not use',
      found: denyList(deny('bpf', { excludes: { arches: ['x86_64'] } })),
      at: 'syscalls[1].excludes.arches[0]',
      passed: denyList(deny('bpf', { excludes: { arches: ['amd64'] } })),
    },
  ],
  'errno-ret-ignored': [
    {
      what: 'an errno of ALLOW',
      found: allowList(allow('kill', { errnoRet: 1 })),
      at: 'syscalls[1].errnoRet',
      passed: allowList(allow('kill')),
    },
  ],
  'errno-conflict': [
    {
      what: 'a name and another number',
      found: denyList(deny('kill', { errno: 'ENOSYS' })),
      at: 'syscalls[1].errno',
      passed: denyList(deny('kill', { errno: 'EPERM' })),
    },
  ],
  'repeated-call': [
    {
      what: 'of a minijail policy',
      found: 'read: arg0 == 0\nread: arg0 == 3\n',
      at: '',
      passed: 'read: arg0 == 0 || arg0 == 3\n',
    },
  ],
  'two-meanings': [
    {
      what: 'an errno for a condition',
      found: 'read: arg0 == 0; return EPERM\n',
      at: '',
      passed: 'read: { arg0 == 0; return EPERM }\n',
      options: { format: 'minijail-py' },
    },
  ],
  'comparison-widened': [
    {
      what: 'a negative number has 64 bits',
      found: 'ALLOW { read { fd == -1 } }\n',
      at: '',
      passed: 'ALLOW { read { fd == 0xffffffff } }\n',
    },
    {
      what: 'an argument of 64 bits beside one of 32',
      found: 'ALLOW { write { (fd & buf) != 0 } }\n',
      at: '',
      passed: 'ALLOW { write { (fd & 1) != 0 && buf != 0 } }\n',
    },
  ],
  'listener-path-unused': [
    {
      what: 'nothing notifies',
      found: { ...denyList(), listenerPath: '/run/x' },
      at: 'listenerPath',
      passed: denyList(),
    },
  ],
  'listener-metadata-unused': [
    { what: 'no path', found: { ...denyList(), listenerMetadata: 'x' }, at: 'listenerMetadata', passed: denyList() },
  ],
  'lxc-section': [
    {
      what: 'an ABI of the host',
      found: '2\ndenylist\n[x86]\nreboot errno 1\n',
      at: '',
      passed: '2\ndenylist\n[all]\nreboot errno 1\n',
    },
  ],
  'lxc-no-all': [
    {
      what: 'one host alone',
      found: '2\nallowlist\n[x86_64]\nread\n',
      at: '',
      passed: '2\nallowlist\n[all]\nread\n[x86_64]\nclose\n',
    },
  ],
  'snapd-complain': [{ what: 'a denial', found: '@complain\nread\n~ptrace\n', at: '', passed: '@complain\nread\n' }],
  'snapd-mask': [
    {
      what: 'two bits',
      found: 'ioctl - |6\nsocket AF_UNIX\n',
      at: '',
      passed: 'ioctl - |2\nioctl - |4\nmknod - |S_IFBLK\nsocket AF_UNIX\n',
    },
  ],
  'firejail-32-bit-open': [
    {
      what: 'what is allowed',
      found: 'seccomp.keep read,exit_group\n',
      at: '',
      passed: 'seccomp.keep read,exit_group\nseccomp.block-secondary\n',
      options: x86_64,
    },
    {
      what: 'what is denied',
      found: 'seccomp.drop chmod\n',
      at: '',
      passed: 'seccomp.drop chmod\nseccomp.32.drop chmod\n',
      options: x86_64,
    },
  ],
  'firejail-list-replaced': [
    {
      what: 'a list beside a stronger one',
      found: 'seccomp chmod\nseccomp.drop chown\nseccomp.32.drop chown\n',
      at: '',
      passed: 'seccomp.drop chown,chmod\nseccomp.32.drop chown\n',
      options: x86_64,
    },
  ],
  'firejail-ignored': [
    {
      what: 'seccomp',
      found: 'ignore seccomp\nseccomp\nprotocol unix\n',
      at: '',
      passed: 'ignore seccomp\nprotocol unix\n',
      options: x86_64,
    },
  ],
  'firejail-unknown-call': [
    {
      what: 'a denial',
      found: 'seccomp.drop mount,mount_setattr\nseccomp.32.drop mount\n',
      at: '',
      passed: 'seccomp.drop mount\nseccomp.32.drop mount\n',
      options: x86_64,
    },
  ],
  'include-unread': [
    { what: 'its lists', found: 'include other.inc\nseccomp\n', at: '', passed: 'seccomp\n', options: x86_64 },
  ],
  'nspawn-still-allowed': [
    {
      what: 'a group that the list has not',
      found: '[Exec]\nSystemCallFilter=~@privileged\n',
      at: '',
      passed: '[Exec]\nSystemCallFilter=~chown fchown lchown\n',
    },
  ],
  'nspawn-capability': [
    {
      what: 'a group with the capability',
      found: '[Exec]\nCapability=CAP_SYS_MODULE\n',
      at: '',
      passed: '[Exec]\nCapability=CAP_SYS_MODULE\nSystemCallFilter=~@module\n',
    },
    {
      what: 'all capabilities',
      found: '[Exec]\nCapability=all\n',
      at: '',
      passed: '[Exec]\nCapability=all\nDropCapability=all\n',
    },
    {
      what: 'one that not every container has',
      found: '[Exec]\nCapability=CAP_SYS_TIME\n',
      at: '',
      passed: '[Exec]\nCapability=CAP_SYS_PTRACE\n',
    },
    {
      what: 'a group of which one call is left',
      found: '[Exec]\nCapability=CAP_SYS_MODULE\nSystemCallFilter=~init_module delete_module\n',
      at: '',
      passed: '[Exec]\nCapability=CAP_SYS_MODULE\nSystemCallFilter=~init_module delete_module finit_module\n',
    },
  ],
  'reader-warning': [
    {
      what: 'a SeccompProfile that is switched off',
      found: SPO({ ...denyList(), disabled: true }),
      at: 'spec.disabled',
      passed: SPO(denyList()),
    },
  ],
  'clone-flags-index': [
    {
      what: 'the stack for the flags',
      found: denyList(deny('clone', args([1, 'MASKED_EQ', 0x10000000, 0x10000000]))),
      at: 'syscalls[1].args[0]',
      passed: denyList(deny('clone', args([0, 'MASKED_EQ', 0x10000000, 0x10000000]))),
    },
    {
      what: 'the other way round on s390x',
      found: on(['SCMP_ARCH_S390X'], denyList(deny('clone', args([0, 'MASKED_EQ', 0x10000000, 0x10000000])))),
      at: 'syscalls[1].args[0]',
      passed: on(['SCMP_ARCH_S390X'], denyList(deny('clone', args([1, 'MASKED_EQ', 0x10000000, 0x10000000])))),
      options: { targets: ['s390x'] },
    },
  ],
  'unshare-empty-mntns': [
    {
      what: 'CLONE_NEWNS denied',
      found: denyList(deny('unshare', args([0, 'MASKED_EQ', 0x20000, 0x20000]))),
      at: 'syscalls[1].args[0]',
      passed: denyList(deny('unshare', args([0, 'MASKED_EQ', 0x10000000, 0x10000000]))),
    },
    {
      what: 'allowed without CLONE_NEWNS',
      found: allowList(allow('unshare', args([0, 'MASKED_EQ', 0x7e020000, 0]))),
      at: 'syscalls[1].args[0]',
      passed: allowList(allow('unshare', args([0, 'MASKED_EQ', 0x7e120000, 0]))),
    },
  ],
  'vfork-missing': [
    {
      what: 'fork, clone and clone3 without it',
      found: allowList(allow('fork clone clone3')),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('fork clone clone3 vfork')),
    },
  ],
  'restart-missing': [
    {
      what: 'waits that a stop interrupts',
      found: allowList(allow('nanosleep poll')),
      at: 'syscalls[1].names[0]',
      passed: allowList(allow('nanosleep poll restart_syscall')),
    },
    {
      what: 'a wait alone, of a kind that the kernel does not restart so',
      found: allowList(allow('select futex')),
      at: 'syscalls[1].names[1]',
      passed: allowList(allow('select epoll_wait')),
    },
  ],
  'time64-missing': [
    {
      what: 'a default that is not ENOSYS, on a 32-bit machine',
      found: { ...on(['SCMP_ARCH_ARM'], allowList(allow('clock_gettime futex'))), defaultErrnoRet: 1 },
      at: 'syscalls[1].names[0]',
      passed: {
        ...on(['SCMP_ARCH_ARM'], allowList(allow('clock_gettime clock_gettime64 futex futex_time64'))),
        defaultErrnoRet: 1,
      },
      options: { targets: ['arm'] },
    },
  ],
  'wide-comparison-refuses': [
    {
      what: 'AT_FDCWD, with the upper half filled or not',
      found: denyList(deny('openat', args([0, 'NE', 0xffffff9c]))),
      at: 'syscalls[1].args[0]',
      passed: denyList(deny('openat', args([0, 'MASKED_EQ', 0xffffffff, 0xffffff9c]))),
    },
    {
      what: 'an allowance of it',
      found: allowList(allow('openat', args([0, 'EQ', 0xffffff9c]))),
      at: 'syscalls[1].args[0]',
      passed: allowList(allow('openat', args([0, 'MASKED_EQ', 0xffffffff, 0xffffff9c]))),
    },
  ],
  'unknown-ignore': [
    {
      what: 'no such id',
      found: denyList(deny('kill', { comment: 'scmp-ignore errno-mising' })),
      at: 'syscalls[1].comment',
      passed: denyList(deny('kill', { comment: 'scmp-ignore errno-missing' })),
    },
  ],
};

describe.each(Object.entries(CASES))('%s', (id, cases) => {
  it.each(cases)('$what', ({ found, at, passed, options = {} }) => {
    const report = check(found, options);
    expect(report.findings.filter((finding) => finding.id === id).map(({ path }) => path)).toContain(at);
    expect(ids(check(passed, options))).not.toContain(id);
  });
});

it('every rule has a profile that it finds and one that it passes', () => {
  expect(Object.keys(CASES).sort()).toEqual(CHECK_RULES.map(({ id }) => id).sort());
});

it('has stable ids of one shape, and a line on each', () => {
  const all = CHECK_RULES.map(({ id }) => id);
  expect(new Set(all).size).toBe(all.length);
  for (const { id, summary } of CHECK_RULES) {
    expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(summary).toMatch(/^[A-Z`].*\.$/);
  }
});
