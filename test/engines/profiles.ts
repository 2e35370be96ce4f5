import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtinSource } from '../../src/profile/builtin/index.js';
import { readProfile, writeProfile } from '../../src/profile/index.js';
import { ROOT } from '../cli/scmp.js';
import { NEEDED } from './shapes.js';

/** A profile as a user gives it to an engine. */
export interface EngineProfile {
  readonly name: string;
  /** As an engine's file; a function where it depends on where the agent is. */
  readonly text: string | ((socket: string) => string);
  readonly addCapabilities?: readonly string[];
}

const file = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const asDocker = (text: string | object): string => writeProfile(readProfile(text), 'docker');
const json = (profile: object): string => JSON.stringify(profile);
const allow = (names: string, more: object = {}) => ({ names: names.split(' '), action: 'SCMP_ACT_ALLOW', ...more });
const errno = (names: string, errnoRet?: number, more: object = {}) => ({
  names: names.split(' '),
  action: 'SCMP_ACT_ERRNO',
  ...(errnoRet === undefined ? {} : { errnoRet }),
  ...more,
});
const when = (index: number, op: string, value: number, valueTwo?: number) => ({
  index,
  op: `SCMP_CMP_${op}`,
  value,
  ...(valueTwo === undefined ? {} : { valueTwo }),
});

const X86 = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'];

/** Nine; the tenth is the engine's own, which is given no file. */
export const PROFILES: readonly EngineProfile[] = [
  { name: 'container-default', text: asDocker(file('examples/container-default.json')) },
  { name: "Docker's of 26.1.5", text: asDocker(builtinSource('docker') as object) },
  { name: 'a deny-list', text: asDocker(file('examples/deny-dangerous.json')) },
  {
    name: 'NOTIFY with a listener',
    text: (listenerPath) =>
      json({
        defaultAction: 'SCMP_ACT_ALLOW',
        architectures: X86,
        listenerPath,
        listenerMetadata: 'of the test',
        syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }],
      }),
  },
  {
    name: 'conditional entries',
    addCapabilities: ['SYS_TIME', 'SYS_PTRACE'],
    text: json({
      defaultAction: 'SCMP_ACT_ERRNO',
      archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
      syscalls: [
        allow(NEEDED),
        allow('settimeofday clock_settime', { includes: { caps: ['CAP_SYS_TIME'] } }),
        allow('kcmp process_vm_readv', { includes: { caps: ['CAP_SYS_PTRACE'] } }),
        allow('reboot', { includes: { caps: ['CAP_SYS_BOOT'] } }),
        errno('mount', 30, { excludes: { caps: ['CAP_SYS_ADMIN'] } }),
        allow('chroot', { includes: { caps: ['CAP_SYS_CHROOT'] } }),
        allow('modify_ldt', { includes: { arches: ['amd64', 'x32'] } }),
        allow('cacheflush', { includes: { arches: ['arm64'] } }),
        errno('swapon', 38, { excludes: { arches: ['amd64'] } }),
      ],
    }),
  },
  {
    name: 'a strict allow-list',
    text: json({
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 1,
      architectures: ['SCMP_ARCH_X86_64'],
      syscalls: [allow(NEEDED)],
    }),
  },
  {
    name: 'arguments',
    text: json({
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: X86,
      syscalls: [
        errno('personality', 1, { args: [when(0, 'NE', 0), when(0, 'NE', 8)] }),
        errno('socket', 97, { args: [when(0, 'EQ', 16), when(1, 'MASKED_EQ', 15, 3)] }),
        errno('clone', 1, { args: [when(0, 'MASKED_EQ', 0x7e020000, 0x10000000)] }),
        errno('kill', 3, { args: [when(1, 'GE', 40), when(0, 'LT', 2)] }),
        errno('lseek', 22, { args: [when(1, 'EQ', 0x1_0000_0001)] }),
        errno('ioctl', 25, { args: [when(1, 'EQ', 0x5412)] }),
      ],
    }),
  },
  {
    name: 'every action',
    text: json({
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: X86,
      syscalls: [
        { names: ['swapon'], action: 'SCMP_ACT_KILL' },
        { names: ['swapoff'], action: 'SCMP_ACT_KILL_PROCESS' },
        { names: ['reboot'], action: 'SCMP_ACT_TRAP' },
        { names: ['acct'], action: 'SCMP_ACT_TRACE', errnoRet: 7 },
        { names: ['sync'], action: 'SCMP_ACT_LOG' },
        errno('quotactl', 38),
        errno('vhangup'),
      ],
    }),
  },
  {
    name: 'flags',
    text: json({
      defaultAction: 'SCMP_ACT_ALLOW',
      flags: ['SECCOMP_FILTER_FLAG_LOG'],
      syscalls: [errno('swapon', 1)],
    }),
  },
];
