import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hostArchitecture } from '../../native-loader/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { type ChildTools, describeKernel, inChild } from './child.js';

// The six tests of youki's initialize_seccomp: a profile goes in, the kernel answers as it says.

interface Call {
  /** x86_64's and aarch64's numbers differ: the child looks the name up here. */
  name: 'getcwd' | 'socket' | 'getpid' | 'bpf' | 'no such call';
  args: (number | bigint)[];
}

/** A compiled profile as JSON for a child process, and the calls to make under it. */
function scenario(profile: object | Uint8Array, calls: Call[]) {
  const { program, ...rest } = compileProfileSync(profile, { arch: hostArchitecture() });
  return { filter: { ...rest, program: [...program] }, calls };
}

/** Install the filter, make the calls, and return for each its result, or the name of its errno. */
function underFilter({ loader, require }: ChildTools, { filter, calls }: ReturnType<typeof scenario>) {
  const koffi = require('koffi');
  const syscall = koffi.load(null).func('long syscall(long, ...)');
  const numbers = (
    {
      x64: { getcwd: 79, socket: 41, getpid: 39, bpf: 321, 'no such call': 999 },
      arm64: { getcwd: 17, socket: 198, getpid: 172, bpf: 280, 'no such call': 999 },
    } as Record<string, Record<string, number>>
  )[process.arch];
  const buffer = Buffer.alloc(4096);
  syscall(numbers?.getpid); // bind before the filter is there

  const fd = loader.installFilter({ ...filter, program: Uint8Array.from(filter.program) }, { noNewPrivs: true });
  const link = fd === undefined ? undefined : require('node:fs').readlinkSync(`/proc/self/fd/${fd}`);
  // With the listener gone, notifying calls fail at once instead of waiting for an answer.
  if (fd !== undefined) require('node:fs').closeSync(fd);

  const results = calls.map(({ name, args }) => {
    const words = name === 'getcwd' ? ['void *', buffer, 'size_t', 4096] : args.flatMap((arg) => ['long', arg]);
    const result = syscall(numbers?.[name], ...words);
    return Number(result) < 0 ? require('node:util').getSystemErrorName(-koffi.errno()) : 'success';
  });
  return { link, results };
}

const run = (profile: object | Uint8Array, calls: Call[]) => inChild(underFilter, scenario(profile, calls));

const getcwd: Call = { name: 'getcwd', args: [] };
const getpid: Call = { name: 'getpid', args: [] };
const socket = (domain: number, type: number): Call => ({ name: 'socket', args: [domain, type, 0] });
const [AF_UNIX, AF_INET, AF_NETLINK, SOCK_STREAM, SOCK_DGRAM] = [1, 2, 16, 1, 2];
const [EAGAIN, EACCES] = [11, 13];

describeKernel('a compiled profile on this kernel', () => {
  it('answers getcwd with the errno the profile names', async () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: ['SCMP_ARCH_NATIVE'],
      syscalls: [{ names: ['getcwd'], action: 'SCMP_ACT_ERRNO', errnoRet: EAGAIN }],
    };
    expect(await run(profile, [getcwd, getpid])).toEqual({ results: ['EAGAIN', 'success'] });
  });

  it("enforces a container-size profile, Podman's default", async () => {
    const path = new URL('../../build/test-inputs/podman-default.json', import.meta.url);
    const calls: Call[] = [getcwd, getpid, { name: 'bpf', args: [0, 0, 0] }, { name: 'no such call', args: [] }];
    // bpf(2) is on its list for EPERM, and what it has never heard of gets ENOSYS; without a filter, bpf says EINVAL.
    expect(await run(readFileSync(path), calls)).toEqual({ results: ['success', 'success', 'EPERM', 'ENOSYS'] });
  });

  it('gives a listener for NOTIFY', async () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: ['SCMP_ARCH_NATIVE'],
      syscalls: [{ names: ['getcwd'], action: 'SCMP_ACT_NOTIFY' }],
    };
    expect(await run(profile, [getcwd, getpid])).toEqual({
      link: 'anon_inode:seccomp notify',
      results: ['ENOSYS', 'success'],
    });
  });

  it('applies a rule only when the conditions on all its arguments hold', async () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        {
          names: ['socket'],
          action: 'SCMP_ACT_ERRNO',
          errnoRet: EAGAIN,
          args: [
            { index: 0, value: AF_UNIX, op: 'SCMP_CMP_EQ' },
            { index: 1, value: SOCK_DGRAM, op: 'SCMP_CMP_EQ' },
          ],
        },
      ],
    };
    const calls = [socket(AF_UNIX, SOCK_DGRAM), socket(AF_UNIX, SOCK_STREAM), socket(AF_INET, SOCK_DGRAM)];
    expect(await run(profile, calls)).toEqual({ results: ['EAGAIN', 'success', 'success'] });
  });

  it('applies a rule when any of several conditions on one argument holds', async () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        {
          names: ['socket'],
          action: 'SCMP_ACT_ERRNO',
          errnoRet: EAGAIN,
          args: [
            { index: 0, value: AF_UNIX, op: 'SCMP_CMP_EQ' },
            { index: 0, value: AF_INET, op: 'SCMP_CMP_EQ' },
          ],
        },
      ],
    };
    const calls = [socket(AF_UNIX, SOCK_DGRAM), socket(AF_INET, SOCK_DGRAM), socket(AF_NETLINK, SOCK_DGRAM)];
    expect(await run(profile, calls)).toEqual({ results: ['EAGAIN', 'EAGAIN', 'success'] });
  });

  it('applies several entries for one name, each with its own action', async () => {
    const entry = (domain: number, errnoRet: number) => ({
      names: ['socket'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet,
      args: [{ index: 0, value: domain, op: 'SCMP_CMP_EQ' }],
    });
    const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry(AF_UNIX, EAGAIN), entry(AF_INET, EACCES)] };
    const calls = [socket(AF_UNIX, SOCK_DGRAM), socket(AF_INET, SOCK_DGRAM), socket(AF_NETLINK, SOCK_DGRAM)];
    expect(await run(profile, calls)).toEqual({ results: ['EAGAIN', 'EACCES', 'success'] });
  });
});
