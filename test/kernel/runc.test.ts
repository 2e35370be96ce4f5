import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostArchitecture } from '../../native-loader/index.js';
import { formatAction } from '../../src/action.js';
import { parseArchitecture } from '../../src/architecture.js';
import { createSimulator, encodeProgram, type Instruction, type SeccompData } from '../../src/bpf/index.js';
import { compileProfileSync, LIBSECCOMP_VERSIONS } from '../../src/compiler/index.js';

// The program that runc itself installs, seen by strace, against ours with its `runtime`: every decision alike. The bytes
// differ: runc's stub is laid out otherwise, and the distribution's libseccomp is an older one.

/** Which of ours the one that is installed is. */
const VERSION_WORDS = spawnSync('runc', ['--version'], { encoding: 'utf8' }).stdout ?? '';
const RUNTIME = VERSION_WORDS.includes('version 1.1.') ? 'runc-1.1' : 'runc';
/** And its libseccomp, which may not know all names. */
const LIBSECCOMP = LIBSECCOMP_VERSIONS.find((version) => VERSION_WORDS.includes(`libseccomp: ${version}`));
const BUSYBOX = '/bin/busybox';
const works = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const isStatic = spawnSync('ldd', [BUSYBOX], { encoding: 'utf8' }).stderr?.includes('not a dynamic executable');
const canRun =
  process.getuid?.() === 0 &&
  hostArchitecture() === 'x86_64' &&
  works('runc', '--version') &&
  works('strace', '-V') &&
  isStatic;
if (!canRun)
  console.warn('SKIPPED: runc, strace and a static busybox, as root on x86-64 (packages runc strace busybox-static)');

// The stub is about the newest call that is named and known to the libseccomp there: with a table of that one, a newer one too.
const NAMES =
  `access arch_prctl brk capget capset chdir clone close epoll_create1 epoll_ctl epoll_pwait execve exit exit_group
  faccessat2 fcntl fstat fstatfs futex getcwd getdents64 getegid geteuid getgid getpid getppid getrandom gettid getuid ioctl
  lseek madvise mmap mprotect munmap nanosleep newfstatat openat openat2 pipe2 prctl prlimit64 read readlink readlinkat rseq
  rt_sigaction rt_sigprocmask rt_sigreturn sched_yield set_robust_list set_tid_address setgid setgroups setuid socket statx
  tgkill uname wait4 write ${LIBSECCOMP ? 'mseal listns' : ''}`
    .trim()
    .split(/\s+/);

const PROFILE = {
  defaultAction: 'SCMP_ACT_ERRNO',
  architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  syscalls: [
    { names: NAMES, action: 'SCMP_ACT_ALLOW' },
    { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 8, op: 'SCMP_CMP_EQ' }] },
    {
      names: ['kill'],
      action: 'SCMP_ACT_TRAP',
      args: [
        { index: 0, value: 4, op: 'SCMP_CMP_EQ' },
        { index: 0, value: 5, op: 'SCMP_CMP_EQ' },
        { index: 1, value: 0xf0, valueTwo: 0x10, op: 'SCMP_CMP_MASKED_EQ' },
      ],
    },
    { names: ['no_such_call'], action: 'SCMP_ACT_ALLOW' },
    { names: ['mkdir'], action: 'SCMP_ACT_ERRNO', errnoRet: 30 },
    { names: ['rmdir'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
  ],
};

const CODES: Readonly<Record<string, number>> = {
  LD: 0x00,
  ALU: 0x04,
  JMP: 0x05,
  RET: 0x06,
  W: 0x00,
  ABS: 0x20,
  K: 0x00,
  JA: 0x00,
  JEQ: 0x10,
  JGT: 0x20,
  JGE: 0x30,
  JSET: 0x40,
  AND: 0x50,
};
const ACTIONS: Readonly<Record<string, number>> = {
  SECCOMP_RET_KILL_THREAD: 0,
  SECCOMP_RET_TRAP: 0x30000,
  SECCOMP_RET_ERRNO: 0x50000,
  SECCOMP_RET_ALLOW: 0x7fff0000,
};

/** The filter in a line of strace's, which prints the macros of linux/filter.h. */
function parseFilter(line: string): Instruction[] {
  return [...line.matchAll(/BPF_(?:STMT|JUMP)\(([^,]+), ([^,)]+)(?:, (\w+), (\w+))?\)/g)].map(
    ([, code, k, jt, jf]) => ({
      code: sum(code as string, (name) => CODES[name.replace('BPF_', '')]),
      k: sum(k as string, (name) => ACTIONS[name] ?? Number(name)),
      jt: Number(jt ?? 0),
      jf: Number(jf ?? 0),
    }),
  );
}

function sum(text: string, numberOf: (name: string) => number | undefined): number {
  return text.split('|').reduce((total, name) => {
    const value = numberOf(name.trim());
    if (value === undefined || Number.isNaN(value)) throw new Error(`strace said ${text}`);
    return (total | value) >>> 0;
  }, 0);
}

describe.skipIf(!canRun)('what runc installs', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'runc-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each([
    ['', PROFILE],
    // runc before 1.1.15 makes an empty stub then.
    [' without architectures', { ...PROFILE, architectures: undefined }],
  ])('decides as our program for runc does, for every number and the arguments that matter%s', (_, profile) => {
    rmSync(join(directory, 'config.json'), { force: true });
    mkdirSync(join(directory, 'rootfs/bin'), { recursive: true });
    copyFileSync(BUSYBOX, join(directory, 'rootfs/bin/busybox'));
    execFileSync('runc', ['spec'], { cwd: directory });
    const config = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
    Object.assign(config.process, { args: ['/bin/busybox', 'true'], terminal: false });
    config.linux.seccomp = profile;
    writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
    const trace = join(directory, 'trace');
    const tracing = ['-f', '-v', '-s', '99999', '-e', 'trace=prctl,seccomp', '-o', trace];
    const name = `scmp-test-${process.pid}-${profile.architectures ? 'listed' : 'native'}`;
    const ran = spawnSync('strace', [...tracing, 'runc', 'run', '--no-pivot', name], {
      cwd: directory,
      encoding: 'utf8',
    });
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
    const line = readFileSync(trace, 'utf8')
      .split('\n')
      .find((each) => each.includes('filter=[BPF'));
    const theirs = createSimulator(encodeProgram(parseFilter(line as string), 'little'));
    const ours = createSimulator(
      compileProfileSync(profile, {
        arch: 'x86_64',
        runtime: RUNTIME,
        libseccompVersion: LIBSECCOMP,
      }).program,
    );

    const seen = new Set<string>();
    for (const arch of ['x86_64', 'x86', 'aarch64'] as const) {
      const { auditArch } = parseArchitecture(arch);
      for (let low = 0; low < 600; low++) {
        for (const nr of [low, 0x40000000 + low, 0x80000000 + low]) {
          for (const args of [
            [0n, 0n],
            [8n, 0n],
            [4n, 0n],
            [5n, 0x1fn],
            [6n, 0x1fn],
            [6n, 0x2fn],
            [(1n << 32n) | 8n, 0n],
          ]) {
            const data: SeccompData = {
              nr,
              arch: auditArch,
              instructionPointer: 0n,
              args: [args[0]!, args[1]!, 0n, 0n, 0n, 0n],
            };
            const [expected, actual] = [theirs, ours].map((simulator) => formatAction(simulator.simulate(data).action));
            if (expected !== actual)
              expect(`${arch} ${nr} ${args}: ${actual}`).toBe(`${arch} ${nr} ${args}: ${expected}`);
            seen.add(expected as string);
          }
        }
      }
    }
    const stub = profile.architectures || RUNTIME === 'runc' ? ['ERRNO(ENOSYS)'] : [];
    expect([...seen].sort()).toEqual(['ALLOW', ...stub, 'ERRNO(EPERM)', 'ERRNO(EROFS)', 'KILL_THREAD', 'TRAP']);
  });

  const one = { names: ['swapon'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 };
  it.each<[string, object]>([
    ['no flags', { flags: [] }],
    ['a flag', { flags: ['SECCOMP_FILTER_FLAG_LOG'] }],
    ['an architecture that it knows', { architectures: ['SCMP_ARCH_X86'] }],
    ['riscv64', { architectures: ['SCMP_ARCH_RISCV64'] }],
    ['parisc', { architectures: ['SCMP_ARCH_PARISC'] }],
    ['the native one by name', { architectures: ['SCMP_ARCH_NATIVE'] }],
    ['an errno with an action that has none', { syscalls: [{ ...one, action: 'SCMP_ACT_KILL' }] }],
    ['NOTIFY as the default', { defaultAction: 'SCMP_ACT_NOTIFY', listenerPath: '/run/none.sock' }],
  ])('refuses what ours does: %s', (_, more) => {
    const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [one], ...more };
    rmSync(join(directory, 'config.json'), { force: true });
    execFileSync('runc', ['spec'], { cwd: directory });
    const config = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
    Object.assign(config.process, { args: ['/bin/busybox', 'true'], terminal: false });
    config.linux.seccomp = profile;
    writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
    const { status } = spawnSync('runc', ['run', '--no-pivot', `scmp-refusal-${process.pid}`], { cwd: directory });
    let isRefused = false;
    try {
      compileProfileSync(profile, { arch: 'x86_64', runtime: RUNTIME });
    } catch {
      isRefused = true;
    }
    expect(isRefused).toBe(status !== 0);
  });
});
